"""The rest of the training set: real pictures with captions and classes, shipped, offline.

`assets/lab/pictures.zip` holds the pictures of the corpus that may be passed on without any
condition on a program, without the sample photos and what looks like them, 72 pixels a shorter
side. A quarter, drawn once, is never trained on. Written by

    python -m auditcore.lab.make_pack --work DIR
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from auditcore.lab.registries import LabError
from auditcore.paths import assets_dir
from auditcore.photos import Pixels
from auditcore.randomness import derive

LAB_FOLDER = "lab"
PACK_FILE = "pictures.zip"
SAMPLE_LABELS_FILE = "sample_labels.csv"
CLASSES = (
    "animals",
    "buildings",
    "clothes",
    "faces",
    "food and drink",
    "people",
    "things",
    "vehicles",
)
"""What a classifier of the Lab tells apart, each with 30 pictures of the pack at least."""

INDEX_FILE = "index.csv"
_SEED = b"lab pack"
_HELD_OUT_SHARE = 4  # one in so many


@dataclass(frozen=True)
class Example:
    """One picture to train on.

    Attributes:
        pixels: shape (H, W, 3), uint8.
        caption: what it shows, in English.
        label: one of CLASSES, or "" where it shows none of them.
    """

    pixels: Pixels
    caption: str
    label: str


@dataclass(frozen=True)
class Entry:
    """One line of the pack's index: a file of the archive, and whom it comes from."""

    file: str
    caption: str
    label: str
    author: str
    licence: str
    source: str
    key: str


def rest(count: int, seed: int, labelled: bool = False) -> list[Example]:
    """Return pictures to train on beside a person's own.

    Args:
        count: how many; the first `count` of the order that the seed gives, so that a smaller
            rest is part of a larger one.
        seed: of the draw.
        labelled: only such as have a class.

    Raises:
        LabError: more than there are.
    """
    return _drawn(_split(labelled)[0], count, "rest", seed)


def held_out(count: int, seed: int, labelled: bool = False) -> list[Example]:
    """Return pictures that no `rest` ever holds, to judge a model by; see `rest`."""
    return _drawn(_split(labelled)[1], count, "held out", seed)


def available(labelled: bool = False) -> tuple[int, int]:
    """Return how many pictures there are for `rest` and for `held_out`."""
    trained, kept = _split(labelled)
    return len(trained), len(kept)


def sample_labels() -> dict[str, str]:
    """Return the class of each sample photo, by its file's name."""
    path = assets_dir() / LAB_FOLDER / SAMPLE_LABELS_FILE
    with path.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["label"] for row in csv.DictReader(file)}


def _drawn(entries: Sequence[Entry], count: int, name: str, seed: int) -> list[Example]:
    if not 0 <= count <= len(entries):
        raise LabError(f"There are {len(entries)} such pictures; {count} were asked for.")
    chosen = derive(_SEED, name, seed).shuffled(entries)[:count]
    with zipfile.ZipFile(_pack()) as archive:
        return [
            Example(_decoded(archive.read(entry.file)), entry.caption, entry.label)
            for entry in chosen
        ]


def _decoded(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
        return np.asarray(image.convert("RGB"))


@cache
def _split(labelled: bool) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Return the pictures that may be trained on, and the quarter that never is."""
    with zipfile.ZipFile(_pack()) as archive:
        text = archive.read(INDEX_FILE).decode("utf-8")
    entries = [Entry(**row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    order = derive(_SEED, "split").shuffled(entries)
    kept = len(order) // _HELD_OUT_SHARE
    wanted = [[e for e in part if e.label or not labelled] for part in (order[kept:], order[:kept])]
    return tuple(wanted[0]), tuple(wanted[1])


def _pack() -> Path:
    path = assets_dir() / LAB_FOLDER / PACK_FILE
    if not path.is_file():
        raise LabError(
            f"The Lab's pictures are missing: {path}. Install Telltale again, or make them with "
            "python -m auditcore.lab.make_pack --work DIR."
        )
    return path
