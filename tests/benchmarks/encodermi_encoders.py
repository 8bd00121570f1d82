"""The encoders of encodermi_settings.py and encodermi_stopping.py: pictures, kinds, training.

Every encoder is trained once and kept in a work folder, with what EncoderMI sees of its members
and of pictures that it never saw; a run that was killed goes on with the next encoder.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from auditcore.lab.data import fetch_corpus
from auditcore.lab.encoders import Recipe, save_encoder, train_encoder
from auditcore.lab.pictures import fashion_mnist
from auditcore.models import open_model
from auditcore.passive.encodermi.features import similarities
from auditcore.photos import Pixels
from auditcore.randomness import derive

SEED = b"encodermi settings"
TRIALS = 5
MEMBERS, NON_MEMBERS = 50, 250
ALGORITHMS = ("simclr", "moco")
ARCHITECTURES = ("resnet", "densenet")
SOURCES = ("fashion", "corpus")
RECIPES = {
    "simclr": Recipe(epochs=800, batch=25, learning_rate=5e-3, temperature=0.5),
    "moco": Recipe(
        epochs=1200, batch=25, learning_rate=5e-3, temperature=0.2, queue=25, momentum=0.95
    ),
}
CHECKPOINTS = (12, 25, 50, 100, 200, 400, 600)
"""Epochs after which an encoder that EncoderMI's early stopping is measured on is kept, too."""


@dataclass(frozen=True)
class Kind:
    """What somebody may know of an encoder: its data's source, architecture and algorithm."""

    source: str
    architecture: str
    algorithm: str

    @property
    def name(self) -> str:
        return f"{self.source}-{self.architecture}-{self.algorithm}"


STOPPED = Kind("fashion", "resnet", "simclr")


def kinds(source: str) -> Iterator[Kind]:
    for architecture in ARCHITECTURES:
        for algorithm in ALGORITHMS:
            yield Kind(source, architecture, algorithm)


def plan() -> list[tuple[Kind, int]]:
    """Return all trainings, those that most results need first: see encodermi_settings.py."""
    fashion = [(kind, trial) for trial in range(TRIALS) for kind in kinds("fashion")]
    corpus = [(kind, trial) for trial in range(TRIALS) for kind in kinds("corpus")]
    return [*fashion[:4], *corpus[:4], *fashion[4:], *corpus[4:]]


@cache
def pool(source: str, work: Path) -> NDArray[np.uint8]:
    """Return a source's pictures, shape (N, 28, 28, 3), grey, in an order drawn at random.

    Of Fashion-MNIST those are left out on which the recipe was chosen.
    """
    if source == "fashion":
        explored = np.random.default_rng(99).permutation(60_000)[50_000:]
        kept = np.setdiff1d(np.arange(60_000), explored)
        order = derive(SEED, source).shuffled(kept.tolist())[: TRIALS * (MEMBERS + NON_MEMBERS)]
        return fashion_mnist(work).pixels[order]
    pictures = derive(SEED, source).shuffled([_grey(item.pixels()) for item in fetch_corpus(work)])
    return np.stack(pictures)


def _grey(pixels: Pixels) -> Pixels:
    small = Image.fromarray(pixels).resize((28, 28), Image.Resampling.BICUBIC)
    return np.asarray(small.convert("L").convert("RGB"))


def split(source: str, trial: int, work: Path) -> tuple[list[Pixels], list[Pixels]]:
    """Return (members, non-members) of one trial; no picture is in two trials."""
    size = MEMBERS + NON_MEMBERS
    mine = pool(source, work)[trial * size : (trial + 1) * size]
    return list(mine[:MEMBERS]), list(mine[MEMBERS:])


def folder_of(kind: Kind, trial: int, cache_folder: Path) -> Path:
    return cache_folder / f"{kind.name}-{trial}"


def make(kind: Kind, trial: int, work: Path, cache_folder: Path) -> None:
    """Train one encoder and keep what EncoderMI sees of it, unless that was done before."""
    folder = folder_of(kind, trial, cache_folder)
    if (folder / "similarities.npz").exists():
        return
    members, non_members = split(kind.source, trial, work)
    began = time.process_time()

    def keep(epoch: int, network: nn.Module) -> None:
        save_encoder(network, kind.architecture, folder / f"epoch-{epoch}")

    network = train_encoder(
        members,
        kind.algorithm,
        kind.architecture,
        RECIPES[kind.algorithm],
        1000 + trial,
        checkpoints=CHECKPOINTS if kind == STOPPED else (),
        on_checkpoint=keep,
    )
    seconds = time.process_time() - began
    save_encoder(network, kind.architecture, folder)
    see(folder, folder, members, non_members)
    print(f"{kind.name}-{trial}: {seconds:.0f} s of one core", flush=True)


def see(
    encoder: Path, kept_in: Path, members: Sequence[Pixels], non_members: Sequence[Pixels]
) -> None:
    """Ask an encoder about all pictures and keep the similarities."""
    model = open_model(f"timm:{encoder}")
    partial = kept_in / "partial.npz"
    np.savez(
        partial,
        members=similarities(model, members),
        non_members=similarities(model, non_members),
    )
    partial.rename(kept_in / "similarities.npz")


def seen(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the similarities (members, non-members) of an encoder, shape (N, 45) each."""
    with np.load(folder / "similarities.npz") as found:
        return found["members"], found["non_members"]


def done(kind: Kind, trial: int, cache_folder: Path) -> bool:
    return (folder_of(kind, trial, cache_folder) / "similarities.npz").exists()
