"""What an audit of 10 million photos takes, from measured rates (results/ten_million.md).

    python tests/benchmarks/ten_million.py

Measures nothing itself. Reads what throughput.py (pictures a second; of a graphics card
throughput_cuda.json, where one was had), ten_thousand.py (a whole audit, its log and database),
protect_cost.py and mark_many.py (marking) wrote; puts the tables into assets/scale.md as well.
"""

import json
import statistics
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from auditcore.audit.plan import COLLECTION, RANK_SUM, Claim, max_hidden_for
from tests.benchmarks import machine

RESULTS = Path(__file__).parent / "results"
DOCUMENT = Path(__file__).parents[2] / "assets" / "scale.md"
BEGIN, END = "<!-- plan: begin -->", "<!-- plan: end -->"
PHOTOS = 10_000_000
SIZES = (10_000, 100_000)
VERSIONS, LEVEL, VIEWS = 1000, Fraction(1, 20), 8
CORES = 64
# Dense bfloat16 operations a second as the maker states them, and the share of it that is assumed
# where no card was measured: a range that is meant to hold the truth, not to be near it.
CARDS = (("A100", 312e12), ("H100", 989e12))
SHARES = (0.1, 0.5)
LIGHT = 1e9  # operations a picture below which a card waits for the pictures
WHOLE = "local demo:without"


def read(name: str) -> dict[str, Any] | None:
    """Return a result that is there, None where it was not measured."""
    path = RESULTS / f"{name}.json"
    found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    return found


def needed(name: str) -> dict[str, Any]:
    """Return a result; stop with a sentence where it is missing."""
    found = read(name)
    if found is None:
        raise SystemExit(f"results/{name}.json is missing: run tests/benchmarks/{name}.py first.")
    return found


def queries_a_photo(photos: int, kits: int) -> int:
    """Return how many versions of a photo the rank-sum of a kit asks about."""
    claim, level = Claim(COLLECTION), LEVEL / kits / 2
    return max_hidden_for(claim, RANK_SUM, VERSIONS, photos, level) + 1


def work(photos_a_kit: int) -> dict[str, int]:
    """Return kits, queries and pictures of the whole archive."""
    kits = PHOTOS // photos_a_kit
    queries = PHOTOS * queries_a_photo(photos_a_kit, kits)
    return {"kits": kits, "queries": queries, "pictures": queries * VIEWS}


def a_core(one: dict[str, Any], cores: int) -> float:
    """Return the pictures a second that one core scores with a model, kit to scores."""
    return statistics.median(one["images_per_second"]["scorer"]) / cores


def kept(throughput: dict[str, Any], whole: dict[str, Any]) -> float:
    """Return which share of the scoring rate a whole audit keeps: log, database and all."""
    demo = next(one for one in throughput["models"] if one["model"] == "demo:with")
    scored = statistics.median(demo["images_per_second"]["scorer"])
    return min(1.0, float(whole["pictures_per_second"]) / scored)


def hours(pictures: int, rate: float, share: float) -> float:
    """Return the hours for so many pictures at a rate of which a share is kept."""
    return pictures / rate / share / 3600


def assumed_hours(pictures: int, operations: float) -> tuple[float, float]:
    """Return the fewest and the most hours of one card that was not measured."""
    rates = [peak * share for _, peak in CARDS for share in SHARES]
    fewest, most = (pictures * operations / rate / 3600 for rate in (max(rates), min(rates)))
    return fewest, most


def computing(throughput: dict[str, Any], cuda: dict[str, Any] | None, share: float) -> list[str]:
    """Return the table of hours by model and size of kit."""
    cores = int(throughput["machine"]["cores"])
    card = "GPU hours, measured" if cuda else "GPU hours, assumed range"
    rows = [
        "| model | photos a kit | pictures/s of a core | core hours | "
        f"days on {CORES} cores | {card} |",
        "|---|---|---|---|---|---|",
    ]
    for one in throughput["models"]:
        for size in SIZES:
            pictures, rate = work(size)["pictures"], a_core(one, cores)
            core_hours = hours(pictures, rate, share)
            cells = (
                one["model"],
                f"{size:,}",
                f"{rate:,.1f}",
                f"{core_hours:,.0f}",
                f"{core_hours / CORES / 24:,.1f}",
                gpu_cell(one, cuda, pictures, share),
            )
            rows.append("| " + " | ".join(cells) + " |")
    return rows


def gpu_cell(one: dict[str, Any], cuda: dict[str, Any] | None, pictures: int, share: float) -> str:
    """Return the hours of one card: measured where it was, else the range."""
    if cuda is None and one["operations"] < LIGHT:
        return "limited by the processors"
    if cuda is None:
        fewest, most = assumed_hours(pictures, float(one["operations"]))
        return f"{fewest:,.2g} to {most:,.2g}"
    there = next(other for other in cuda["models"] if other["model"] == one["model"])
    rate = statistics.median(there["images_per_second"]["scorer"])
    return f"{hours(pictures, rate, share):,.1f}"


