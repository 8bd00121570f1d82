"""Find the perceptual budget of a photo: the map under which marks have the wanted visibility."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.transform import resize

from auditcore.marks.budget import CELLS, LEVELS_MAX, Budget
from auditcore.marks.colour_difference import Lab, Values, ciede2000
from auditcore.marks.grids import FRACTION, LEVEL, Grids, positions
from auditcore.photos import Pixels

_SAMPLE = 50 * 50  # on these the visibility differs from that of all pixels by .4 % (rms)
_STEPS = 6
_TOLERANCE = 0.01
_NEAR = 0.05
"""A gain corrected by less than this is not measured again: what is left is far below _TOLERANCE,
because the difference grows almost linearly."""

_SMOOTHING = 1.5
_AT_ONCE = 4
"""Patterns looked at together: few enough for a processor's cache."""


def fit_budget(pixels: Pixels, patterns: Grids, visibility: float) -> Budget:
    """Find the map under which patterns like these have the wanted mean CIEDE2000.

    Args:
        pixels: the audit copy, (H, W, 3) uint8.
        patterns: examples of what will be drawn, (n, 3, CELLS, CELLS) int32 within
            +-2**STRENGTH_BITS, independent of the versions themselves.
        visibility: the mean colour difference wanted, over pixels and patterns.

    A picture that cannot show so much (black or white all over) gets the largest map there is.
    """
    probe = _Probe(pixels, patterns)
    level = visibility * 4
    felt = probe.differences(Budget.of_levels(np.full((CELLS, CELLS), level)))
    shape = _shape(pixels, felt)
    expected = float(np.mean(felt * resize(shape, felt.shape, order=1))) / level

    def mean_difference(gain: float) -> float:
        return float(probe.differences(Budget.of_levels(shape * gain)).mean())

    start = visibility / max(expected, visibility / LEVELS_MAX)
    return Budget.of_levels(shape * _solve(mean_difference, visibility, start))


class _Probe:
    """About _SAMPLE pixels of a picture, on which patterns are tried."""

    def __init__(self, pixels: Pixels, patterns: Grids) -> None:
        sample = _sampled(pixels)
        self._height, self._width = sample.shape[:2]
        self._levels = np.ascontiguousarray(sample.transpose(2, 0, 1)[:, None])
        self._lab = Lab.of(self._levels)
        self._patterns = patterns

    def differences(self, budget: Budget) -> Values:
        """Return the CIEDE2000 at each sampled pixel, (H, W): the patterns' mean."""
        total = np.zeros((self._height, self._width))
        for start in range(0, len(self._patterns), _AT_ONCE):
            grids = budget.grids(self._patterns[start : start + _AT_ONCE].copy())
            total += ciede2000(self._lab, Lab.of(self._marked(grids))).sum(axis=0)
        return total / len(self._patterns)

    def _marked(self, grids: Grids) -> NDArray[np.uint8]:
        """Return what `add_grid` makes of the sample and each grid, (3, n, H, W)."""
        lines = _spread(grids.transpose(1, 0, 2, 3), self._width)
        change = _spread(lines.swapaxes(2, 3), self._height).swapaxes(2, 3)
        shift = (LEVEL * FRACTION * FRACTION).bit_length() - 1
        marked = ((change + (1 << (shift - 1))) >> shift) + self._levels
        levels: NDArray[np.uint8] = np.clip(marked, 0, 255).astype(np.uint8)
        return levels


def _spread(values: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Interpolate along the last axis to `size` pixels, times FRACTION."""
    before, past = positions(size, values.shape[-1])
    left, right = (np.take(values, cell, axis=-1) for cell in (before, before + 1))
    spread: NDArray[np.int32] = left * FRACTION + (right - left) * past
    return spread


def _sampled(pixels: Pixels) -> Pixels:
    """Pick about _SAMPLE pixels on an even lattice: unlike averaging, it keeps the texture."""
    height, width, _ = pixels.shape
    share = min(1.0, float(_SAMPLE / (height * width)) ** 0.5)
    rows, columns = (_even(size, max(1, round(size * share))) for size in (height, width))
    return pixels[rows][:, columns]


def _even(size: int, count: int) -> NDArray[np.intp]:
    """Return `count` evenly spaced places among `size`."""
    return (2 * np.arange(count) + 1) * size // (2 * count)


def _shape(pixels: Pixels, sensitivity: Values) -> Values:
    """Return the map's shape: the strength that is equally visible everywhere, mean about 1.

    Where the same mark makes a larger colour difference it gets weaker; so it does in flat areas,
    where nothing hides it, and in dark ones, where a hue drifts first.
    """
    tolerance = resize(_tolerance(pixels), (CELLS, CELLS), order=1, anti_aliasing=True)
    felt = resize(sensitivity, (CELLS, CELLS), order=1, anti_aliasing=True)
    shape = tolerance / np.maximum(felt, 0.25 * felt.mean() + 1e-9)
    smooth = gaussian_filter(shape, _SMOOTHING, mode="nearest")
    result: Values = smooth / smooth.mean()
    return result


def _tolerance(pixels: Pixels) -> Values:
    """Return how much colour difference each place hides, (h, w), between about 0.25 and 1.

    Light and its square are averaged over small blocks first: both are smoothed over much wider
    ones, so that little changes but the time it takes.
    """
    scale = max(pixels.shape[:2]) / CELLS
    block = max(1, int(scale / 2))
    red, green, blue = (pixels[..., channel].astype(np.float32) for channel in range(3))
    light = red * 0.299 + green * 0.587 + blue * 0.114
    mean, square = (_averaged(plane, block, scale) for plane in (light, light**2))
    texture = np.sqrt(np.maximum(square - mean**2, 0))
    hidden: Values = 0.5 + 0.5 * texture / (texture + 12.0)
    lit: Values = 0.5 + 0.5 * np.minimum(mean / 80.0, 1.0)
    return hidden * lit


def _averaged(plane: NDArray[np.float32], block: int, scale: float) -> Values:
    """Average over blocks, and smooth over `scale` pixels."""
    small = np.asarray(Image.fromarray(plane).reduce(block), dtype=np.float64)
    smooth: Values = gaussian_filter(small, scale / block, mode="nearest")
    return smooth


def _solve(mean_difference: Callable[[float], float], wanted: float, start: float) -> float:
    """Find the gain whose mean difference is `wanted`; the difference grows almost linearly."""
    gain = start
    for _ in range(_STEPS):
        found = mean_difference(gain)
        if abs(found - wanted) <= _TOLERANCE * wanted:
            break
        gain = min(gain * wanted / max(found, wanted / 8), float(LEVELS_MAX * CELLS))
        if abs(found - wanted) <= _NEAR * wanted:
            break
    return gain
