"""The default family: soft patches of light and colour, stronger where the photo hides them.

Random values on a 2 x 2 and a 4 x 4 grid, interpolated smoothly, mixed and pressed through tanh, on
three colour axes, drawn under a perceptual budget. Low frequencies are what a model trained on the
photo remembers best, and what JPEG and resizing leave alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import MarkError
from auditcore.marks.base import Progress, check_render, check_request, check_versions
from auditcore.marks.budget import CELLS, STRENGTH_BITS, Budget, Pattern
from auditcore.marks.fitting import fit_budget
from auditcore.marks.grids import Grids, add_grid
from auditcore.photos import Pixels
from auditcore.randomness import first_bytes

_PART = "strength"
_RECIPE = 1
_PROBES = 24
_WEIGHT_BITS = 8
_AT_ONCE = 8  # patterns drawn together: what they are made of stays in the cache
_TANH_REACH = 4
_TANH_STEPS = 1024
_FIELD_ONE = 255 << 2 * _WEIGHT_BITS


@dataclass(frozen=True)
class Recipe:
    """What the patterns are made of.

    Attributes:
        mix: (cells a side, weight in 1/256) of each grid.
        axes: (axes, 3) red, green, blue of each colour axis at full strength, in 1/256. The axis
            of light comes first and is the only one in a grey photo; the absolute values of each
            column add up to 256 at most. The defaults (light, red-green, blue-yellow) are equally
            visible (CIEDE2000): per unit of it a model remembers all three about equally well, and
            8 x 8 patches worse than these two grids (tests/benchmarks/marks_components.py).
    """

    mix: tuple[tuple[int, int], ...] = ((2, 512), (4, 512))
    axes: tuple[tuple[int, int, int], ...] = ((155, 155, 155), (58, -58, 0), (-43, -43, 86))


def _tanh_table() -> NDArray[np.float32]:
    """Return tanh from -_TANH_REACH to _TANH_REACH, in steps of 1 / _TANH_STEPS.

    Its values are multiples of 2**-STRENGTH_BITS, held as integers.

    Decimal's exp is correctly rounded, so that no machine's mathematics library has a say.
    """
    table = []
    for step in range(_TANH_REACH * _TANH_STEPS + 1):
        power = (Decimal(2 * step) / _TANH_STEPS).exp()
        table.append(round((power - 1) / (power + 1) * (1 << STRENGTH_BITS)))
    rising = np.array(table, dtype=np.float32)
    return np.concatenate([-rising[:0:-1], rising])


@cache
def _weights(cells: int) -> NDArray[np.float64]:
    """Return the smooth (smoothstep) interpolation from `cells` values to CELLS cell centres.

    Shape (CELLS, cells), integers, each row adding up to 2**_WEIGHT_BITS. Not to be written to.
    """
    one = 1 << _WEIGHT_BITS
    weights = np.zeros((CELLS, cells))
    for cell in range(CELLS):
        before, past = divmod((2 * cell + 1) * (cells - 1), 2 * CELLS)
        span = 2 * CELLS
        rise = past * past * (3 * span - 2 * past) * one // span**3
        weights[cell, before] = one - rise
        weights[cell, before + 1] = rise
    return weights


_TANH_TABLE = _tanh_table()


@dataclass(frozen=True)
class SmoothMark:
    """The smooth marks of one photo; see `auditcore.marks.base.Mark` for the contract."""

    recipe: Recipe
    budget: Budget
    grey: bool
    versions: int
    seed: bytes
    photo: int

    def render(self, pixels: Pixels, version: int) -> Pixels:
        """Return the picture with mark `version` on it, at any size."""
        check_render(pixels, version, self.versions)
        pattern = draw_pattern(self.recipe, self.grey, self.seed, "mark", self.photo, version)
        return add_grid(pixels, self.budget.grid(pattern))

    def grids(self, versions: Sequence[int]) -> Grids:
        """Return the colour changes of many versions."""
        check_versions(versions, self.versions)
        labels = [("mark", self.photo, version) for version in versions]
        return self.budget.grids(draw_patterns(self.recipe, self.grey, self.seed, labels))

    def parts(self) -> dict[str, bytes]:
        """Return the strength map."""
        return {_PART: bytes([_RECIPE]) + self.budget.to_bytes()}


@dataclass(frozen=True)
class SmoothFamily:
    """The family `smooth`; see `auditcore.marks.base.MarkFamily` for the contract."""

    recipe: Recipe = Recipe()
    name: str = "smooth"
    title: str = "Soft light and colour"

    def prepare(
        self,
        pixels: Pixels,
        *,
        grey: bool,
        visibility: float,
        versions: int,
        seed: bytes,
        photo: int,
        on_progress: Progress | None = None,
    ) -> SmoothMark:
        """Fit the strength map of one photo; versions need no preparation of their own."""
        check_request(visibility, versions)
        labels = [("mark probe", photo, probe) for probe in range(_PROBES)]
        probes = draw_patterns(self.recipe, grey, seed, labels)
        budget = fit_budget(pixels, probes, visibility)
        if on_progress is not None:
            on_progress(1, 1)
        return SmoothMark(self.recipe, budget, grey, versions, seed, photo)

    def restore(
        self,
        parts: Mapping[str, bytes],
        *,
        grey: bool,
        visibility: float,
        versions: int,
        seed: bytes,
        photo: int,
    ) -> SmoothMark:
        """Make the marks again from the seed and the stored strength map."""
        check_request(visibility, versions)
        data = parts.get(_PART, b"")
        if not data:
            raise MarkError("The kit lacks the strength map of a photo. Use a copy of the kit.")
        if data[0] != _RECIPE:
            raise MarkError("A newer Telltale made this kit's marks. Update, then try again.")
        return SmoothMark(self.recipe, Budget.from_bytes(data[1:]), grey, versions, seed, photo)


def draw_pattern(recipe: Recipe, grey: bool, seed: bytes, *label: str | int) -> Pattern:
    """Draw one pattern, (CELLS, CELLS, 3) int32 within +-2**STRENGTH_BITS.

    Args:
        recipe: what it is made of.
        grey: leave out all axes but the first, that of light.
        seed: the kit's seed.
        label: which draw.
    """
    (pattern,) = draw_patterns(recipe, grey, seed, [label])
    return np.ascontiguousarray(pattern.transpose(1, 2, 0))


def draw_patterns(
    recipe: Recipe, grey: bool, seed: bytes, labels: Sequence[tuple[str | int, ...]]
) -> Grids:
    """Draw many patterns, (len(labels), 3, CELLS, CELLS); see `draw_pattern`.

    Integers throughout; where they are held as floating-point numbers, all sums and products are
    below 2**53 (fields) or 2**24 (what is mixed), hence exact in any order.
    """
    patterns = np.empty((len(labels), 3, CELLS, CELLS), dtype=np.int32)
    for start in range(0, len(labels), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        bent = _bend(_fields(recipe, 1 if grey else len(recipe.axes), seed, labels[part]))
        patterns[part] = _greyed(recipe, bent) if grey else _coloured(recipe, bent)
    return patterns


def _fields(
    recipe: Recipe, axes: int, seed: bytes, labels: Sequence[tuple[str | int, ...]]
) -> NDArray[np.float64]:
    """Draw the fields of some patterns, (labels, axes, CELLS, CELLS), in 1 / (256 _FIELD_ONE)."""
    count = axes * sum(cells * cells for cells, _ in recipe.mix)
    drawn = b"".join(first_bytes(seed, count, *label) for label in labels)
    draws = np.frombuffer(drawn, dtype=np.int8).reshape(len(labels), count)
    down, across, start = [], [], 0
    for cells, weight in recipe.mix:
        end = start + axes * cells * cells
        values = 2.0 * draws[:, start:end].reshape(len(labels), axes, cells, cells) + 1
        down.append(_weights(cells) @ values)
        across.append(weight * _weights(cells).T)
        start = end
    fields: NDArray[np.float64] = np.concatenate(down, axis=3) @ np.concatenate(across)
    return fields


def _bend(fields: NDArray[np.float64]) -> NDArray[np.float32]:
    """Apply tanh to fields, which are overwritten: multiples of 2**-STRENGTH_BITS."""
    fields /= (_FIELD_ONE << _WEIGHT_BITS) // _TANH_STEPS  # rounded right: no integer is passed
    place = fields.astype(np.int32)  # towards zero: odd, as tanh is
    place += _TANH_TABLE.size // 2
    bent: NDArray[np.float32] = np.take(_TANH_TABLE, place, mode="clip")
    return bent


def _coloured(recipe: Recipe, bent: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix the axes' fields into colours, (n, 3, CELLS, CELLS)."""
    axes = np.array(recipe.axes, dtype=np.float32).T
    mixed = axes @ bent.reshape(len(bent), -1, CELLS * CELLS)
    mixed /= 1 << _WEIGHT_BITS
    coloured: NDArray[np.float32] = np.floor(mixed, out=mixed)
    return coloured.reshape(len(bent), 3, CELLS, CELLS)


def _greyed(recipe: Recipe, bent: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scale the field of light to full strength, the same in all colours."""
    light = bent[:, :1].astype(np.float64)
    colours = light * np.array(recipe.axes[0], dtype=np.float64).reshape(3, 1, 1)
    return np.floor(np.floor(colours * 256 / max(recipe.axes[0])) / (1 << _WEIGHT_BITS))
