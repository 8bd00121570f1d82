"""The perceptual budget: how strong a mark may be where, so that it meets one visibility.

The map that comes out is part of the kit: computing it uses floating point, rendering with it does
not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.transform import resize

from auditcore.errors import MarkError
from auditcore.marks.grids import LEVEL, Grid, Grids, add_grid
from auditcore.photos import Pixels

CELLS = 64
"""Rows and columns of the map and of every mark that is drawn under it."""

STRENGTH_BITS = 10
"""A pattern's full strength is +-2**STRENGTH_BITS; times the map's grey levels it is the mark."""

LEVELS_MAX = 48
"""The strongest a mark can be anywhere, in grey levels."""

_SAMPLE = 64 * 64
_STEPS = 6
_TOLERANCE = 0.01
_SMOOTHING = 1.5

Pattern = NDArray[np.int32]


@dataclass(frozen=True)
class Budget:
    """How strong a mark may be in each cell.

    Attributes:
        unit: what one step of `steps` is worth, in 1/LEVEL grey level / 256.
        steps: (CELLS, CELLS) uint8.
    """

    unit: int
    steps: NDArray[np.uint8]

    def grid(self, pattern: Pattern) -> Grid:
        """Return the colour changes of a pattern, (CELLS, CELLS, 3) in 1/LEVEL grey level."""
        strength = self.steps.astype(np.int64)[..., None] * self.unit * pattern
        shift = 8 + STRENGTH_BITS
        return ((strength + (1 << (shift - 1))) >> shift).astype(np.int32)

    def grids(self, patterns: Grids) -> Grids:
        """Return the same for many patterns, both (n, 3, CELLS, CELLS); in place."""
        shift = 8 + STRENGTH_BITS
        patterns *= self.steps.astype(np.int32) * np.int32(self.unit)
        patterns += 1 << (shift - 1)
        patterns >>= shift
        return patterns

    def to_bytes(self) -> bytes:
        """Return the stored form: two bytes for the unit, then one byte a cell."""
        return self.unit.to_bytes(2, "big") + self.steps.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Budget":
        """Read the stored form (MarkError when its length is wrong)."""
        if len(data) != 2 + CELLS * CELLS:
            raise MarkError("The kit's strength map of a photo is damaged. Use a copy of the kit.")
        unit, steps = int.from_bytes(data[:2], "big"), np.frombuffer(data, np.uint8, offset=2)
        if unit > _unit(LEVELS_MAX):
            raise MarkError("The kit's strength map of a photo is damaged. Use a copy of the kit.")
        return cls(unit, steps.reshape(CELLS, CELLS))

    @classmethod
    def of_levels(cls, levels: NDArray[np.float64]) -> "Budget":
        """Quantise a map of grey levels, (CELLS, CELLS), to 255 steps of its maximum."""
        capped = np.clip(levels, 0, LEVELS_MAX)
        unit = max(1, _unit(float(capped.max())))
        return cls(unit, np.clip(np.rint(capped * LEVEL * 256 / unit), 0, 255).astype(np.uint8))


def _unit(levels: float) -> int:
    """Return the unit of a map whose largest step is `levels`."""
    return round(levels * LEVEL * 256 / 255)


def fit_budget(pixels: Pixels, patterns: Sequence[Pattern], visibility: float) -> Budget:
    """Find the map under which patterns like these have the wanted mean CIEDE2000.

    Args:
        pixels: the audit copy, (H, W, 3) uint8.
        patterns: examples of what will be drawn, (CELLS, CELLS, 3) int32 within
            +-2**STRENGTH_BITS, independent of the versions themselves.
        visibility: the mean colour difference wanted, over pixels and patterns.

    A picture that cannot show so much (black or white all over) gets the largest map there is.
    """
    sample = _sampled(pixels)
    lab = rgb2lab(sample)
    even = Budget.of_levels(np.full((CELLS, CELLS), visibility * 4))
    shape = _shape(pixels, np.mean(_differences(sample, lab, even, patterns), axis=0))

    def mean_difference(gain: float) -> float:
        budget = Budget.of_levels(shape * gain)
        return float(np.mean(_differences(sample, lab, budget, patterns)))

    return Budget.of_levels(shape * _solve(mean_difference, visibility, start=visibility))


def _sampled(pixels: Pixels) -> Pixels:
    """Pick about _SAMPLE pixels on a regular lattice: unlike averaging, it keeps the texture."""
    height, width, _ = pixels.shape
    stride = max(1, int((height * width / _SAMPLE) ** 0.5))
    return np.ascontiguousarray(pixels[(stride - 1) // 2 :: stride, (stride - 1) // 2 :: stride])


def _differences(
    sample: Pixels, lab: NDArray[np.float64], budget: Budget, patterns: Sequence[Pattern]
) -> NDArray[np.float64]:
    """Return the CIEDE2000 of each pattern at each sampled pixel, (patterns, H, W)."""
    marked = np.stack([add_grid(sample, budget.grid(pattern)) for pattern in patterns])
    difference: NDArray[np.float64] = deltaE_ciede2000(lab[None], rgb2lab(marked))
    return difference


def _shape(pixels: Pixels, sensitivity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the map's shape: the strength that is equally visible everywhere, mean about 1.

    Where the same mark makes a larger colour difference it gets weaker; so it does in flat areas,
    where nothing hides it, and in dark ones, where a hue drifts first.
    """
    tolerance = resize(_tolerance(pixels), (CELLS, CELLS), order=1, anti_aliasing=True)
    felt = resize(sensitivity, (CELLS, CELLS), order=1, anti_aliasing=True)
    shape = tolerance / np.maximum(felt, 0.25 * felt.mean() + 1e-9)
    smooth = gaussian_filter(shape, _SMOOTHING, mode="nearest")
    result: NDArray[np.float64] = smooth / smooth.mean()
    return result


def _tolerance(pixels: Pixels) -> NDArray[np.float64]:
    """Return how much colour difference each place hides, (H, W), between about 0.25 and 1."""
    light = pixels.astype(np.float64) @ (0.299, 0.587, 0.114)
    scale = max(pixels.shape[:2]) / CELLS
    mean = gaussian_filter(light, scale, mode="nearest")
    texture = np.sqrt(np.maximum(gaussian_filter(light**2, scale, mode="nearest") - mean**2, 0))
    hidden: NDArray[np.float64] = 0.5 + 0.5 * texture / (texture + 12.0)
    lit: NDArray[np.float64] = 0.5 + 0.5 * np.minimum(mean / 80.0, 1.0)
    return hidden * lit


def _solve(mean_difference: Callable[[float], float], wanted: float, start: float) -> float:
    """Find the gain whose mean difference is `wanted`; the difference grows almost linearly."""
    gain = start
    for _ in range(_STEPS):
        found = mean_difference(gain)
        if abs(found - wanted) <= _TOLERANCE * wanted:
            break
        gain = min(gain * wanted / max(found, wanted / 8), float(LEVELS_MAX * CELLS))
    return gain
