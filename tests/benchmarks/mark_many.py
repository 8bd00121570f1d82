"""Photos marked a second, before and now, on real pictures (results/mark_many.json).

`python tests/benchmarks/mark_many.py --work FOLDER` takes 200 pictures of the corpus (150 of them
photographs) as JPEG files, and marks them in turn with the software as it was (a checkout of
BEFORE, made for the time of the run) and as it is: in one process, in all, and how visible the
marks of the two are. Ratios are within one run, from processor seconds where one process works,
because a clock tells of whatever else the machine does.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULT = Path(__file__).parent / "results" / "mark_many.json"
BEFORE = "4a33d52"
PHOTOS, DRAWINGS = 150, 50
ROUNDS = 3
VISIBILITY = 3.0
VERSIONS_LOOKED_AT = 4


def write_pictures(work: Path, folder: Path) -> None:
    """Write the pictures as JPEG files."""
    from PIL import Image

    from auditcore.lab.data import fetch_corpus

    items = fetch_corpus(work)
    photos = [item for item in items if item.photo][:PHOTOS]
    drawings = [item for item in items if not item.photo]
    for number, item in enumerate(photos + drawings[:: len(drawings) // DRAWINGS][:DRAWINGS]):
        Image.fromarray(item.pixels()).save(folder / f"{number:03}.jpg", quality=92)


def measure(files: Path, out: Path, processes: int) -> dict[str, float]:
    """Mark the files in this process (in `processes`, where that can be said), and time it."""
    from auditcore.kit import PhotoSource, protect_into

    sources = [PhotoSource.from_path(path) for path in sorted(files.iterdir())]
    options: dict[str, Any] = {"processes": processes} if processes > 1 else {}
    start, cpu = time.perf_counter(), time.process_time()
    protect_into(out, sources, seed=bytes(32), visibility=VISIBILITY, **options)
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}


def visibilities(kit: Path) -> list[float]:
    """Return the mean colour difference of each photo's first versions."""
    from auditcore.kit import open_kit
    from auditcore.marks.colour_difference import Lab, ciede2000

    opened, found = open_kit(kit), []
    for photo in range(len(opened.photos)):
        base = Lab.of(opened.base(photo).transpose(2, 0, 1))
        differences = [
            ciede2000(base, Lab.of(opened.version(photo, version).transpose(2, 0, 1))).mean()
            for version in range(VERSIONS_LOOKED_AT)
        ]
        found.append(float(sum(differences)) / VERSIONS_LOOKED_AT)
    return found


@contextmanager
def as_it_was(folder: Path) -> Iterator[Path]:
    """Give a checkout of BEFORE."""
    subprocess.run(
        ["git", "worktree", "add", "--detach", str(folder), BEFORE], cwd=ROOT, check=True,
        capture_output=True,
    )  # fmt: skip
    try:
        yield folder
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=True)


def in_fresh_process(root: Path, files: Path, out: Path, processes: int) -> dict[str, float]:
    """Measure the software that lies in `root`."""
    words = ["--measure", str(root), "--files", str(files), "--out", str(out)]
    command = [sys.executable, __file__, *words, "--processes", str(processes)]
    told = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | _ONE_THREAD
    )
    found: dict[str, float] = json.loads(told.stdout)
    return found


_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def compare(files: Path, folder: Path, rounds: int) -> dict[str, Any]:
    """Measure both in turn, and what they seal."""
    count, cores = len(list(files.iterdir())), os.cpu_count() or 1
    runs: dict[str, list[dict[str, float]]] = {"before": [], "now": [], "now, all cores": []}
    with as_it_was(folder / "before") as before:
        for number in range(rounds):
            for name, root, processes in (
                ("before", before, 1),
                ("now", ROOT, 1),
                ("now, all cores", ROOT, cores),
            ):
                out = folder / f"{name} {number}"
                runs[name].append(in_fresh_process(root, files, out, processes))
    pace = {name: count / min(run["seconds"] for run in found) for name, found in runs.items()}
    cpu = {name: min(run["cpu"] for run in runs[name]) / count for name in ("before", "now")}
    seen = {name: visibilities(folder / f"{name} 0" / "kit.zip") for name in ("before", "now")}
    change = [now / was - 1 for was, now in zip(seen["before"], seen["now"], strict=True)]
    return {
        "photos": count,
        "rounds": rounds,
        "photos_a_second": pace,
        "cpu_ms_a_photo": {name: 1000 * value for name, value in cpu.items()},
        "times_as_fast": cpu["before"] / cpu["now"],
        "times_as_fast_by_the_clock_all_cores": pace["now, all cores"] / pace["before"],
        "visibility_mean": {name: sum(values) / count for name, values in seen.items()},
        "visibility_change_rms": (sum(value**2 for value in change) / count) ** 0.5,
        "visibility_change_most": max(map(abs, change)),
        "load_average": os.getloadavg()[0],
    }


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="the corpus, about 1 GB")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    for hidden in ("--measure", "--files", "--out"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        sys.path.insert(0, str(given.measure))
        print(json.dumps(measure(given.files, given.out, given.processes)))
        return
    if given.work is None:
        parser.error("the following arguments are required: --work")
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "files"
        files.mkdir()
        write_pictures(given.work, files)
        found = compare(files, Path(name), given.rounds)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    document = {"before": BEFORE, "machine": machine, **found}
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
