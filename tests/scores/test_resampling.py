"""The matrices of views: the same as Pillow's resize of the spread mark."""

import numpy as np
import pytest
from PIL import Image

from auditcore.marks.budget import CELLS, LEVELS_MAX
from auditcore.marks.grids import LEVEL, add_grid
from auditcore.randomness import derive
from auditcore.scores.resampling import COARSE, ONE, ROW_MAX, view_matrices
from auditcore.scores.views import Crop, View, draw_views

SIZES = [16, 64, 112, 224, 500]


def drawn(count: int, area: float) -> tuple[View, ...]:
    return draw_views(derive(b"matrices", count), count, Crop(area, flip=False))


def smooth_marks() -> np.ndarray:
    """Return CELLS marks along one axis as columns, 0 to 200: waves of 24 cells or more.

    Towards the border they are level, as marks are.
    """
    cell, wave = np.mgrid[0:CELLS, 0:CELLS]
    return 100 + 100 * np.cos(np.pi * (cell + 0.5) * (wave % 6) / CELLS)


def floating_view(lines: np.ndarray, low: float, high: float, size: int) -> np.ndarray:
    """Pillow's own resize of columns of floating-point numbers, along the first axis."""
    picture = Image.fromarray(lines.astype(np.float32), mode="F")
    box = (0, low, lines.shape[1], high)
    resized = picture.resize(
        (lines.shape[1], size), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0
    )
    return np.asarray(resized)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [1, 7, 64, 336, 448])
def test_a_matrix_is_pillows_resize_of_each_cell_spread_over_the_picture(
    length: int, size: int
) -> None:
    waves = smooth_marks()  # one a column
    grey = np.repeat(np.rint(waves * LEVEL).astype(np.int32)[:, :, None], 3, axis=2)
    spread = add_grid(np.zeros((length, CELLS, 3), np.uint8), grey)[:, :, 0]
    means = waves.reshape(COARSE, 2, CELLS).mean(axis=1)
    views = [*drawn(5, 0.3), View(0, 0, 1, 1)]
    low, high = [v.top * length for v in views], [v.bottom * length for v in views]
    found = view_matrices(length, low, high, size) / ONE
    for view, matrix in zip(views, found, strict=True):
        expected = floating_view(spread, view.top * length, view.bottom * length, size)
        assert np.abs(matrix @ means - expected).max() < 1.5  # grey levels, of 200


@pytest.mark.parametrize("length", [1, 7, 64, 448])
@pytest.mark.parametrize("size", SIZES)
def test_products_with_the_matrices_are_exact_in_float32(size: int, length: int) -> None:
    views = drawn(40, 0.1)
    edges = [v.left * length for v in views], [v.right * length for v in views]
    matrices = view_matrices(length, *edges, size)
    assert matrices.shape == (40, size, COARSE)
    largest = np.abs(matrices.astype(int)).sum(axis=2).max()
    assert largest < ROW_MAX * ONE
    assert (LEVELS_MAX * LEVEL + 1) * ROW_MAX**2 * ONE < 2**24


def test_the_lines_of_a_view_add_up_to_the_picture() -> None:
    matrices = view_matrices(300, [0.0, 10.5], [300.0, 200.25], 64)
    assert np.abs(matrices.sum(axis=2) - ONE).max() <= 6  # rounding


def test_a_view_is_the_same_whatever_views_are_asked_beside() -> None:
    views = drawn(6, 0.05)
    low, high = [v.top * 448 for v in views], [v.bottom * 448 for v in views]
    together = view_matrices(448, low, high, 32)
    for index, matrix in enumerate(together):
        (alone,) = view_matrices(448, low[index : index + 1], high[index : index + 1], 32)
        assert np.array_equal(alone, matrix)
