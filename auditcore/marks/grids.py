"""Coarse grids of colour changes, spread over pictures of any size in integer arithmetic.

Every family's mark ends as such a grid, so that marks of a 24-megapixel photo and of its audit copy
are the same picture, and so that one short function decides what is published.
"""

import numpy as np
from numpy.typing import NDArray

from auditcore.photos import Pixels

LEVEL = 64
"""Grid units in one grey level (one step of an 8-bit channel)."""

_FRACTION_BITS = 8
FRACTION = 1 << _FRACTION_BITS
"""Steps from one cell centre to the next, in which pixels are placed between them."""

_SHIFT = LEVEL.bit_length() - 1 + 2 * _FRACTION_BITS
_STRIPE_VALUES = 1 << 15

Grid = NDArray[np.int32]
"""One grid, (rows, columns, 3)."""

Grids = NDArray[np.int32]
"""Many grids, (n, 3, rows, columns): channels first, as networks take pictures."""


def add_grid(pixels: Pixels, grid: Grid) -> Pixels:
    """Add a grid of colour changes to a picture, in a new array.

    Args:
        pixels: (H, W, 3) uint8.
        grid: (rows, columns, 3) int32, at least 2 x 2, in units of 1/LEVEL grey level, absolute
            values up to 255 levels. Its cells tile the picture; between their centres the change
            is interpolated linearly, beyond the outermost centres it stays constant.

    Works on stripes that fit in a processor's cache; beside the result it holds little more than
    `rows` lines of the picture.
    """
    height, width, _ = pixels.shape
    lines = _along_lines(grid, width)
    upper, fraction = positions(height, len(grid))
    flat = pixels.reshape(height, width * 3)
    marked = np.empty_like(flat)
    step = max(1, _STRIPE_VALUES // (width * 3))
    for top in range(0, height, step):
        rows = slice(top, top + step)
        marked[rows] = _stripe(flat[rows], lines, upper[rows], fraction[rows])
    return marked.reshape(pixels.shape)


def enlarge(grid: Grid, cells: int) -> Grid:
    """Interpolate a grid linearly to `cells` x `cells`, in the same unit, rounded down.

    Args:
        grid: (rows, columns, channels) int32, at least 2 x 2, absolute values under 2**14.
        cells: rows and columns wanted.
    """
    lines = _along_lines(grid, cells)
    upper, fraction = positions(cells, len(grid))
    change = lines[upper + 1] - lines[upper]
    total = (lines[upper] << _FRACTION_BITS) + change * fraction[:, None]
    return (total >> 2 * _FRACTION_BITS).reshape(cells, cells, -1)


def _along_lines(grid: Grid, width: int) -> NDArray[np.int32]:
    """Interpolate the rows to `width` pixels: (rows, width * channels), times 2**_FRACTION_BITS."""
    left, fraction = positions(width, grid.shape[1])
    change = grid[:, left + 1] - grid[:, left]
    lines = (grid[:, left] << _FRACTION_BITS) + change * fraction[:, None]
    return lines.reshape(len(grid), -1)


def positions(size: int, cells: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Place `size` pixel centres among `cells` cell centres.

    Returns:
        For each pixel the cell before it, and how far it is past its centre, in 1/FRACTION cell.
    """
    numerator = (2 * np.arange(size, dtype=np.int64) + 1) * cells - size
    place = np.clip((numerator << _FRACTION_BITS) // (2 * size), 0, (cells - 1) << _FRACTION_BITS)
    before = np.minimum(place >> _FRACTION_BITS, cells - 2)
    return before.astype(np.intp), (place - (before << _FRACTION_BITS)).astype(np.int32)


def _stripe(
    flat: NDArray[np.uint8],
    lines: NDArray[np.int32],
    upper: NDArray[np.intp],
    fraction: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return one stripe of the marked picture, rounded to nearest and kept within 0 .. 255."""
    above = lines[upper]
    total = lines[upper + 1]
    total -= above
    total *= fraction[:, None]
    above <<= _FRACTION_BITS
    total += above
    total += 1 << (_SHIFT - 1)
    total >>= _SHIFT
    total += flat
    return np.clip(total, 0, 255, out=total)
