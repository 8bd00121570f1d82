"""A view of a mark as two small matrices: how each line of the view is made of the mark's cells.

A mark is a grid of CELLS x CELLS changes that is spread linearly over the picture (marks/grids.py),
and a view is the picture cropped and resized by Pillow (views.py). Both are linear along each
axis alone, so the change of a view is rows @ grid @ columns^T.

Marks are smooth from cell to cell, so the grid is taken at half its rows and columns, the means of
2 x 2 cells, from which the cells are regained by the polynomial of degree 4 that has the means of
five pairs in a row: about a tenth of a grey level away, for a third of the work.

The matrices hold whole numbers, multiples of 1 / ONE. So do the sums behind them, below 2**53:
they are the same to the bit on every machine.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auditcore.marks.budget import CELLS
from auditcore.marks.grids import FRACTION, positions
from auditcore.scores.views import REDUCING_GAP

ONE = 1 << 10
"""What a weight of 1 is in the matrices."""

ROW_MAX = 1.7
"""The absolute values of a row add up to less than this times ONE: some weights are below 0."""

PAIR = 2
COARSE = CELLS // PAIR
"""Rows and columns of the means of 2 x 2 cells."""

_WEIGHT_ONE = 1 << 22  # Pillow rounds its weights to as many bits
_SUPPORT = 2.0
_REGAINED_ONE, _RISE = 128, (22, -3)

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]


def view_matrices(
    length: int, low: Sequence[float], high: Sequence[float], size: int
) -> NDArray[np.int16]:
    """Return how the lines of some views are made of the means of a mark's cells, along one axis.

    Args:
        length: of the picture along this axis, in pixels.
        low: where each view begins, in pixels, 0 or more.
        high: where each view ends, in pixels, at most `length`.
        size: lines of a view.

    Returns:
        Shape (views, size, COARSE), multiples of 1 / ONE.
    """
    pixels, weights = _taps(length, np.asarray(low), np.asarray(high), size)
    cell, fraction = positions(length, CELLS)
    line = np.arange(len(low) * size).reshape(len(low), size, *[1] * (pixels.ndim - 2)) * CELLS
    place, past = line + cell[pixels], fraction[pixels]
    places = np.concatenate([place.ravel(), place.ravel() + 1])
    shares = np.concatenate([(weights * (FRACTION - past)).ravel(), (weights * past).ravel()])
    total = np.bincount(places, shares, minlength=len(low) * size * CELLS)
    coarse = total.reshape(len(low), size, CELLS) @ _regaining()
    return np.rint(coarse / (_WEIGHT_ONE * FRACTION * _REGAINED_ONE // ONE)).astype(np.int16)


@cache
def _regaining() -> Numbers:
    """Return how cells are regained from means of pairs: (CELLS, COARSE), times _REGAINED_ONE.

    Beyond the border the outermost mean goes on: marks are level there.
    """
    pairs = np.eye(COARSE) * _REGAINED_ONE
    rise = np.zeros((COARSE, COARSE))  # half the difference within a pair
    for pair in range(COARSE):
        for step, weight in enumerate(_RISE, 1):
            rise[pair, min(pair + step, COARSE - 1)] += weight
            rise[pair, max(pair - step, 0)] -= weight
    return np.stack([pairs - rise, pairs + rise], axis=1).reshape(CELLS, COARSE)


def _taps(length: int, low: Numbers, high: Numbers, size: int) -> tuple[Whole, Numbers]:
    """Return the pixels each line is made of, and their weights: (views, size, taps, pixels).

    A view much larger than `size` is first reduced to cells of several pixels, as Pillow's
    `Image.resize` does with `reducing_gap`; the other views have cells of one pixel.
    """
    scale = (high - low) / size
    factor = np.maximum(1, (scale / REDUCING_GAP).astype(np.int64))
    margin = np.where(factor > 1, (_SUPPORT - 0.5) * scale, length)
    first = np.maximum(0, (low - margin).astype(np.int64))
    behind = np.minimum(length, np.ceil(high + margin).astype(np.int64))
    cells = -(-(behind - first) // factor)
    tap, weight = _bicubic_taps((low - first) / factor, scale / factor, cells, size)
    start = (first[:, None, None] + tap * factor[:, None, None])[..., None]
    end = np.minimum(start + factor[:, None, None, None], behind[:, None, None, None])
    pixels = start + np.arange(factor.max())
    inside = pixels < end
    each = np.rint(weight[..., None] * _WEIGHT_ONE / np.maximum(1, end - start))
    return np.where(inside, pixels, 0), np.where(inside, each, 0)


def _bicubic_taps(low: Numbers, scale: Numbers, cells: Whole, size: int) -> tuple[Whole, Numbers]:
    """Return the cells each line is made of, and their weights, both (views, size, taps).

    Pillow's antialiased bicubic filter (Resample.c): it widens with the scale when shrinking.
    """
    wide = np.maximum(scale, 1.0)[:, None]
    centre = low[:, None] + (np.arange(size) + 0.5) * scale[:, None]
    first = np.maximum(0, (centre - _SUPPORT * wide + 0.5).astype(np.int64))
    taps = 2 * int(np.ceil(_SUPPORT * wide.max())) + 1
    tap = first[..., None] + np.arange(taps)
    weight = _bicubic((tap + 0.5 - centre[..., None]) / wide[..., None])
    weight[tap >= cells[:, None, None]] = 0.0
    weight /= weight.sum(axis=2, keepdims=True)
    return np.minimum(tap, cells[:, None, None] - 1), weight


def _bicubic(x: Numbers) -> Numbers:
    """Return Pillow's bicubic filter (a = -0.5) at x."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((x - 5) * x + 8) * x - 4
    weights: Numbers = np.where(x < 1, near, np.where(x < 2, -0.5 * far, 0.0))
    return weights
