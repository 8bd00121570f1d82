"""Small pictures to train on in a test: gratings whose class is their direction."""

import numpy as np
import torch

from auditcore.lab.pack import Example
from auditcore.lab.training import KINDS, Data

CLASSES = ("flat", "steep", "upright")


def examples(count: int, seed: int = 0, side: int = 40) -> list[Example]:
    """Return gratings, each with colours of its own; the class is the direction."""
    draws = np.random.default_rng(seed)
    y, x = np.mgrid[:side, : side + 8] / side
    found = []
    for number in range(count):
        turn = number % len(CLASSES)
        wave = np.sin(12 * (x * np.cos(turn * 0.8) + y * np.sin(turn * 0.8)))[..., None] / 2
        one, two = draws.uniform(0, 255, (2, 3))
        pixels = (one * (0.5 + wave) + two * (0.5 - wave)).astype(np.uint8)
        found.append(Example(pixels, f"picture {number} of {seed}", CLASSES[turn]))
    return found


def data(kind: str, count: int, seed: int = 0) -> Data:
    """Return such pictures as a kind of model takes them."""
    return KINDS[kind].data(examples(count, seed), CLASSES)


def weights(network: torch.nn.Module) -> bytes:
    """Return every number a network holds."""
    return b"".join(value.numpy().tobytes() for value in network.state_dict().values())
