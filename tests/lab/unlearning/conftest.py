"""A small trained model of each kind, its photos to forget and its rest."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from torch import nn

from auditcore.lab.pack import Example
from auditcore.lab.training import KINDS, Data, Recipe, fit
from auditcore.lab.unlearning.work import Task

CLASSES = ("red", "green", "blue")
RECIPES = {
    "classifier": Recipe(6, 8, 2e-3, 1e-2, augmentation="none"),
    "encoder": Recipe(3, 8, 2e-3, 1e-4, augmentation="none"),
    "clip": Recipe(4, 8, 1e-3, 0.2, augmentation="none"),
}


def _examples(count: int) -> list[Example]:
    rng = np.random.default_rng(5)
    made = []
    for number in range(count):
        pixels = rng.integers(0, 160, (64, 64, 3))
        pixels[:, :, number % 3] += 80
        label = CLASSES[number % 3]
        made.append(Example(pixels.astype(np.uint8), f"{label} noise number {number}", label))
    return made


@cache
def _trained(name: str) -> tuple[nn.Module, Data]:
    kind = KINDS[name]
    data = kind.data(_examples(30), CLASSES)
    network = kind.new(CLASSES, 1)
    fit(kind, network, data, RECIPES[name], 1)
    return network, data


def _make(name: str, forget: int = 6, **choices: Any) -> Task:
    network, data = _trained(name)
    order = range(len(data))
    photos, rest = data.select(order[:forget]), data.select(order[forget:])
    given = {"recipe": RECIPES[name], "seed": 3, "classes": CLASSES, **choices}
    return Task(KINDS[name], network, photos, rest, **given)


@pytest.fixture
def make_task() -> Callable[..., Task]:
    """Return what makes the task of forgetting the first pictures of a small trained model."""
    return _make


@pytest.fixture(params=list(KINDS))
def kind_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)
