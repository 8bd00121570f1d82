"""The sample photos: real photographs, free to ship, and the kit they are marked with."""

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from auditcore.kit import KIT_FILE, PUBLISH_FOLDER, PhotoSource, Sealed, protect_into
from auditcore.lab.data import find
from auditcore.lab.registries import LabError
from auditcore.lab.sources import CaptionedImage
from auditcore.marks import VERSIONS_DEFAULT
from auditcore.marks.base import Progress
from auditcore.photos import Pixels, read_captions

SAMPLE_FOLDER = "sample"
PHOTOS_FOLDER = "photos"
CAPTIONS_FILE = "captions.csv"
ATTRIBUTION_FILE = "ATTRIBUTION.md"
SAMPLE_VISIBILITY = 4.0
"""Between the knob's steps "a little" and "clearly": 24 photos are few, and some should be found
alone."""

_SIDE, _QUALITY = 600, 88


@dataclass(frozen=True)
class _Sample:
    """Where a sample photo comes from, its published name and caption.

    `centre` is the middle of the crop to 4:3, as a share of what wide photos have to spare.
    """

    key: str
    file: str
    caption: str
    centre: float = 0.5


_FARM, _WORLD, _ERASE = (
    f"gcompris/{activity}/"
    for activity in ("explore_farm_animals", "explore_world_animals", "erase")
)
_SIGHTS = "gcompris/explore_monuments/"

SAMPLES = (
    _Sample(_FARM + "cat", "cat.jpg", "a cat playing with a ball of wool on a red blanket"),
    _Sample(_FARM + "dog", "dog.jpg", "our German shepherd dog standing in dry grass"),
    _Sample(_FARM + "cow", "cow.jpg", "a black and white cow on a green meadow"),
    _Sample(_FARM + "chicken", "chickens.jpg", "four brown chickens walking on the lawn"),
    _Sample(_FARM + "sheep", "sheep.jpg", "a woolly white sheep looking at us"),
    _Sample(_FARM + "horse", "horses.jpg", "a family of horses under a blue sky"),
    _Sample(_ERASE + "kitten", "kitten.jpg", "a ginger kitten resting on a wooden box"),
    _Sample(_ERASE + "squirrel", "squirrel.jpg", "a squirrel climbing down a tree in autumn", 0.2),
    _Sample(_ERASE + "bee", "bee.jpg", "a bee flying to an orange blossom", 0.2),
    _Sample(_ERASE + "red_panda", "red-panda.jpg", "a red panda on a branch at the zoo", 0.75),
    _Sample(_ERASE + "kingfisher", "kingfisher.jpg", "a blue and orange kingfisher", 0.3),
    _Sample(_ERASE + "crab", "crab.jpg", "a big red crab on the rocks"),
    _Sample(_ERASE + "penguin", "penguin.jpg", "a penguin waving at the camera"),
    _Sample(_ERASE + "alpaca", "alpaca.jpg", "an alpaca with a fresh haircut", 0.3),
    _Sample(_ERASE + "butterfly", "butterfly.jpg", "a striped butterfly on a purple flower", 0.2),
    _Sample(_WORLD + "koala", "koala.jpg", "a koala sleeping between the branches"),
    _Sample(_WORLD + "polar_bear", "polar-bear.jpg", "a polar bear walking through the snow"),
    _Sample(_WORLD + "scarlet_macaw", "parrot.jpg", "a scarlet parrot with blue wings"),
    _Sample(_SIGHTS + "wonders/colosseum", "colosseum.jpg", "the Colosseum in Rome, our holiday"),
    _Sample(_SIGHTS + "france/eiffelTower", "eiffel-tower.jpg", "the Eiffel Tower in Paris"),
    _Sample(
        _SIGHTS + "germany/neuschwansteinCastle", "castle.jpg", "a fairy tale castle in Bavaria"
    ),
    _Sample(
        _SIGHTS + "wonders/greatWallofChina", "great-wall.jpg", "hiking on the Great Wall of China"
    ),
    _Sample(
        "gcompris/explore_world_music/music/america",
        "drums.jpg",
        "a drum kit and a guitar in the garage",
    ),
    _Sample("scikit-image/coffee", "coffee.jpg", "my morning espresso on a wooden table"),
)


