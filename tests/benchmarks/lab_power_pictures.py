"""The pictures, kits and training sets of lab_power.py.

Pictures: those of the corpus whose shipped folder says what they show (18 classes), 72 pixels a
shorter side, in one random order. The same kits are used for all three kinds of model: 100 kits of
ten photos at visibility 4 (as the sample kit) and 20 of other pictures at the default 3, dealt to
groups: as many as make training sets of about the Lab's size. Model g is trained on the published
photos of group g; "out" is asked of model g + 1, which has not seen them.
"""

import pickle
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from auditcore.kit import Kit, PhotoSource, open_kit, seal_kit
from auditcore.lab.data import fetch_corpus
from auditcore.photos import Captioned, Pixels
from auditcore.randomness import derive

SEED = b"lab power"
SIDE, CLASS_LEAST = 72, 30
GROUPS = {"classifier": 4, "clip": 4, "encoder": 8}
PHOTOS, VERSIONS = 10, 1000
PLAIN, HELD_OUT = slice(1200, 1230), slice(1230, None)


@dataclass(frozen=True)
class Picture:
    """One picture of the corpus: pixels (H, W, 3), caption, class."""

    name: str
    pixels: Pixels
    caption: str
    label: str

    @property
    def grey(self) -> bool:
        return bool((self.pixels == self.pixels[..., :1]).all())

    def as_png(self) -> bytes:
        buffer = BytesIO()
        Image.fromarray(self.pixels).save(buffer, "PNG")
        return buffer.getvalue()


@dataclass(frozen=True)
class KitPlan:
    """One kit.

    Attributes:
        visibility, number: its name.
        first: the place of the first of its PHOTOS pictures.
        alone: how many of its photos are also audited by themselves, each as a kit of one.
    """

    visibility: float
    number: int
    first: int
    alone: int

    @property
    def name(self) -> str:
        return f"v{self.visibility:g}-{self.number:03d}"

    def group(self, kind: str) -> int:
        """Return which of a kind's models is trained on its photos."""
        return self.number % GROUPS[kind]

    def chosen(self, all_pictures: list[Picture]) -> list[Picture]:
        """Return its pictures, unmarked."""
        return all_pictures[self.first : self.first + PHOTOS]


KITS = [KitPlan(4.0, number, PHOTOS * number, alone=1) for number in range(100)]
KITS += [KitPlan(3.0, number, 1000 + PHOTOS * number, alone=5) for number in range(20)]


def pictures(work: Path) -> list[Picture]:
    """Return all pictures in their order; read from the corpus once, kept in `work`."""
    kept = work / "pictures.pkl"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(_read(work)))
    found: list[Picture] = pickle.loads(kept.read_bytes())
    return found


def _read(work: Path) -> list[Picture]:
    items = [(item, item.key.split("/")[1]) for item in fetch_corpus(work / "corpus")]
    counts = Counter(label for _, label in items)
    labelled = [pair for pair in items if counts[pair[1]] >= CLASS_LEAST]
    return [
        Picture(f"{place:04d}.png", small(item.pixels()), item.caption, label)
        for place, (item, label) in enumerate(derive(SEED, "order").shuffled(labelled))
    ]


def small(pixels: Pixels) -> Pixels:
    """Return a picture with a shorter side of SIDE pixels at most."""
    image = Image.fromarray(pixels)
    scale = min(1.0, SIDE / min(image.size))
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))


def classes(all_pictures: list[Picture]) -> list[str]:
    """Return the names of the classes, in order."""
    return sorted({picture.label for picture in all_pictures})


def kit_of(plan: KitPlan, all_pictures: list[Picture], work: Path) -> Kit:
    """Return a kit of the product, sealed once and kept in `work`."""
    file = work / "kits" / f"{plan.name}.zip"
    if not file.exists():
        chosen = plan.chosen(all_pictures)
        sealed = seal_kit(
            [PhotoSource.from_bytes(picture.name, picture.as_png()) for picture in chosen],
            lambda name, data: None,
            captions={p.name: Captioned(p.caption, p.label) for p in chosen},
            versions=VERSIONS,
            visibility=plan.visibility,
            seed=derive(SEED, "kit", plan.name).read(32),
        )
        file.parent.mkdir(exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(sealed.kit_bytes)
        unfinished.replace(file)
    return open_kit(file)


def published(plan: KitPlan, all_pictures: list[Picture], work: Path) -> list[Picture]:
    """Return the photos of a kit as they were published."""
    kit = kit_of(plan, all_pictures, work)
    return [
        Picture(
            picture.name,
            kit.version(photo, kit.published_version(photo)),
            picture.caption,
            picture.label,
        )
        for photo, picture in enumerate(plan.chosen(all_pictures))
    ]


def training_set(kind: str, group: int, all_pictures: list[Picture], work: Path) -> list[Picture]:
    """Return what a model is trained on: its kits' published photos, and a tenth of plain ones."""
    plans = [plan for plan in KITS if plan.group(kind) == group]
    marked = [one for plan in plans for one in published(plan, all_pictures, work)]
    return marked + all_pictures[PLAIN][: len(marked) // 10]
