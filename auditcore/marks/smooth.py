"""The default family: soft patches of light and colour, stronger where the photo hides them.

Random values on a 2 x 2 and a 4 x 4 grid, interpolated smoothly, mixed and pressed through tanh, on
three colour axes, drawn under a perceptual budget. Low frequencies are what a model trained on the
photo remembers best, and what JPEG and resizing leave alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import MarkError
from auditcore.marks.base import Progress, check_render, check_request
from auditcore.marks.budget import CELLS, STRENGTH_BITS, Budget, Pattern, fit_budget
from auditcore.marks.grids import add_grid
from auditcore.photos import Pixels
from auditcore.randomness import derive

_PART = "strength"
_RECIPE = 1
_PROBES = 24
_WEIGHT_BITS = 8
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


def _tanh_table() -> NDArray[np.int32]:
    """Return tanh on _TANH_STEPS steps a unit, as multiples of 2**-STRENGTH_BITS.

    Decimal's exp is correctly rounded, so that no machine's mathematics library has a say.
    """
    table = []
    for step in range(_TANH_REACH * _TANH_STEPS + 1):
        power = (Decimal(2 * step) / _TANH_STEPS).exp()
        table.append(round((power - 1) / (power + 1) * (1 << STRENGTH_BITS)))
    return np.array(table, dtype=np.int32)


def _weights(cells: int) -> NDArray[np.int64]:
    """Return the smooth (smoothstep) interpolation from `cells` values to CELLS cell centres.

    Shape (CELLS, cells), each row adding up to 2**_WEIGHT_BITS.
    """
    one = 1 << _WEIGHT_BITS
    weights = np.zeros((CELLS, cells), dtype=np.int64)
    for cell in range(CELLS):
        before, past = divmod((2 * cell + 1) * (cells - 1), 2 * CELLS)
        span = 2 * CELLS
        rise = past * past * (3 * span - 2 * past) * one // span**3
        weights[cell, before] = one - rise
        weights[cell, before + 1] = rise
    return weights


_TANH = _tanh_table()


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
        probes = [
            draw_pattern(self.recipe, grey, seed, "mark probe", photo, probe)
            for probe in range(_PROBES)
        ]
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
    axes = np.array(recipe.axes[:1] if grey else recipe.axes, dtype=np.int32)
    stream = derive(seed, *label)
    field = np.zeros((len(axes), CELLS, CELLS), dtype=np.int64)
    for cells, weight in recipe.mix:
        draws = np.frombuffer(stream.read(len(axes) * cells * cells), dtype=np.int8)
        values = (2 * draws.astype(np.int64) + 1).reshape(len(axes), cells, cells)
        across = _weights(cells)
        field += weight * (across @ values @ across.T)
    bent = _bend(field)
    mixed = np.einsum("ayx,ac->yxc", bent, axes)
    if grey:
        mixed = mixed * 256 // int(axes.max())
    pattern: Pattern = (mixed >> _WEIGHT_BITS).astype(np.int32)
    return pattern


def _bend(field: NDArray[np.int64]) -> NDArray[np.int32]:
    """Apply tanh to a field in units of 1 / (256 _FIELD_ONE)."""
    place = np.abs(field) * _TANH_STEPS // (_FIELD_ONE << _WEIGHT_BITS)
    bent = _TANH[np.minimum(place, len(_TANH) - 1)]
    signed: NDArray[np.int32] = np.where(field < 0, -bent, bent)
    return signed
