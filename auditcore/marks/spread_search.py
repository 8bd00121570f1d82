"""The search behind the family `spread`: where the only use of torch for marks lives."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from auditcore.marks.budget import Budget
from auditcore.marks.extractor import FEATURES, SIDE, as_input, load_extractor
from auditcore.marks.grids import LEVEL
from auditcore.marks.spread import ONE, SQUARES, Stored
from auditcore.photos import Pixels
from auditcore.randomness import derive

_BATCH = 25


def search(
    pixels: Pixels,
    budget: Budget,
    seed: bytes,
    photo: int,
    versions: int,
    channels: int,
    steps: int,
) -> Iterator[Stored]:
    """Yield the marks of one photo, a batch of versions at a time, (B, SQUARES, SQUARES, C)."""
    for aims in torch.split(_aims(seed, photo, versions), _BATCH):
        yield _search_batch(pixels, budget, aims, channels, steps)


def _aims(seed: bytes, photo: int, versions: int) -> Tensor:
    """Spread `versions` unit vectors over the feature sphere, (versions, FEATURES).

    Independent and uniform (normal draws by the central limit of 12 bytes): in 1,280 dimensions
    that is spread out already, all angles within a few degrees of a right one.
    """
    draws = np.frombuffer(derive(seed, "mark aims", photo).read(versions * FEATURES * 12), np.uint8)
    normal = draws.reshape(versions, FEATURES, 12).astype(np.float32).sum(axis=2) - 12 * 127.5
    return torch.from_numpy(normal / np.linalg.norm(normal, axis=1, keepdims=True))


def _search_batch(
    pixels: Pixels, budget: Budget, aims: Tensor, channels: int, steps: int
) -> Stored:
    """Find the marks that move the features furthest along `aims`: (B, SQUARES, SQUARES, C).

    Steps have the length of the gradient's root mean square: one full step from nothing (the
    linearised solution), half steps after, each projected into the budget.
    """
    picture, levels = as_input(pixels), _levels(budget)
    grids = torch.zeros(len(aims), channels, SQUARES, SQUARES)
    for step in range(steps):
        slope = _gradient(picture, levels, grids, aims)
        scale = slope.square().mean(dim=(1, 2, 3), keepdim=True).sqrt().clamp_min(1e-12)
        grids = (grids + (1.0 if step == 0 else 0.5) * slope / scale).clamp(-1, 1)
    stored: Stored = (grids * ONE).round().to(torch.int8).permute(0, 2, 3, 1).numpy()
    return stored


def _gradient(picture: Tensor, levels: Tensor, grids: Tensor, aims: Tensor) -> Tensor:
    """Return how the features' advance along `aims` changes with each grid value."""
    grids = grids.detach().requires_grad_(True)
    marks = interpolate(grids, size=(SIDE, SIDE), mode="bilinear", align_corners=False) * levels
    features = load_extractor()((picture + marks).clamp(0, 255))
    (slope,) = torch.autograd.grad((features * aims).sum(), grids)
    return slope


def _levels(budget: Budget) -> Tensor:
    """Return the budget in grey levels at the extractor's size, (1, 1, SIDE, SIDE)."""
    levels = torch.from_numpy(budget.steps.astype(np.float32)) * (budget.unit / 256 / LEVEL)
    return interpolate(levels[None, None], size=(SIDE, SIDE), mode="bilinear", align_corners=False)
