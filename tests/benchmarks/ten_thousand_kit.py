"""Make a kit of 10,000 small pictures, for measurements at that size.

`python tests/benchmarks/ten_thousand_kit.py --work FOLDER --out FOLDER` fetches the corpus into the
first folder (once), writes the pictures to OUT/pictures with their captions, and marks them with
the command line into OUT. The corpus' own pictures come first, each whole; the others are crops of
them, each at a place and of a size of its own. Killed, the same command goes on.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil
from PIL import Image

from auditcore.lab.data import fetch_corpus
from auditcore.lab.sources import CaptionedImage
from auditcore.randomness import derive

SEED = b"ten thousand"
SIDE = 96
"""Longest side of the pictures, in pixels."""


def pictures(work: Path, count: int) -> Iterator[tuple[Image.Image, CaptionedImage]]:
    """Yield that many pictures, the corpus' first, then crops of them, with what they show."""
    corpus = fetch_corpus(work)
    for number in range(count):
        item = corpus[number % len(corpus)]
        whole = Image.fromarray(item.pixels())
        stream = derive(SEED, "crop", number)
        share = 1.0 if number < len(corpus) else 0.5 + 0.35 * stream.unit()
        width, height = (max(8, int(side * share)) for side in whole.size)
        left = int((whole.width - width) * stream.unit()) if width < whole.width else 0
        top = int((whole.height - height) * stream.unit()) if height < whole.height else 0
        part = whole.crop((left, top, left + width, top + height))
        part.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        yield part, item


def write_pictures(work: Path, folder: Path, count: int) -> None:
    """Write the pictures as JPEG files, and their captions, once."""
    if (folder / "captions.csv").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (picture, item) in enumerate(pictures(work, count)):
        file = f"{number:05}-{item.key.rpartition('/')[2]}.jpg"
        picture.save(folder / file, quality=92)
        rows.append((file, item.caption))
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows([("file", "caption"), *rows])


def mark(folder: Path, out: Path, processes: int | None) -> dict[str, float]:
    """Mark the pictures with the command line; say how long it took and the most memory it held."""
    words = ["mark", str(folder), "--out", str(out), "--captions", str(folder / "captions.csv")]
    words += [] if processes is None else ["--processes", str(processes)]
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "auditcore", *words],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    peak = PeakMemory(process.pid)
    if process.wait():
        sys.exit("Marking stopped.")
    return {"seconds": time.perf_counter() - start, "peak_mb": peak.most / 1e6}


class PeakMemory:
    """The most memory that a process and its children held together, looked at while it lives.

    What they share is counted once (proportional set size).
    """

    def __init__(self, pid: int) -> None:
        """Begin to look."""
        self.most = 0
        self._root = psutil.Process(pid)
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        try:
            while self._root.is_running():
                family = [self._root, *self._root.children(recursive=True)]
                self.most = max(self.most, sum(map(_held, family)))
                time.sleep(0.5)
        except psutil.Error:
            return  # it has ended


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def main() -> None:
    """Write the pictures, mark them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="the corpus, about 1 GB")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--processes", type=int)
    given = parser.parse_args()
    write_pictures(given.work, given.out / "pictures", given.photos)
    figures = mark(given.out / "pictures", given.out, given.processes)
    size = (given.out / "kit.zip").stat().st_size / 1e6
    found = {"photos": given.photos, **figures, "kit_mb": size}
    found["photos_a_second"] = given.photos / figures["seconds"]
    print(json.dumps({name: round(value, 2) for name, value in found.items()}, indent=1))


if __name__ == "__main__":
    main()
