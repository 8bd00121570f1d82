"""The guarantee, whole pipeline: how often audits accuse models that never saw the photos.

Fresh kits with fresh seeds (small photos, 200 versions) are audited on real models with the
product's marks, scorer and machine: every photo by itself, the photos as a collection (anytime and
rank-sum) and every photo with family-wise control. Levels .05 and .01, and their halves, at which
a first attempt is really tested.

    nice python tests/benchmarks/guarantee.py --work DIR [--kits 320] [--only MODEL]

Kits are written to DIR as they are done; the same command goes on where it was, and several
processes share the work when each is given its own --share I/N. Results: results/guarantee.json.
"""

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from whole_audits import RESULTS, Book, audit, interval, lines, plan_for

from auditcore import paths
from auditcore.audit import Decision, Verdict
from auditcore.kit import Kit, PhotoSource, seal_kit
from auditcore.models import Model, open_model
from auditcore.photos import read_captions
from auditcore.scores import Scorer
from auditcore.sequential import DEFAULT_TEST, exact_rate, make_test

PHOTOS, VERSIONS, SIDE = 4, 200, 96
LEVELS = tuple(Fraction(text) for text in ("0.05", "0.025", "0.01", "0.005"))
# spec -> (score, views, share of the kits): one view where pictures are dear.
MODELS = {
    "demo:without": ("caption-cosine", None, 1),
    "efficientnet-lite0": ("negative-entropy", 1, 7),
}


def fresh_kit(number: int) -> Kit:
    """Seal the kit of that number: four of the sample photos, cut out small, a seed of its own."""
    seed = hashlib.sha256(f"telltale guarantee {number}".encode()).digest()
    folder = paths.assets_dir() / "sample"
    files = sorted((folder / "photos").iterdir())
    chosen = [files[(PHOTOS * number + offset) % len(files)] for offset in range(PHOTOS)]
    captions = read_captions((folder / "captions.csv").read_text(), [f.name for f in files])
    sources = [PhotoSource.from_bytes(file.name, small(file, number)) for file in chosen]
    told = {file.name: captions[file.name] for file in chosen}
    return seal_kit(
        sources, lambda name, data: None, captions=told, versions=VERSIONS, seed=seed
    ).kit


def small(file: Path, number: int) -> bytes:
    """Return a square cut out of a photo, another one for each kit, as a small PNG."""
    image = Image.open(file).convert("RGB")
    side = min(image.size) * 4 // 5
    left = (image.width - side) * (number % 7) // 6
    top = (image.height - side) * (number % 5) // 4
    buffer = BytesIO()
    image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE)).save(buffer, "PNG")
    return buffer.getvalue()


def audits_of(kit: Kit, book: Book) -> Iterator[dict[str, Any]]:
    """Run every kind of audit of one kit at every level."""
    for level in LEVELS:
        for photo in kit.photos:
            verdict = audit(kit, book, plan_for(kit, f"photo:{photo.file}", level, DEFAULT_TEST))
            yield line("photo", level, verdict)
        for kind in ("anytime", "rank-sum"):
            plan = plan_for(kit, "collection", level, DEFAULT_TEST, kind)
            yield line(f"collection, {kind}", level, audit(kit, book, plan))
        yield line("each", level, audit(kit, book, plan_for(kit, "each", level, DEFAULT_TEST)))


def line(claim: str, level: Fraction, verdict: Verdict) -> dict[str, Any]:
    """Say what one audit came to."""
    alarm = verdict.decision is Decision.USED
    return {"claim": claim, "level": str(level), "alarm": alarm, "queries": verdict.queries}


def run_kits(model: Model, spec: str, kits: range, work: Path, share: tuple[int, int]) -> None:
    """Audit the kits of this share that are not done yet."""
    path = work / f"{spec.replace(':', '-')}-{share[0]}-of-{share[1]}.jsonl"
    done = {
        row["kit"] for file in work.glob("*.jsonl") for row in lines(file) if row["spec"] == spec
    }
    score, views, _ = MODELS[spec]
    for number in kits:
        if number % share[1] == share[0] and number not in done:
            kit = fresh_kit(number)
            book = Book(Scorer(kit, model, score, views))
            rows = list(audits_of(kit, book))
            row = {"spec": spec, "kit": number, "asked": len(book.scores), "audits": rows}
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")


def summary(work: Path) -> list[dict[str, Any]]:
    """Return a row for each model, claim and level, and one for all models together."""
    counts: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for file in sorted(work.glob("*.jsonl")):
        for row in lines(file):
            for one in row["audits"]:
                for spec in (row["spec"], "all models"):
                    count = counts[spec, one["claim"], one["level"]]
                    count[0] += one["alarm"]
                    count[1] += 1
                    count[2] += one["queries"]
    return [summary_row(*key, *count) for key, count in sorted(counts.items())]


def summary_row(
    spec: str, claim: str, level: str, alarms: int, audits: int, queries: int
) -> dict[str, Any]:
    """Return the rate of false alarms with its interval."""
    ci95 = [round(bound, 5) for bound in interval(alarms, audits)]
    row: dict[str, Any] = {
        "model": spec, "claim": claim, "level": float(Fraction(level)), "audits": audits,
        "alarms": alarms, "rate": round(alarms / audits, 5), "ci95": ci95,
        "mean_queries": round(queries / audits, 1),
    }  # fmt: skip
    if claim == "photo":
        test = make_test(DEFAULT_TEST, VERSIONS, Fraction(level))
        row["exact_rate"] = round(float(exact_rate(test, heed_advice=True)), 5)
    return row


def write(rows: list[dict[str, Any]]) -> None:
    """Write the results for machines and for people."""
    setting = {"photos_a_kit": PHOTOS, "versions": VERSIONS, "side": SIDE, "test": DEFAULT_TEST}
    document = {"setting": setting, "models": {k: v[:2] for k, v in MODELS.items()}, "rows": rows}
    (RESULTS / "guarantee.json").write_text(json.dumps(document, indent=1) + "\n")
    head = "| model | claim | level | audits | false alarms | rate | 95 % interval | mean queries |"
    table = [head, "|---" * 8 + "|"]
    for row in rows:
        low, high = row["ci95"]
        table.append(
            f"| {row['model']} | {row['claim']} | {row['level']} | {row['audits']} | "
            f"{row['alarms']} | {row['rate']:.4f} | {low:.4f} to {high:.4f} | "
            f"{row['mean_queries']} |"
        )
    worst = [row for row in rows if row["ci95"][0] > row["level"]]
    note = "No interval lies above its level." if not worst else f"ABOVE ITS LEVEL: {worst}"
    text = f"# False alarms of whole audits\n\n{__doc__.split(chr(10) * 2)[1]}\n\n{note}\n\n"
    (RESULTS / "guarantee.md").write_text(text + "\n".join(table) + "\n")


def main() -> None:
    """Run what is missing and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kits", type=int, default=320)
    parser.add_argument("--only", choices=MODELS)
    parser.add_argument("--share", default="0/1")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    place, of = (int(part) for part in given.share.split("/"))
    for spec in [given.only] if given.only else MODELS:
        kits = range(given.kits // MODELS[spec][2])
        run_kits(open_model(spec), spec, kits, given.work, (place, of))
    write(summary(given.work))


if __name__ == "__main__":
    main()
