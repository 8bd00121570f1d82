"""From the rows of lab_power.py to its tables: results/lab_power.json and .md."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import lab_power_audits as in_and_out
import lab_power_ranks as ranks
import numpy as np
from lab_power_marks import A_FAMILY, FAMILIES, SMOOTH, SPREAD, VERSIONS, VISIBILITY
from lab_power_models import FACTS
from lab_power_needed import needed, walks
from lab_power_scores import CALIBRATED, DEFAULT, PAPERS, SCORES_OF, TWIN
from lab_power_words import as_markdown
from numpy.typing import NDArray
from whole_audits import RESULTS, interval, lines

KINDS = ("classifier", "encoder", "clip")
TOP, BOOTSTRAPS = 0.05, 4000
Rows = list[dict[str, Any]]


# --- Show 1: photo in, photo out ------------------------------------------------------------------


def audit_rows(work: Path) -> Rows:
    """Return a row for each kind, visibility, claim, test and level."""
    groups: defaultdict[tuple[str, ...], Rows] = defaultdict(list)
    for row in lines(work / in_and_out.ROWS):
        claim, test, level = row["key"].split("/", 2)
        claim = claim if claim == in_and_out.TEN else "photo"
        key = (row["kind"], f"{row['visibility']:g}", claim, test, level)
        groups[key].append(dict(row))
    order = {name: place for place, name in enumerate(KINDS)}
    keys = sorted(groups, key=lambda key: (key[2], order[key[0]], key[1] != "4", key[3], key[4]))
    return [_audit_row(key, groups[key]) for key in keys]


def _audit_row(key: tuple[str, ...], rows: Rows) -> dict[str, Any]:
    kind, visibility, claim, test, level = key
    facts: dict[str, Any] = {
        "kind": kind,
        "visibility": float(visibility),
        "claim": claim,
        "test": test,
        "level": level,
    }
    for side in in_and_out.SIDES:
        mine = [row for row in rows if row["side"] == side]
        found = [row["queries"] for row in mine if row["used"]]
        facts[side] = {
            "found": len(found),
            "of": len(mine),
            "interval": [round(x, 4) for x in interval(len(found), len(mine))] if mine else None,
            "queries_median_of_found": median(found) if found else None,
            "queries_mean": _mean(row["queries"] for row in mine),
        }
    return facts


def same_kits(work: Path) -> Rows:
    """Return what the papers' test and the default did on the kits that both were run on."""
    runs: defaultdict[tuple[str, str], dict[str, dict[Any, Any]]] = defaultdict(dict)
    for row in lines(work / in_and_out.ROWS):
        claim, test, level = row["key"].split("/", 2)
        if claim != in_and_out.TEN and row["side"] == "in":
            runs[row["kind"], level].setdefault(test, {})[row["kit"], claim] = row
    found = []
    for (kind, level), tests in sorted(runs.items()):
        if shared := set(tests.get(in_and_out.PAPERS_TEST, {})):
            facts: dict[str, Any] = {"kind": kind, "level": level, "kits": len(shared)}
            for test, rows in tests.items():
                mine = [rows[key] for key in shared]
                count = sum(row["used"] for row in mine)
                mean = _mean(row["queries"] for row in mine)
                facts[test] = {"found": count, "queries_mean": mean}
            found.append(facts)
    return found


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(sum(found) / len(found), 1) if found else None


def model_rows(work: Path) -> Rows:
    """Return what is known of each training."""
    rows = []
    for file in sorted((work / "models").glob(f"*/{FACTS}")):
        facts = json.loads(file.read_text())
        del facts["spec"], facts["losses"]
        rows.append({"name": file.parent.name, **facts})
    return rows


# --- Show 3: marks and scores ---------------------------------------------------------------------


