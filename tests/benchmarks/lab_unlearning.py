"""Making models forget: is the photo still found, and what is the model still good for?

For each kind of model, 2 models are trained whose training set holds 10 kits of 10 marked photos
each (visibility 4, 1,000 versions, one published at random) beside other pictures. Each method then
makes each model forget one kit at a time: 20 repetitions a method and kind. Before and after, the
same kit audits the model with a score and the sequential tests of the product: the 10 photos as one
collection at p = .05 and .01, and 3 of them one by one at p = .05. Retraining: each model trained
again from nothing, with another seed, without any of its 10 kits (a third of its pictures or more,
which costs utility too).

Training as the Lab does by default, but the classifier sees its pictures unchanged, so that it has
something to forget; beside the photos stand 200 other pictures (encoder: 60). CLIP and classifier
are asked in one look, the score that the product uses for hosted models.

    nice python tests/benchmarks/lab_unlearning.py --corpus DIR --work DIR [--minutes 60]

Rows are written to the work folder as they are done; the same command goes on where it was. What
they come to is written to results/lab_unlearning.json and .md at the end, or with --summary alone.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import lab_unlearning_table as table
import numpy as np
import torch
from PIL import Image
from torch import nn
from whole_audits import Book, audit, lines, plan_for

from auditcore.audit import Decision
from auditcore.kit import Kit, PhotoSource, open_kit, seal_kit
from auditcore.lab.data import fetch_corpus
from auditcore.lab.pack import Example
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.training import KINDS, Data, Kind, Recipe, fit, recipe_for
from auditcore.lab.unlearning import unlearn
from auditcore.models import open_model
from auditcore.photos import Captioned, Pixels
from auditcore.randomness import derive
from auditcore.scores import Scorer
from auditcore.sequential import DEFAULT_TEST

SEED = b"lab unlearning"
BASES, KITS, PHOTOS, ALONE = 2, 10, 10, 3
HELD_OUT = 600
VERSIONS, VISIBILITY = 1000, 4.0
PUBLISHED_SIDE, TRAINED_SIDE = 256, 72
LEAST_IN_CLASS = 30
BEFORE, AFTER_TRAINING = "before", "retrain"
MOST_REST = 200
COMPARED = 15


@dataclass(frozen=True)
class Setting:
    """How a kind of model is trained and asked here.

    Attributes:
        rest: how many other pictures there are.
        changes: what differs from the Lab's default recipe.
        score: of the product.
        pushed: method -> another strength, tried afterwards: more where the photos were still found
            or less where the model lost much of its use.
    """

    rest: int
    changes: Mapping[str, Any]
    score: str
    pushed: Mapping[str, float]


APPROXIMATE = ("ascent", "sparse", "salun")
SETTINGS = {
    "clip": Setting(200, {}, "caption-cosine-whole", {"salun": 3}),
    "classifier": Setting(
        200, {"augmentation": "none"}, "modified-entropy-whole", {"sparse": 3, "salun": 0.25}
    ),
    "encoder": Setting(60, {}, "view-similarity", {}),
}


def shrunk(pixels: Pixels, side: int) -> Pixels:
    """Return a picture with a shorter side of at most `side` pixels."""
    image = Image.fromarray(pixels)
    scale = side / min(image.size)
    if scale >= 1:
        return pixels
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def label_of(item: CaptionedImage) -> str:
    """Return the folder a picture is shipped in: what it shows."""
    return item.key.split("/")[1]


@cache
def labelled(corpus: Path) -> tuple[CaptionedImage, ...]:
    """Return the pictures of every class that has enough."""
    items = [item for item in fetch_corpus(corpus) if "/" in item.key]
    names = [label_of(item) for item in items]
    return tuple(i for i in items if names.count(label_of(i)) >= LEAST_IN_CLASS)


@dataclass(frozen=True)
class World:
    """What one model is trained on and audited with; the same for all kinds.

    Attributes:
        kits: sealed, 10 photos each. published: their published photos, as they are trained on.
    """

    number: int
    kits: list[Kit]
    published: list[list[Example]]
    rest: list[Example]
    held_out: list[Example]
    classes: list[str]


def make_world(number: int, corpus: Path, work: Path) -> World:
    """Draw the pictures of one model, and seal its kits unless that was done before."""
    everything = labelled(corpus)
    order = derive(SEED, "pictures", number).shuffled(everything)
    marked, others = order[: KITS * PHOTOS], order[KITS * PHOTOS :]
    sealed = [
        kit_of(marked[PHOTOS * k : PHOTOS * (k + 1)], work / f"kit-{number}-{k}", number, k)
        for k in range(KITS)
    ]
    return World(
        number,
        [kit for kit, _ in sealed],
        [published for _, published in sealed],
        [example_of(item) for item in others[HELD_OUT : HELD_OUT + MOST_REST]],
        [example_of(item) for item in others[:HELD_OUT]],
        sorted({label_of(item) for item in everything}),
    )


def example_of(item: CaptionedImage) -> Example:
    """Return a picture as it is trained on."""
    return Example(shrunk(item.pixels(), TRAINED_SIDE), item.caption, label_of(item))


def kit_of(items: Sequence[CaptionedImage], folder: Path, *name: int) -> tuple[Kit, list[Example]]:
    """Return the kit of some pictures, and its published photos as they are trained on."""
    if not (folder / "kit.zip").exists():
        seal(items, folder, derive(SEED, "kit", *name).read(32))
    kit = open_kit(folder / "kit.zip")
    photos = [np.asarray(Image.open(folder / p.file).convert("RGB")) for p in kit.photos]
    return kit, [
        Example(shrunk(pixels, TRAINED_SIDE), str(photo.caption), str(photo.label))
        for pixels, photo in zip(photos, kit.photos, strict=True)
    ]


def seal(items: Sequence[CaptionedImage], folder: Path, seed: bytes) -> None:
    """Mark pictures and seal their kit; the seed is given, so that anyone gets the same."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [PhotoSource.from_bytes(f"{i}.png", png(item)) for i, item in enumerate(items)]
    told = {f"{i}.png": Captioned(item.caption, label_of(item)) for i, item in enumerate(items)}

    def publish(file: str, data: bytes) -> None:
        (folder / file).write_bytes(data)

    sealed = seal_kit(
        sources,
        publish,
        captions=told,
        versions=VERSIONS,
        visibility=VISIBILITY,
        seed=seed,
    )
    (folder / "kit.zip").write_bytes(sealed.kit_bytes)


