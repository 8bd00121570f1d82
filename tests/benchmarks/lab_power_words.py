"""The tables of lab_power.py as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
KINDS = {"classifier": "classifier", "encoder": "SimCLR encoder", "clip": "CLIP"}
TESTS = {"conditional-rank": "conditional rank", "pprm": "PPRM (papers')"}
LEVELS = {"1/20": ".05", "1/100": ".01"}

ABOUT = """# Power in models that the Lab trained

Made by `tests/benchmarks/lab_power.py` on 2 CPU cores, one of them used, no GPU. Models, recipes
and losses are the Lab's own (`auditcore.lab.training`, `recipe_for`); pictures are those of the
corpus whose folder says what they show (18 classes), 72 px a shorter side.
"""

IN_AND_OUT = """## Photo in, photo out

The same sealed kits for all three kinds, n = 1000 versions, the product's default marks and score,
its own audit machine at exactly p (a person's first attempt is tested at p / 2). "In": a model that
was trained on the published photos; "out": one trained in the same way on others. Of each training
set nine tenths are published photos of such kits: 330 pictures in each of 4 classifiers and 4
CLIPs, about 165 in each of 8 encoders, as the Lab has it. Intervals: Clopper-Pearson, 95 %. "To
find": median queries of the audits that found the photos; "mean": of all audits. Ten photos are one
claim (product of e-values, anytime). Kits of one at visibility 3: five photos of each of 20 kits.
"""

CLAIMED = """### What the paper says of the three kinds

Huang, Gong and Reiter (arXiv 2503.22413, abstract) evaluate "image classifiers, visual encoders,
and vision-language models" (CLIP, and in version 2 BLIP), with a "quantifiable and tunable
false-detection rate". Their abstract names no rate of detection for any kind; their own code trains
ResNet-18 (80 epochs), SimCLR ResNet-18 (1000 epochs) and fine-tunes CLIP ViT-B/32 (3 epochs), with
p = .05 and a tenth of the training data the auditor's. What their tables hold we could not read, so
it is not set beside ours; their test (PPRM) and their marks and scores run here, on the same
models, above and below.
"""

MARKS = """## Marks and scores

Families of marks in the same models at equal mean CIEDE2000, each on photos of its own; n = {n}
versions. Power: published version among the top 5 % by the score (one photo, p = .05). z: its
distance from the hidden versions' mean in their SDs. Ratio: power over the papers' (spread marks,
their score), 95 % bootstrap interval. Photos needed: fewest photos of one owner that are found in
90 % of collections at p = .01, resampled from the measured photos: product of e-values (watched
throughout) / rank-sum (one look). "- twin": less the score of the same version by a model that did
not see the photo. "Largest z" is the best of all pairs tried, and flattered by the choice. Here are
the marks under the default score and the scores of the default marks; all pairs are in the .json.
The same visibility was asked of all; what was reached is below the first table: the papers' marks
came out somewhat less visible, which flatters the ratio.
"""


def as_markdown(found: Row) -> str:
    """Return all tables."""
    marks = found["marks"]
    parts = [ABOUT, IN_AND_OUT, _table(AUDIT_HEAD, map(_audit_line, found["audits"]))]
    parts += [_same_kits(found["same_kits"]), CLAIMED]
    if marks["rows"]:
        parts += [MARKS.format(n=marks["versions"]), _best(marks), _looks(marks)]
        parts += [_of_kind(kind, marks) for kind in KINDS]
        parts += [_innocent(marks["innocent"])]
    parts.append(_models(found["models"]))
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    body = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in body) + "\n"


AUDIT_HEAD = (
    *("kits of", "kind", "visibility", "test", "p"),
    *("in: found", "to find", "mean", "out: found", "mean"),
)


def _audit_line(row: Row) -> Sequence[str]:
    inside, outside = row["in"], row["out"]
    return (
        "ten photos" if row["claim"] == "ten" else "one photo",
        KINDS[row["kind"]],
        f"{row['visibility']:g}",
        "e-values" if row["claim"] == "ten" else TESTS[row["test"]],
        LEVELS[row["level"]],
        _rate(inside),
        _number(inside["queries_median_of_found"]),
        _number(inside["queries_mean"]),
        _rate(outside),
        _number(outside["queries_mean"]),
    )


def _same_kits(rows: Sequence[Row]) -> str:
    """Say what both tests did on the very same kits and scores."""
    told = "; ".join(
        f"{KINDS[row['kind']]}, p = {LEVELS[row['level']]}, {row['kits']} kits in: PPRM "
        f"{row['pprm']['found']} found, {row['pprm']['queries_mean']:.0f} queries in the mean, "
        f"conditional rank {row['conditional-rank']['found']} and "
        f"{row['conditional-rank']['queries_mean']:.0f}"
        for row in rows
    )
    return f"Both tests on the same kits and scores: {told}.\n" if told else ""


def _rate(side: Row) -> str:
    if not side["of"]:
        return "-"
    low, high = side["interval"]
    return f"{side['found']} of {side['of']} ({100 * low:.0f}-{100 * high:.0f} %)"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


RANK_HEAD = ("marks", "score", "power", "z", "ratio to the papers'", "photos needed")


def _rank_line(row: Row) -> Sequence[str]:
    low, high = row["interval"]
    return (
        row["family"],
        row["score"],
        f"{row['power']:.2f} ({low:.2f}-{high:.2f})",
        f"{row['z']:.2f} ± {row['z_error']:.2f}",
        _ratio(row),
        f"{_count(row, 'anytime')} / {_count(row, 'rank-sum')}",
    )


def _ratio(row: Row) -> str:
    """Say how many times the papers' power; without end where they may have found nothing."""
    low, high = ("∞" if value is None else f"{value:.1f}" for value in row["ratio_interval"])
    middle = "∞" if row["ratio"] is None else f"{row['ratio']:.1f}"
    return f"{middle} ({low}-{high})"


def _count(row: Row, test: str) -> str:
    value = row[f"photos_needed_{test}"]
    return "> 200" if value is None else str(value)


def _is(row: Row, pair: Sequence[str]) -> bool:
    return [row["family"], row["score"]] == list(pair)


def _best(marks: Row) -> str:
    """Return the papers', the product's and the best pair of each kind."""
    lines = []
    for kind, title in KINDS.items():
        rows = [row for row in marks["rows"] if row["kind"] == kind]
        if not rows:
            continue
        papers, default = marks["papers"][kind], marks["default"][kind]
        chosen = [
            ("papers'", next(row for row in rows if _is(row, papers))),
            ("product's default", next(row for row in rows if _is(row, default))),
            ("largest z", max(rows, key=lambda row: row["z"])),
        ]
        lines += [(title, what, *_rank_line(row)) for what, row in chosen]
    return _table(("kind", "which", *RANK_HEAD), lines)


def _looks(marks: Row) -> str:
    told = "; ".join(f"{family} {value:.2f}" for family, value in marks["ciede2000"].items())
    return f"Mean CIEDE2000 reached: {told}.\n" if told else ""


def _of_kind(kind: str, marks: Row) -> str:
    """Return the marks under the default score, and the scores of the default marks."""
    rows = [row for row in marks["rows"] if row["kind"] == kind]
    if not rows:
        return ""
    family, score = marks["default"][kind]
    parts = [f"### {KINDS[kind]}: {rows[0]['photos']} photos a family\n"]
    for same, value in (("score", score), ("family", family)):
        parts.append(_table(RANK_HEAD, (_rank_line(row) for row in rows if row[same] == value)))
    return "\n".join(parts)


def _innocent(rows: Sequence[Row]) -> str:
    told = "; ".join(
        f"{KINDS[row['kind']]} {row['found']} of {row['photos']} (z {row['z']:.2f})" for row in rows
    )
    return f"The same photos asked of the model that did not see them, default score: {told}.\n"


def _models(rows: Sequence[Row]) -> str:
    head = ("model", "pictures", "epochs", "CPU seconds", "last loss", "utility", "on its own")
    lines = [
        (
            *(row["name"], row["pictures"], row["recipe"]["epochs"]),
            *(row["cpu_seconds"], row["last_loss"]),
            *(row["utility"], row["utility_of_trained_on"]),
        )
        for row in rows
    ]
    return "## Trainings\n\nUtility: on pictures never trained on.\n\n" + _table(head, lines)