class Ranked:
    """All photos of one kind and family under one score: scores (photos, n), what was published."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], scores: Sequence[Sequence[float]]):
        self.scores = np.array(scores, dtype=np.float64)
        self.published = np.array([row["published"] for row in rows])
        rng = np.random.default_rng(len(rows))
        own = self.scores[np.arange(len(rows)), self.published][:, None]
        above, equal = (self.scores > own).sum(axis=1), (self.scores == own).sum(axis=1) - 1
        self.rank = 1 + above + np.floor(rng.random(len(rows)) * (equal + 1)).astype(int)
        self.found: NDArray[np.bool_] = self.rank <= TOP * self.scores.shape[1]

    def z(self) -> NDArray[np.float64]:
        """Return how far each published version stands from the hidden ones, in their SDs."""
        values = []
        for row, own in zip(self.scores, self.published, strict=True):
            hidden = np.delete(row, own)
            spread = hidden.std()
            values.append((row[own] - hidden.mean()) / spread if spread > 0 else 0.0)
        return np.array(values)

    def facts(self) -> dict[str, Any]:
        """Return power, its interval and z."""
        z, count = self.z(), int(self.found.sum())
        return {
            "photos": len(self.found),
            "found": count,
            "power": round(count / len(self.found), 3),
            "interval": [round(x, 3) for x in interval(count, len(self.found))],
            "z": round(float(z.mean()), 2),
            "z_error": round(float(z.std() / len(z) ** 0.5), 2),
        }

    def needed(self) -> dict[str, Any]:
        """Return how many photos together are found nearly always at p = .01."""
        beats = walks(self.scores, self.published)
        return {f"photos_needed_{test}": needed(beats, test) for test in ("anytime", "rank-sum")}


def rank_groups(work: Path) -> dict[tuple[str, str, str], Ranked]:
    """Return the photos of each (kind, family, score); a score less the twin's has its own name."""
    groups: defaultdict[tuple[str, str], Rows] = defaultdict(list)
    for row in lines(work / ranks.ROWS):
        groups[row["kind"], row["family"]].append(dict(row))
    found = {}
    for (kind, family), rows in groups.items():
        for score in SCORES_OF[kind]:
            found[kind, family, score] = Ranked(rows, [row["scores"][score] for row in rows])
        if family in ranks.WITH_TWIN:
            for score in CALIBRATED[kind]:
                less = [np.subtract(r["scores"][score], r["twin"][score]) for r in rows]
                found[kind, family, score + TWIN] = Ranked(rows, less)
    return found


def innocent_row(work: Path, kind: str) -> dict[str, Any]:
    """Return how often photos are found in the model that did not see them."""
    rows = [row for row in lines(work / ranks.ROWS) if row["kind"] == kind and "twin" in row]
    out = Ranked(rows, [row["twin"][DEFAULT[kind]] for row in rows])
    return {"kind": kind, **out.facts()}


def rank_rows(work: Path) -> Rows:
    """Return a row for each kind, family and score."""
    groups = rank_groups(work)
    rows = []
    for kind in KINDS:
        if (kind, SPREAD, PAPERS[kind]) not in groups:
            continue
        papers = groups[kind, SPREAD, PAPERS[kind]]
        for (one, family, score), ranked in groups.items():
            if one == kind:
                rows.append(
                    {
                        "kind": kind,
                        "family": family,
                        "score": score,
                        **ranked.facts(),
                        **ratio(ranked, papers),
                        **ranked.needed(),
                    }
                )
    place = {name: at for at, name in enumerate(FAMILIES)}
    return sorted(rows, key=lambda row: (row["kind"], row["score"], place[row["family"]]))


def ratio(ranked: Ranked, papers: Ranked) -> dict[str, Any]:
    """Return power over the papers' power, with a 95 % bootstrap interval over photos."""
    rng = np.random.default_rng(1)
    draws = []
    for group in (ranked, papers):
        index = rng.integers(len(group.found), size=(BOOTSTRAPS, len(group.found)))
        draws.append(group.found[index].mean(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.nanquantile(draws[0] / draws[1], [0.025, 0.975])
        middle = ranked.found.mean() / papers.found.mean()
    return {"ratio": _plain(middle), "ratio_interval": [_plain(low), _plain(high)]}


def _plain(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None


def looks(work: Path) -> dict[str, Any]:
    """Return the mean CIEDE2000 of each family."""
    kept = work / ranks.LOOKS
    return dict(json.loads(kept.read_text())) if kept.exists() else {}


def document(work: Path) -> dict[str, Any]:
    """Return everything that was measured."""
    kinds = {row["kind"] for row in lines(work / ranks.ROWS)}
    twins = [kind for kind in KINDS if kind in kinds and CALIBRATED[kind]]
    return {
        "machine": "2 CPU cores, one of them used, no GPU",
        "audits": audit_rows(work),
        "same_kits": same_kits(work),
        "marks": {
            "visibility": VISIBILITY,
            "versions": VERSIONS,
            "photos_a_family_and_round": A_FAMILY,
            "ciede2000": looks(work),
            "default": {kind: [SMOOTH, DEFAULT[kind]] for kind in KINDS},
            "papers": {kind: [SPREAD, PAPERS[kind]] for kind in KINDS},
            "rows": rank_rows(work),
            "innocent": [innocent_row(work, kind) for kind in twins],
        },
        "models": model_rows(work),
    }


def write(work: Path) -> None:
    """Write both files."""
    found = document(work)
    (RESULTS / "lab_power.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    (RESULTS / "lab_power.md").write_text(as_markdown(found), "utf-8")