def png(item: CaptionedImage) -> bytes:
    """Return a picture's file, at the size at which it is published."""
    buffer = BytesIO()
    Image.fromarray(shrunk(item.pixels(), PUBLISHED_SIDE)).save(buffer, "PNG")
    return buffer.getvalue()


class Subject:
    """One model of one kind on one world: trained, asked, made to forget."""

    def __init__(self, kind: Kind, world: World, work: Path) -> None:
        self.kind, self.world, self._work = kind, world, work
        self.setting = SETTINGS[kind.name]
        self._rest = kind.data(world.rest[: self.setting.rest], world.classes)
        self._held_out = kind.data(world.held_out, world.classes)
        self._photos = [kind.data(photos, world.classes) for photos in world.published]
        self._seed = derive(SEED, "training", kind.name, world.number).below(2**31)

    @property
    def recipe(self) -> Recipe:
        """The Lab's default for so many pictures, but for what the setting changes."""
        default = recipe_for(self.kind, self.setting.rest + KITS * PHOTOS)
        return replace(default, **self.setting.changes)

    def kept(self, forgotten: int | None) -> Data:
        """Return the training set without one kit."""
        data = self._rest
        for number, photos in enumerate(self._photos):
            data = data if number == forgotten else data.joined(photos)
        return data

    def trained(self, photos: bool) -> nn.Module:
        """Return the model with its photos, or trained again from nothing without any."""
        seed = self._seed if photos else self._seed + 1
        path = (
            self._work / f"{self.kind.name}-{self.world.number}-{'with' if photos else 'anew'}.pt"
        )
        network = self.kind.new(self.world.classes, seed)
        if not path.exists():
            data, start = self.kept(None) if photos else self._rest, time.process_time()
            recipe = replace(self.recipe, batch=min(self.recipe.batch, len(data) // 2))
            fit(self.kind, network, data, recipe, seed)
            torch.save(
                {"seconds": time.process_time() - start, "weights": network.state_dict()}, path
            )
        network.load_state_dict(torch.load(path, weights_only=True)["weights"])
        return network.eval()

    def seconds_of_training(self) -> float:
        """Return the processor seconds that training the model took."""
        return float(torch.load(self._weights("with"), weights_only=True)["seconds"])

    def _weights(self, which: str) -> Path:
        return self._work / f"{self.kind.name}-{self.world.number}-{which}.pt"

    def forgotten(self, method: str, kit: int, strength: float) -> tuple[nn.Module, float]:
        """Return the model made to forget one kit, and the processor seconds that it took."""
        network, start = self.trained(photos=True), time.process_time()
        after = unlearn(
            method,
            self.kind,
            network,
            self._photos[kit],
            self.kept(kit),
            self.recipe,
            self._seed + 100 + kit,
            strength=strength,
        )
        return after, time.process_time() - start

    def utility(self, network: nn.Module) -> float:
        """Return what the model is good for on pictures it never saw; neighbours are the rest's."""
        return round(self.kind.utility(network, self._held_out, self._rest), 4)

    def asked(self, network: nn.Module, kit: int) -> dict[str, Any]:
        """Audit a model with one kit, as the product does."""
        sealed = self.world.kits[kit]
        folder = self._work / "asked"
        model = open_model(self.kind.save(network, self.world.classes, folder))
        book = Book(Scorer(sealed, model, self.setting.score))
        found: dict[str, Any] = {"score": self.setting.score}
        for level in ("1/20", "1/100"):
            found[f"collection {level}"] = told(sealed, book, "collection", level)
        found["alone"] = [
            told(sealed, book, f"photo:{photo.file}", "1/20") for photo in sealed.photos[:ALONE]
        ]
        found["reversed 1/20"] = told(sealed, Reversed(book), "collection", "1/20")
        return found | {"standing": standing(sealed, book), "asked": len(book.scores)}


class Reversed(Book):
    """The same scores with the other sign: is the published version known less than the hidden?"""

    def __init__(self, book: Book) -> None:
        super().__init__(book.scorer, book.scores)

    def look_up(self, batch: list[tuple[int, int]]) -> list[float]:
        """Return minus the scores of a batch."""
        return [-score for score in super().look_up(batch)]


def standing(kit: Kit, book: Book) -> list[float]:
    """Return mean z, and mean share beaten, of the published among the first hidden versions."""
    distances, beaten = [], []
    for photo in range(len(kit.photos)):
        versions = [kit.published_version(photo), *kit.hidden_order(photo)[:COMPARED]]
        own, *hidden = book.look_up([(photo, version) for version in versions])
        distances.append((own - mean(hidden)) / (stdev(hidden) or 1.0))
        beaten.append(mean((own > other) + (own == other) / 2 for other in hidden))
    return [round(mean(distances), 4), round(mean(beaten), 4)]


def told(kit: Kit, book: Book, claim: str, level: str) -> list[int]:
    """Return (found or not, queries) of one audit."""
    verdict = audit(kit, book, plan_for(kit, claim, Fraction(level), DEFAULT_TEST))
    return [int(verdict.decision is Decision.USED), verdict.queries]


def plain_stages(kind: str) -> list[tuple[str, str, float]]:
    """Return (name in the table, method, strength) of what is measured first."""
    usual = [(method, method, 1.0) for method in APPROXIMATE]
    return [(BEFORE, BEFORE, 0), (AFTER_TRAINING, AFTER_TRAINING, 0), *usual]


def pushed_stages(kind: str) -> list[tuple[str, str, float]]:
    """Return the same for the methods with another strength."""
    return [(f"{name}, pushed", name, by) for name, by in SETTINGS[kind].pushed.items()]


def rows_of(
    subject: Subject, stage: str, method: str, strength: float, done: set[int]
) -> Iterator[dict[str, Any]]:
    """Yield a row a kit, those that are not done yet."""
    missing = [kit for kit in range(KITS) if kit not in done]
    if method in (BEFORE, AFTER_TRAINING) and missing:
        network, seconds = subject.trained(method == BEFORE), subject.seconds_of_training()
        utility = subject.utility(network)
        for kit in missing:
            yield facts(subject, stage, kit, seconds, utility) | subject.asked(network, kit)
        return
    for kit in missing:
        network, seconds = subject.forgotten(method, kit, strength)
        found = facts(subject, stage, kit, seconds, subject.utility(network))
        yield found | {"strength": strength} | subject.asked(network, kit)


def facts(subject: Subject, stage: str, kit: int, seconds: float, utility: float) -> dict[str, Any]:
    """Return what is known of a row before the model is asked."""
    return {
        "kind": subject.kind.name,
        "base": subject.world.number,
        "stage": stage,
        "kit": kit,
        "seconds": round(seconds, 2),
        "utility": utility,
    }


def run(corpus: Path, work: Path, until: float) -> None:
    """Do what is missing until the time is over: everything plain first, then what is pushed."""
    path = work / "rows.jsonl"
    worlds = [make_world(base, corpus, work) for base in range(BASES)]
    for stages in (plain_stages, pushed_stages):
        for kind in KINDS.values():
            for world in worlds:
                subject = Subject(kind, world, work)
                for stage in stages(kind.name):
                    here = (kind.name, world.number, stage[0])
                    done = {
                        r["kit"] for r in lines(path) if (r["kind"], r["base"], r["stage"]) == here
                    }
                    for one in rows_of(subject, *stage, done):
                        with path.open("a") as file:
                            file.write(json.dumps(one) + "\n")
                        if time.monotonic() > until:
                            return


def main() -> None:
    """Run what is missing and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--summary", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if not given.summary:
        torch.set_num_threads(1)
        run(given.corpus, given.work, time.monotonic() + 60 * given.minutes)
    table.write(list(lines(given.work / "rows.jsonl")), __doc__)


if __name__ == "__main__":
    main()
