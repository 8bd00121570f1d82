"""An experiment that takes seconds: one photo, few others, few epochs."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from auditcore import paths
from auditcore.lab.experiments import OWN, Experiment, OwnPhoto, Setup, create, default_setup
from auditcore.lab.experiments.sealing import seal


def tiny_setup(kind: str = "clip", epochs: int = 2) -> Setup:
    return replace(default_setup(kind), photos=OWN, rest=40, epochs=epochs, p=Fraction(1, 10))


def cat(name: str = "cat.jpg") -> OwnPhoto:
    data = (paths.assets_dir() / "sample" / "photos" / "cat.jpg").read_bytes()
    return OwnPhoto(name, data, "a cat playing with a ball of wool", "animals")


def tiny(folder: Path, kind: str = "clip", epochs: int = 2) -> Experiment:
    return create(folder, tiny_setup(kind, epochs), [cat()])


def sealed(folder: Path, kind: str = "clip", epochs: int = 2) -> Experiment:
    experiment = tiny(folder, kind, epochs)
    seal(experiment, lambda done, total: None)
    return experiment
