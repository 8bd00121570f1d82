"""The fitted budget has the wanted visibility, and its colour difference is the standard's."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from auditcore.marks.budget import Budget
from auditcore.marks.colour_difference import Lab, ciede2000
from auditcore.marks.fitting import _Probe, fit_budget
from auditcore.marks.grids import add_grid
from auditcore.marks.smooth import Recipe, draw_patterns
from auditcore.photos import Pixels
from marks.pictures import COLOUR, photograph


def _difference(before: Pixels, after: Pixels) -> np.ndarray:
    return ciede2000(Lab.of(before.T.copy()), Lab.of(after.T.copy()))


def test_the_colour_difference_is_scikit_images() -> None:
    draw = np.random.default_rng(5)
    before = draw.integers(0, 256, (60_000, 3)).astype(np.uint8)
    near = np.clip(before + draw.integers(-20, 21, before.shape), 0, 255).astype(np.uint8)
    after = np.where(np.arange(60_000)[:, None] < 40_000, near, before[::-1])
    before[:500] = before[:500, :1]  # without a hue: one of the two, then both
    after[300:800] = after[300:800, :1]
    before[900], after[901], after[902] = 0, 0, before[902]
    expected = deltaE_ciede2000(rgb2lab(before), rgb2lab(after))
    assert np.abs(_difference(before, after) - expected).max() < 1e-6


def test_a_pattern_is_tried_as_it_would_be_published() -> None:
    pixels = photograph("coffee")[:48, :50]
    patterns = draw_patterns(Recipe(), False, b"seed", [("probe", number) for number in range(6)])
    budget = Budget.of_levels(np.full((64, 64), 9.0))
    marked = [add_grid(pixels, budget.grid(one.transpose(1, 2, 0))) for one in patterns]
    expected = np.mean([_difference(pixels, one).T for one in marked], axis=0)
    assert np.allclose(_Probe(pixels, patterns).differences(budget), expected)


def _found(pixels: Pixels, visibility: float) -> float:
    patterns = draw_patterns(Recipe(), False, b"fit", [("probe", number) for number in range(24)])
    budget = fit_budget(pixels, patterns, visibility)
    return float(_Probe(pixels, patterns).differences(budget).mean())


@pytest.mark.parametrize("visibility", [0.5, 1.5, 3.0, 6.0])
@pytest.mark.parametrize("name", COLOUR)
def test_what_was_fitted_is_within_one_in_a_hundred(name: str, visibility: float) -> None:
    assert _found(photograph(name), visibility) == pytest.approx(visibility, rel=0.01)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 3), (7, 5), (448, 3)])
def test_even_the_oddest_size_is_fitted(size: tuple[int, int]) -> None:
    assert _found(photograph("coffee")[: size[0], : size[1]], 3.0) == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_that_cannot_show_so_much_is_marked_as_far_as_it_can(level: int) -> None:
    assert _found(np.full((90, 70, 3), level, np.uint8), 6.0) > 0.5
