"""What the rows of lab_unlearning.py come to: tables, and whether the published finding holds."""

import json
from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from scipy.stats import fisher_exact
from whole_audits import RESULTS, interval

Row = dict[str, Any]
PUBLISHED_LOSS, LEVEL = 0.1033, 0.05
TITLES = {
    "retrain": "trained again without",
    "ascent": "gradient ascent, repair",
    "sparse": "l1-sparse",
    "salun": "SalUn",
}


def rate(outcomes: Sequence[int]) -> dict[str, Any]:
    """Return how many of the audits found the photos, with the exact 95 % interval."""
    low, high = interval(sum(outcomes), len(outcomes))
    return {
        "found": sum(outcomes),
        "of": len(outcomes),
        "rate": round(sum(outcomes) / len(outcomes), 3),
        "ci95": [round(low, 3), round(high, 3)],
    }


def detected(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the rates of one stage: as a collection at both levels, and photo by photo."""
    return {
        "collection .05": rate([row["collection 1/20"][0] for row in rows]),
        "collection .01": rate([row["collection 1/100"][0] for row in rows]),
        "alone .05": rate([found for row in rows for found, _ in row["alone"]]),
        **scar(rows),
        "median queries, collection .05": sorted(row["collection 1/20"][1] for row in rows)[
            len(rows) // 2
        ],
    }


def scar(rows: Sequence[Row]) -> dict[str, Any]:
    """Return how often the reversed audit finds the photos, and where they stand, if measured."""
    asked = [row for row in rows if "standing" in row]
    if not asked:
        return {}
    return {
        "reversed .05": rate([row["reversed 1/20"][0] for row in asked]),
        "z": round(mean(row["standing"][0] for row in asked), 2),
        "z_se": round(stdev(row["standing"][0] for row in asked) / len(asked) ** 0.5, 2),
        "beaten": round(mean(row["standing"][1] for row in asked), 3),
    }


def losses(before: Sequence[Row], after: Sequence[Row]) -> list[float]:
    """Return each repetition's loss of utility as a share of what it was."""
    first = {(row["base"], row["kit"]): row["utility"] for row in before}
    return [1 - row["utility"] / first[row["base"], row["kit"]] for row in after]


def stage_facts(kind: str, stage: str, before: Sequence[Row], after: Sequence[Row]) -> Row:
    """Return one line of the results."""
    lost = losses(before, after)
    seconds = mean(row["seconds"] for row in after) / mean(row["seconds"] for row in before)
    return {
        "kind": kind,
        "method": stage,
        "score": after[0]["score"],
        "strength": after[0].get("strength"),
        "repetitions": len(after),
        "utility_before": round(mean(row["utility"] for row in before), 3),
        "utility_after": round(mean(row["utility"] for row in after), 3),
        "utility_lost": round(mean(lost), 3),
        "utility_lost_sd": round(stdev(lost), 3) if len(lost) > 1 else None,
        "seconds": round(mean(row["seconds"] for row in after), 2),
        "cost": round(seconds, 3),
        "before": detected(before),
        "after": detected(after),
    }


def facts(rows: Sequence[Row]) -> list[Row]:
    """Return a line for each kind of model and method that was measured."""
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["kind"], row["stage"]].append(row)
    return [
        stage_facts(kind, stage, groups[kind, "before"], found)
        for (kind, stage), found in groups.items()
        if stage != "before"
    ]


def cell(one: dict[str, Any]) -> str:
    """Return a rate and its interval for a table."""
    low, high = one["ci95"]
    return f"{one['found']}/{one['of']} ({low:.2f}–{high:.2f})"


def title(one: Row) -> str:
    """Return a method's name for the table, with its strength where that is not the usual one."""
    name, _, pushed = one["method"].partition(", ")
    return TITLES[name] + (f", strength x{one['strength']:g}" if pushed else "")


def line(one: Row) -> str:
    """Return one line of the table in Markdown."""
    figures = [
        f"{cell(one['before'][claim])} → {cell(one['after'][claim])}"
        for claim in ("collection .05", "collection .01", "alone .05")
    ]
    reverse = cell(one["after"]["reversed .05"]) if "z" in one["after"] else "not asked"
    both = all("z" in one[when] for when in ("before", "after"))
    z = f"{one['before']['z']:.2f} → {one['after']['z']:.2f}" if both else ""
    utility = f"{one['utility_before']:.3f} → {one['utility_after']:.3f}"
    lost = f"{100 * one['utility_lost']:.0f} %"
    cells = [one["kind"], title(one), *figures, reverse, z, utility, lost, f"{one['cost']:.2f}"]
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| model | method | 10 photos, p = .05 | 10 photos, p = .01 | one photo, p = .05 "
    "| reversed audit after | mean z | utility | lost | cost |"
)


def more(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether photos are found more often than elsewhere (Fisher's exact test, level .025)."""
    counts = [[side["found"], side["of"] - side["found"]] for side in (one, other)]
    return float(fisher_exact(counts, alternative="greater").pvalue) < LEVEL / 2


def found_more(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say so of ten photos or of one, at p = .05; both together keep to level .05."""
    return any(more(one[claim], other[claim]) for claim in ("collection .05", "alone .05"))


def finding(all_facts: Sequence[Row]) -> str:
    """Say of each kind and approximate method whether the published finding holds here."""
    anew = {one["kind"]: one["after"] for one in all_facts if one["method"] == "retrain"}
    said = []
    for one in (one for one in all_facts if one["method"] != "retrain"):
        words = "not shown: no clear difference from training again"
        if found_more(one["after"], anew[one["kind"]]):
            words = "holds: found more often than after training again"
        elif not found_more(one["before"], anew[one["kind"]]):
            words = "cannot be told: found too rarely before"
        z = f"{one['after']['z']:.2f} ± {one['after']['z_se']:.2f}" if "z" in one["after"] else "?"
        said.append(
            f"- {one['kind']}, {title(one)}: {words}; mean z left {z}, "
            f"{100 * one['utility_lost']:.0f} % of utility lost."
        )
    return "\n".join(said)


def write(rows: Sequence[Row], about: str) -> None:
    """Write the results for machines and for people."""
    found = facts(rows)
    document = {"machine": "2 CPU cores, no GPU", "results": found, "rows": list(rows)}
    (RESULTS / "lab_unlearning.json").write_text(json.dumps(document, indent=1) + "\n")
    parts = [
        "# Making models forget",
        *about.split("\n\n")[1:3],
        "2 CPU cores, no GPU. Rates: found of audits (exact 95 % interval), before → after. "
        "Utility is what the kind measures on 600 pictures it never saw; cost is processor time as "
        "a share of the training's.",
        "Reversed audit: the same test at p = .05 of minus the score, a claim of its own. A model "
        "that was pushed too hard knows the published version less than the hidden ones, and that "
        "is evidence too. Mean z: where the published version stands among the first 15 hidden "
        "ones. Both were added during the run, and cover only what was measured after that.",
        "\n".join([HEAD, "|---" * 10 + "|", *map(line, found)]),
        "## The published finding",
        "arXiv 2503.22413 reports that approximate unlearning fails to remove the influence of the "
        f"photos even at a {100 * PUBLISHED_LOSS:.2f} % loss of utility. Here, on small models and "
        "with methods that take a tenth of the training's steps (compared by Fisher's exact test; "
        "the mean z left with its standard error, 0 after training again):",
        finding(found),
    ]
    (RESULTS / "lab_unlearning.md").write_text("\n\n".join(parts) + "\n")
