"""Power, whole pipeline: the sample kit against demo:with and demo:without.

Every sample photo by itself, the photos as a collection and every photo with family-wise control,
at p = .05 and .002: as a first attempt is really tested (level p/2) and at the plain level p. The
papers' test (PPRM) runs on the very same scores.

    nice python tests/benchmarks/power.py --work DIR

Scores are written to DIR as they come; the same command goes on where it was. Results:
results/power.json and .md.
"""

import argparse
import json
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

from whole_audits import RESULTS, Book, audit, lines, plan_for

from auditcore import paths
from auditcore.audit import ANYTIME, Decision, Verdict
from auditcore.audit.machine import AuditMachine
from auditcore.errors import DesignError
from auditcore.kit import Kit, open_kit
from auditcore.models import open_model
from auditcore.scores import Scorer, default_score

MODELS = ("demo:with", "demo:without")
LEVELS = tuple(Fraction(text) for text in ("0.05", "0.025", "0.002", "0.001"))
PHOTO_TESTS = ("conditional-rank", "pprm", "pprm-best-split", "full-rank")


class SavedBook(Book):
    """A book of scores that is also on disk."""

    def __init__(self, scorer: Scorer, path: Path) -> None:
        super().__init__(scorer)
        self._path = path
        self.scores = {(row["photo"], row["version"]): row["score"] for row in lines(path)}

    def look_up(self, batch: list[tuple[int, int]]) -> list[float]:
        """Return the scores of a batch; new ones are written down."""
        new = [asked for asked in batch if asked not in self.scores]
        told = super().look_up(batch)
        with self._path.open("a") as file:
            for photo, version in new:
                row = {"photo": photo, "version": version, "score": self.scores[photo, version]}
                file.write(json.dumps(row) + "\n")
        return told


def photos_alone(kit: Kit, book: Book, level: Fraction, test: str) -> dict[str, Any]:
    """Audit every photo by itself, where the test can reach the level at all."""
    rows = []
    try:
        AuditMachine(plan_for(kit, f"photo:{kit.photos[0].file}", level, test), kit)
    except DesignError as error:
        refused = {"claim": "photo", "test": test, "level": float(level)}
        return {**refused, "used": 0, "of": len(kit.photos), "refused": str(error)}
    for index, photo in enumerate(kit.photos):
        verdict = audit(kit, book, plan_for(kit, f"photo:{photo.file}", level, test))
        told = verdict.photos[index]
        rows.append(
            {
                "file": photo.file, "decision": told.decision.value,
                "hidden_queries": told.hidden_queries, "beaten_by": told.beaten_by,
                "queries": verdict.queries,
            }
        )  # fmt: skip
    used = [row["queries"] for row in rows if row["decision"] == "used"]
    return {
        "claim": "photo", "test": test, "level": float(level), "used": len(used),
        "of": len(rows), "median_queries_of_used": median(used) if used else None,
        "mean_queries": sum(row["queries"] for row in rows) / len(rows), "photos": rows,
    }  # fmt: skip


def together(kit: Kit, book: Book, level: Fraction, collection_test: str) -> dict[str, Any]:
    """Audit the collection."""
    plan = plan_for(kit, "collection", level, "conditional-rank", collection_test)
    verdict = audit(kit, book, plan)
    test = "product of e-values" if collection_test == ANYTIME else "rank-sum, one look"
    return summary("collection", test, level, verdict)


def each(kit: Kit, book: Book, level: Fraction) -> dict[str, Any]:
    """Audit every photo with family-wise control."""
    verdict = audit(kit, book, plan_for(kit, "each", level, "conditional-rank"))
    return summary("each", "conditional-rank", level, verdict)


def summary(claim: str, test: str, level: Fraction, verdict: Verdict) -> dict[str, Any]:
    """Say what one audit of several photos came to."""
    used = [photo.file for photo in verdict.photos if photo.decision is Decision.USED]
    return {
        "claim": claim, "test": test, "level": float(level),
        "collection": verdict.collection.decision.value, "photos_used": used,
        "of": len(verdict.photos), "queries": verdict.queries,
        "statistic": verdict.collection.statistic, "threshold": verdict.collection.threshold,
    }  # fmt: skip


def measure(kit: Kit, spec: str, work: Path) -> dict[str, Any]:
    """Run all audits of one model."""
    model = open_model(spec)
    scorer = Scorer(kit, model, default_score(model, kit))
    name = f"{spec.replace(':', '-')}-{kit.id[:12]}-{model.identity.fingerprint[:12]}.jsonl"
    book = SavedBook(scorer, work / name)
    rows = [photos_alone(kit, book, level, test) for level in LEVELS for test in PHOTO_TESTS]
    for level in LEVELS:
        rows += [together(kit, book, level, kind) for kind in ("anytime", "rank-sum")]
        rows.append(each(kit, book, level))
    return {"fingerprint": model.identity.fingerprint, "score": scorer.description, "rows": rows}


def table(spec: str, rows: list[dict[str, Any]]) -> list[str]:
    """Return the table of one model."""
    said = [
        f"## {spec}",
        "",
        "| claim | test | level | said to be used | queries |",
        "|---" * 5 + "|",
    ]
    for row in rows:
        if "refused" in row:
            found, cost = "level out of reach", "0"
        elif row["claim"] == "photo":
            found = f"{row['used']} of {row['of']} photos"
            typical = row["median_queries_of_used"] or "-"
            cost = f"{typical} (median of used), {row['mean_queries']:.0f} (mean)"
        elif row["claim"] == "each":
            found, cost = f"{len(row['photos_used'])} of {row['of']} photos", str(row["queries"])
        else:
            found, cost = row["collection"], str(row["queries"])
        said.append(f"| {row['claim']} | {row['test']} | {row['level']} | {found} | {cost} |")
    return [*said, ""]


def main() -> None:
    """Run what is missing and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    kit = open_kit(paths.assets_dir() / "sample" / "kit.zip")
    found = {spec: measure(kit, spec, given.work) for spec in MODELS}
    document = {"kit": kit.id, "photos": len(kit.photos), "versions": kit.versions, "models": found}
    (RESULTS / "power.json").write_text(json.dumps(document, indent=1) + "\n")
    text = ["# Power of whole audits on the sample photos", "", __doc__.split("\n\n")[1], ""]
    for spec in MODELS:
        text += table(spec, found[spec]["rows"])
    (RESULTS / "power.md").write_text("\n".join(text))


if __name__ == "__main__":
    main()
