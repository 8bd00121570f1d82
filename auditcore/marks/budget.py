"""The perceptual budget: how strong a mark may be where, so that it meets one visibility.

The map that comes out is part of the kit: computing it uses floating point, rendering with it does
not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import MarkError
from auditcore.marks.grids import LEVEL, Grid, Grids

CELLS = 64
"""Rows and columns of the map and of every mark that is drawn under it."""

STRENGTH_BITS = 10
"""A pattern's full strength is +-2**STRENGTH_BITS; times the map's grey levels it is the mark."""

LEVELS_MAX = 48
"""The strongest a mark can be anywhere, in grey levels."""

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