def amounts() -> list[str]:
    """Return the table of kits, queries and pictures."""
    rows = [
        "| photos a kit | kits | p of each, 1/20 in all | versions asked a photo | queries | "
        "pictures |",
        "|---|---|---|---|---|---|",
    ]
    for size in SIZES:
        found = work(size)
        rows.append(
            f"| {size:,} | {found['kits']:,} | 1 in {found['kits'] * 20:,} | "
            f"{queries_a_photo(size, found['kits'])} | {found['queries']:,} | "
            f"{found['pictures']:,} |"
        )
    return rows


def storage(ten: dict[str, Any], camera: dict[str, Any]) -> list[str]:
    """Return the table of what is kept where."""
    whole = ten[WHOLE]
    small = ten["kit"]["bytes"] / ten["kit"]["photos"]
    large = camera["kit_mb"] * 1e6 / camera["photos"]
    kept_there = {name: n for name, n in whole["bytes"].items() if "sqlite" in name}
    database = sum(kept_there.values()) / whole["queries"]
    tables = sum(n for name, n in whole["bytes"].items() if name.endswith(".parquet"))
    rows = [
        "| what | bytes a unit, measured | for all |",
        "|---|---|---|",
        f"| kits, photos of 96 pixels | {small:,.0f} a photo | {terabytes(small * PHOTOS)} |",
        f"| kits, photos of 12 megapixels | {large:,.0f} a photo | {terabytes(large * PHOTOS)} |",
    ]
    for size in SIZES:
        total = database * work(size)["queries"]
        rows.append(
            f"| log, answers and moves, kits of {size:,} | {database:,.0f} a query | "
            f"{terabytes(total)} |"
        )
    each = tables / whole["photos"]
    return [*rows, f"| Parquet | {each:,.1f} a photo | {terabytes(each * PHOTOS)} |"]


def terabytes(count: float) -> str:
    """Return bytes for a person."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,.0f} bytes"


def page() -> str:
    """Return the plan."""
    throughput, cuda = needed("throughput"), read("throughput_cuda")
    ten = needed("ten_thousand")
    share = kept(throughput, ten[WHOLE])
    return "\n".join(
        [
            *amounts(),
            "",
            f"A query is {VIEWS} pictures. One statement a kit, all of them together at p = 1/20.",
            "",
            *computing(throughput, cuda, share),
            "",
            f"Rates: `throughput.json` ({machine.sentence(throughput['machine'])}) A whole audit, "
            f"log and database included, kept {share:.0%} of the scoring rate "
            "(`ten_thousand.json`); all hours here are divided by that. " + cards(cuda),
            "",
            *storage(ten, camera()),
            "",
            marking(),
        ]
    )


def cards(cuda: dict[str, Any] | None) -> str:
    """Say where the hours of a graphics card come from."""
    if cuda is not None:
        return f"Graphics card: `throughput_cuda.json` ({cuda['machine']['graphics_card']})."
    named = " and ".join(f"{name} {peak / 1e12:,.0f}" for name, peak in CARDS)
    return (
        "**No graphics card was measured.** The range is worked out: operations of a picture "
        f"(counted), {SHARES[0]:.0%} to {SHARES[1]:.0%} of the bfloat16 rate that the maker states "
        f"({named} TFLOP/s), and it leaves out the processor's work on each photo, which limits "
        "small models. Measure one card (`throughput.py --device cuda`) before you buy hours."
    )


def camera() -> dict[str, Any]:
    """Return what marking 100 photos of 12 megapixels took."""
    rows = needed("protect_cost")["rows"]
    return dict(next(row for row in rows if row["photos"] == 100))


def marking() -> str:
    """Say what marking takes."""
    large = camera()["cpu_seconds_a_photo"]
    said = (
        f"Marking (before publication, once): {large:.2f} processor seconds for a photo of 12 "
        f"megapixels (`protect_cost.json`), so {large * PHOTOS / 3600:,.0f} core hours for all, "
        f"{large * PHOTOS / 3600 / CORES / 24:,.1f} days on {CORES} cores."
    )
    small = read("mark_many")
    if small is None:
        return said
    each = small["cpu_ms_a_photo"]["now"] / 1000
    return (
        f"{said} Small pictures: {each:.3f} processor seconds each (`mark_many.json`, by the "
        f"newest version, {small['times_as_fast']:.1f} times as fast there as the one that "
        f"`protect_cost.json` may have measured), {each * PHOTOS / 3600:,.0f} core hours for all."
    )


def main() -> None:
    """Write the page, and put it into the document."""
    text = page()
    title = "# What an audit of 10 million photos takes\n\nWritten by `python "
    head = f"{title}tests/benchmarks/ten_million.py` from measured rates.\n\n"
    (RESULTS / "ten_million.md").write_text(head + text + "\n")
    document = DOCUMENT.read_text()
    before, rest = document.split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")
    print(text)


if __name__ == "__main__":
    main()
