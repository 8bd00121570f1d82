"""The families of marks that lab_power.py compares, at equal mean CIEDE2000, in the same models.

Every family gets photos of its own; of these, half are published into model 0 and half into model
1, so that each model is the twin of the other one's photos. A second round draws other versions to
publish of the same photos and trains another pair.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lab_power_pictures import SEED, Picture
from marks_frontier import EVEN, EvenMark

from auditcore.marks import measure
from auditcore.marks.base import Mark
from auditcore.marks.budget import STRENGTH_BITS
from auditcore.marks.smooth import Recipe, SmoothFamily, draw_pattern
from auditcore.marks.spread import SpreadFamily
from auditcore.photos import Pixels
from auditcore.randomness import derive

VISIBILITY, VERSIONS, A_FAMILY = 4.0, 40, 32
PLAIN, PLAIN_COUNTS = slice(1000, None), {"classifier": 132, "clip": 132, "encoder": 48}
SMOOTH, SPREAD = "smooth (default)", "spread (papers)"
COLOUR = "smooth, colour alone"
_FULL = 1 << STRENGTH_BITS
_COLOURS = ((256, 0, 0), (0, 256, 0), (0, 0, 256))


def two_by_two(photo: int, version: int) -> Any:
    """Draw a smooth 2 x 2 colour grid of which only the signs are kept."""
    soft = draw_pattern(Recipe(((2, 256),), _COLOURS), False, SEED, "two", photo, version)
    return np.where(soft < 0, -_FULL, _FULL).astype(np.int32)


RECIPES = {SMOOTH: Recipe(), COLOUR: Recipe(axes=((128, -128, 0), (-64, -64, 128)))}
EVENLY = {
    "2 x 2 + 4 x 4 tanh, even strength": EVEN["2 x 2 + 4 x 4 tanh, even strength"],
    "4 x 4 grid, sign": EVEN["4 x 4 grid, sign"],
    "2 x 2 grid, sign": two_by_two,
    "flat tint": EVEN["flat tint"],
}
FAMILIES = (*RECIPES, *EVENLY, SPREAD)
PHOTOS = A_FAMILY * len(FAMILIES)


@dataclass(frozen=True)
class Planted:
    """A photo of the comparison: its family, its marks, and the model that is trained on it."""

    index: int
    picture: Picture
    mark: Mark

    @property
    def family(self) -> str:
        return FAMILIES[self.index % len(FAMILIES)]

    @property
    def model(self) -> int:
        return self.index // len(FAMILIES) % 2

    def published(self, trial: int) -> int:
        """Return which version is published in a round of trainings."""
        return derive(SEED, "published", trial, self.index).below(VERSIONS)

    def version(self, version: int) -> Pixels:
        return self.mark.render(self.picture.pixels, version)

    def as_published(self, trial: int) -> Picture:
        one = self.picture
        return Picture(one.name, self.version(self.published(trial)), one.caption, one.label)

    def look(self) -> float:
        """Return the mean CIEDE2000 of a few versions."""
        versions = [self.version(version) for version in range(4)]
        return float(np.mean([measure(self.picture.pixels, v).ciede2000_mean for v in versions]))


def planted(pictures: list[Picture], work: Path) -> list[Planted]:
    """Return all photos with their marks, which are kept in `work`: some are slow to find."""
    folder = work / "marks"
    folder.mkdir(parents=True, exist_ok=True)
    return [Planted(i, one, _mark(i, one, folder)) for i, one in enumerate(pictures[:PHOTOS])]


def _mark(index: int, picture: Picture, folder: Path) -> Mark:
    kept = folder / f"{index}.pkl"
    if not kept.exists():
        found = _prepare(FAMILIES[index % len(FAMILIES)], index, picture)
        unfinished = kept.with_suffix(".part")
        unfinished.write_bytes(pickle.dumps(found))
        unfinished.replace(kept)
    mark: Mark = pickle.loads(kept.read_bytes())
    return mark


def _prepare(family: str, index: int, picture: Picture) -> Mark:
    if family in EVENLY:
        even = EvenMark(index, EVENLY[family], versions=VERSIONS)
        return even.fit(picture.pixels, VISIBILITY)
    maker = SpreadFamily() if family == SPREAD else SmoothFamily(RECIPES[family])
    return maker.prepare(
        picture.pixels,
        grey=picture.grey,
        visibility=VISIBILITY,
        versions=VERSIONS,
        seed=SEED,
        photo=index,
    )


def training_set(
    kind: str, model: int, trial: int, photos: list[Planted], pictures: list[Picture]
) -> list[Picture]:
    """Return what one model of Show 3 is trained on: 112 published photos, and plain ones."""
    marked = [one.as_published(trial) for one in photos if one.model == model]
    return marked + pictures[PLAIN][: PLAIN_COUNTS[kind]]