def write_samples(items: Sequence[CaptionedImage], folder: Path) -> None:
    """Write the sample photos, captions.csv and ATTRIBUTION.md into `folder`.

    Args:
        items: the corpus.
        folder: assets/sample; photos that are there already are written again.

    Raises:
        LabError: the corpus lacks one of the sample photos.
    """
    photos = folder / PHOTOS_FOLDER
    shutil.rmtree(photos, ignore_errors=True)
    photos.mkdir(parents=True)
    for sample in SAMPLES:
        picture = _four_by_three(find(items, sample.key).pixels(), sample.centre)
        picture.save(photos / sample.file, quality=_QUALITY, optimize=True)
    rows = io.StringIO()
    lines = [("file", "caption"), *((sample.file, sample.caption) for sample in SAMPLES)]
    csv.writer(rows, lineterminator="\n").writerows(lines)
    (folder / CAPTIONS_FILE).write_text(rows.getvalue(), "utf-8")
    (folder / ATTRIBUTION_FILE).write_text(_attribution(items), "utf-8")


def protect_samples(folder: Path, on_progress: Progress | None = None) -> Sealed:
    """Mark the sample photos and seal their kit, in place of an earlier one.

    Args:
        folder: assets/sample, with photos and captions.csv; gets publish/ and kit.zip.
        on_progress: told (done, total).

    Raises:
        LabError: there are no sample photos.
    """
    files = sorted((folder / PHOTOS_FOLDER).glob("*.jpg"))
    if not files:
        raise LabError(f"There are no sample photos in {folder / PHOTOS_FOLDER}.")
    captions = read_captions((folder / CAPTIONS_FILE).read_bytes(), [file.name for file in files])
    shutil.rmtree(folder / PUBLISH_FOLDER, ignore_errors=True)
    (folder / KIT_FILE).unlink(missing_ok=True)
    return protect_into(
        folder,
        [PhotoSource.from_path(file) for file in files],
        captions=captions,
        versions=VERSIONS_DEFAULT,
        visibility=SAMPLE_VISIBILITY,
        on_progress=on_progress,
    )


def read_pairs(folder: Path, photos: str) -> list[tuple[Pixels, str]]:
    """Read the sample photos of `folder`/`photos` ("photos" or "publish") with their captions."""
    with (folder / CAPTIONS_FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = []
    for row in rows:
        with Image.open(folder / photos / row["file"]) as image:
            pairs.append((np.asarray(image.convert("RGB")), row["caption"]))
    return pairs


def _four_by_three(pixels: Pixels, centre: float) -> Image.Image:
    """Crop to 4:3 (3:4 when upright) and shrink to 600 pixels a longest side."""
    image = Image.fromarray(pixels)
    width, height = image.size
    ratio = 4 / 3 if width >= height else 3 / 4
    kept_width, kept_height = min(width, round(height * ratio)), min(height, round(width / ratio))
    left, top = round((width - kept_width) * centre), (height - kept_height) // 2
    cropped = image.crop((left, top, left + kept_width, top + kept_height))
    scale = _SIDE / max(cropped.size)
    size = (round(cropped.width * scale), round(cropped.height * scale))
    return cropped.resize(size, Image.Resampling.LANCZOS)


def _attribution(items: Sequence[CaptionedImage]) -> str:
    lines = [
        "# Sample photos: authors, sources, licences",
        "",
        "Each was cropped to 4:3 and shrunk to 600 pixels. The files in `publish/` are the same",
        "photos with a mark added, and `kit.zip` holds smaller copies; both keep their licence.",
        "GCompris had changed some before (cropped, sharpened), as its files state.",
        "",
        "| file | author | licence | source | taken from |",
        "|---|---|---|---|---|",
    ]
    for sample in SAMPLES:
        item = find(items, sample.key)
        package = "GCompris 3.1" if sample.key.startswith("gcompris") else "scikit-image"
        lines.append(
            f"| {sample.file} | {item.author} | {item.licence} | {item.source} | {package} |"
        )
    return "\n".join(lines) + "\n"
