import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from auditcore.errors import ScoreError
from auditcore.scores.entropy import (
    HISTOGRAM_FLOOR,
    complements,
    label_histogram,
    mean_probabilities,
    modified_entropy_score,
    negative_entropy_score,
)

ROWS = arrays(np.float64, st.integers(2, 12), elements=st.floats(1e-6, 1)).map(
    lambda x: x / x.sum()
)


def by_hand(p: list[float], y: int) -> float:
    """The formula of methods.md, term by term."""
    own = (1 - p[y]) * math.log(p[y])
    return own + sum(q * math.log(1 - q) for i, q in enumerate(p) if i != y)


@pytest.mark.parametrize(
    ("p", "y", "expected"),
    [
        ([0.5, 0.5], 0, 0.5 * math.log(0.5) + 0.5 * math.log(0.5)),
        ([0.7, 0.2, 0.1], 0, 0.3 * math.log(0.7) + 0.2 * math.log(0.8) + 0.1 * math.log(0.9)),
        ([0.7, 0.2, 0.1], 2, 0.9 * math.log(0.1) + 0.7 * math.log(0.3) + 0.2 * math.log(0.8)),
        ([1.0, 0.0, 0.0], 0, 0.0),
    ],
)
def test_modified_entropy_by_hand(p: list[float], y: int, expected: float) -> None:
    assert modified_entropy_score(np.array(p), y) == pytest.approx(expected, rel=1e-12, abs=0)


@given(ROWS, st.data())
def test_modified_entropy_is_the_formula(p: np.ndarray, data: st.DataObject) -> None:
    y = data.draw(st.integers(0, len(p) - 1))
    assert modified_entropy_score(p, y) == pytest.approx(by_hand(p.tolist(), y), rel=1e-9)


def test_modified_entropy_is_exact_near_one() -> None:
    """A model sure to 12 digits: 1 - p_y is 3e-12, which plain subtraction gets to 4 digits."""
    p = np.array([1 - 3e-12, 1e-12, 2e-12])
    terms = (3e-12 * math.log1p(-3e-12), 1e-12 * math.log1p(-1e-12), 2e-12 * math.log1p(-2e-12))
    assert modified_entropy_score(p, 0) == pytest.approx(sum(terms), rel=1e-9, abs=0)
    assert complements(p)[0] == float(Fraction(1e-12) + Fraction(2e-12))


def test_modified_entropy_of_certain_errors_is_finite_and_lowest() -> None:
    sure_and_wrong = modified_entropy_score(np.array([0.0, 1.0]), 0)
    nearly = modified_entropy_score(np.array([1e-9, 1 - 1e-9]), 0)
    assert math.isfinite(sure_and_wrong)
    assert sure_and_wrong < nearly < -1


def test_modified_entropy_rises_with_the_true_label() -> None:
    scores = [modified_entropy_score(np.array([p, 1 - p]), 0) for p in np.linspace(0.01, 0.99, 50)]
    assert scores == sorted(scores)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.25] * 4, -math.log(4)),
        ([1.0, 0.0], 0.0),
        ([0.9, 0.1], 0.9 * math.log(0.9) + 0.1 * math.log(0.1)),
    ],
)
def test_negative_entropy_by_hand(p: list[float], expected: float) -> None:
    assert negative_entropy_score(np.array(p)) == pytest.approx(expected, rel=1e-12, abs=0)


def test_mean_probabilities_divides_out_what_rounding_left() -> None:
    rows = np.array([[0.5, 0.5], [0.2002, 0.8]])
    np.testing.assert_allclose(
        mean_probabilities(rows), [(0.5 + 0.2002 / 1.0002) / 2, (0.5 + 0.8 / 1.0002) / 2]
    )


@pytest.mark.parametrize("rows", [[[0.5, 0.6]], [[-0.1, 1.1]], [[3.0, -2.0]], [[0.0, 0.0]]])
def test_what_is_no_distribution_is_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ScoreError, match="not class probabilities"):
        mean_probabilities(np.array(rows))


def test_label_histogram_counts_and_floors() -> None:
    total = 1 + 2 * HISTOGRAM_FLOOR
    found = label_histogram(np.array([2, 2, 0, 2]), 4)
    expected = np.array([0.25, HISTOGRAM_FLOOR, 0.75, HISTOGRAM_FLOOR]) / total
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_label_histogram_ranks_by_how_often_the_true_label_came() -> None:
    rows = [np.array([0] * right + [1] * (16 - right)) for right in range(17)]
    scores = [modified_entropy_score(label_histogram(row, 10), 0) for row in rows]
    assert scores == sorted(scores)
    assert len(set(scores)) == 17
    assert all(math.isfinite(score) for score in scores)


def test_labels_beyond_the_last_class_get_bins_of_their_own() -> None:
    """Whatever numbers they have: a hosted model that names labels counts them as they come."""
    few = label_histogram(np.array([0, 7, 7, 9]), 3)
    assert few.shape == (5,)
    assert few.argmax() == 3
    np.testing.assert_array_equal(few, label_histogram(np.array([0, 3, 3, 8]), 3))
