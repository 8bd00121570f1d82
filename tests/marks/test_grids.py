"""Grids spread over pictures: exact, in stripes, at any size."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.marks import grids
from auditcore.marks.grids import LEVEL, add_grid, enlarge


def random_grid(seed: int, cells: int = 8, levels: int = 20) -> np.ndarray:
    bound = levels * LEVEL
    draws = np.random.default_rng(seed).integers(-bound, bound + 1, (cells, cells, 3))
    return draws.astype(np.int32)


def random_pixels(seed: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def expected(pixels: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The same in floating point, without stripes: bilinear between cell centres."""

    def places(size: int, cells: int) -> tuple[np.ndarray, np.ndarray]:
        place = np.clip((np.arange(size) + 0.5) * cells / size - 0.5, 0, cells - 1)
        before = np.minimum(place.astype(int), cells - 2)
        return before, place - before

    (y, fy), (x, fx) = places(pixels.shape[0], len(grid)), places(pixels.shape[1], grid.shape[1])
    rows = grid[y] * (1 - fy)[:, None, None] + grid[y + 1] * fy[:, None, None]
    both = rows[:, x] * (1 - fx)[:, None] + rows[:, x + 1] * fx[:, None]
    return np.clip(pixels + both / LEVEL, 0, 255)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 999))
def test_any_shape_is_interpolated_as_in_floating_point(height: int, width: int, seed: int) -> None:
    pixels, grid = random_pixels(seed, height, width), random_grid(seed)
    difference = add_grid(pixels, grid) - expected(pixels, grid)
    assert np.abs(difference).max() <= 0.5 + 2 * 40 / 256  # rounding, and steps of 1/256 cell


@pytest.mark.parametrize("stripe", [1, 100, 1 << 30])
def test_stripes_equal_the_whole(stripe: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, grid = random_pixels(1, 301, 47), random_grid(1)
    usual = add_grid(pixels, grid)
    monkeypatch.setattr(grids, "_STRIPE_VALUES", stripe)
    assert np.array_equal(add_grid(pixels, grid), usual)


def test_nothing_added_changes_nothing_and_the_picture_is_kept() -> None:
    pixels = random_pixels(2, 31, 17)
    before = pixels.copy()
    assert np.array_equal(add_grid(pixels, np.zeros((8, 8, 3), np.int32)), pixels)
    add_grid(pixels, random_grid(2))
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("levels", [-255, -3, 7, 255])
def test_a_constant_is_added_exactly_and_kept_within_range(levels: int) -> None:
    pixels = random_pixels(3, 20, 33)
    marked = add_grid(pixels, np.full((8, 8, 3), levels * LEVEL, np.int32))
    assert np.array_equal(marked, np.clip(pixels.astype(int) + levels, 0, 255))


def test_a_large_photo_needs_little_more_than_its_result() -> None:
    pixels = np.zeros((3000, 4000, 3), np.uint8)
    grid = random_grid(4, cells=64)
    tracemalloc.start()
    add_grid(pixels, grid)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * pixels.nbytes


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(0, 999))
def test_an_enlarged_grid_stays_within_the_range_of_the_small_one(cells: int, seed: int) -> None:
    small = random_grid(seed, cells=4)
    large = enlarge(small, cells)
    assert large.shape == (cells, cells, 3)
    assert small.min() <= large.min() and large.max() <= small.max()
