"""Rates, areas and curves against definitions written another way, and intervals by simulation."""

import json
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.errors import PassiveError
from auditcore.passive.curves import roc_figure
from auditcore.passive.evaluation import auc, decisions, evaluate, rate, roc, tpr_at

SCORES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=12)


def tail(n: int, p: float, least: int) -> float:
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(least, n + 1))


@pytest.mark.parametrize(("count", "of"), [(0, 8), (1, 8), (4, 9), (7, 8), (8, 8), (21, 392)])
def test_the_bounds_of_a_rate_leave_a_fortieth_on_each_side(count: int, of: int) -> None:
    found = rate(count, of)
    assert found.low <= found.value <= found.high
    if count:
        assert tail(of, found.low, count) == pytest.approx(0.025)
    if count < of:
        assert 1 - tail(of, found.high, count + 1) == pytest.approx(0.025)


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_order(inside: list[float], outside: list[float]) -> None:
    pairs = [(a > b) + (a == b) / 2 for a, b in product(inside, outside)]
    found = auc(inside, outside)
    assert found.value == pytest.approx(sum(pairs) / len(pairs))
    assert 0 <= found.low <= found.value <= found.high <= 1
    curve = roc(inside, outside)
    assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(found.value)


@given(SCORES, SCORES, st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_members_found_at_a_rate(inside: list[float], outside: list[float], fpr: float) -> None:
    found = tpr_at(inside, outside, fpr)
    if len(outside) * fpr < 1:
        assert found is None
        return
    allowed = [t for t in {*inside, *outside} if sum(b >= t for b in outside) <= fpr * len(outside)]
    best = max((sum(a >= t for a in inside) for t in allowed), default=0)
    assert found is not None and found.count == best


@pytest.mark.parametrize(("shift", "true"), [(0.0, 0.5), (0.6744897501960817 * 2**0.5, 0.75)])
def test_the_interval_of_the_area_holds_the_true_one(shift: float, true: float) -> None:
    draws = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        found = auc(draws.normal(shift, 1, 30), draws.normal(0, 1, 40))
        held += found.low <= true <= found.high
    assert 0.92 <= held / 400 <= 0.99


def test_an_area_of_one_keeps_a_lower_bound() -> None:
    found = auc([2.0] * 10, [1.0] * 10)
    assert (found.value, found.high) == (1.0, 1.0) and 0.6 < found.low < 0.95


def test_answers_are_counted() -> None:
    found = decisions([True, True, False], [True, False, False, False])
    assert (found.accuracy.count, found.accuracy.of) == (5, 7)
    assert found.precision is not None and (found.precision.count, found.precision.of) == (2, 3)
    assert (found.recall.count, found.recall.of) == (2, 3)
    assert (found.false_positives.count, found.false_positives.of) == (1, 4)
    assert decisions([False], [False]).precision is None


def test_what_cannot_be_measured_is_said() -> None:
    for inside, outside in (([], [1.0]), ([1.0], []), ([float("nan")], [1.0])):
        with pytest.raises(PassiveError):
            roc(inside, outside)
    with pytest.raises(PassiveError):
        decisions([], [True])


def test_everything_fits_into_json() -> None:
    found = json.loads(json.dumps(evaluate([1.0, 2.0], [0.0, 1.0]), allow_nan=False))
    assert found["tpr_at_fpr"]["0.01"] is None and found["auc"]["value"] == 0.875


def test_the_curve_is_drawn_on_log_axes_without_zeros() -> None:
    figure = roc_figure({"V": roc([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])})
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert all(min(trace.x) > 0 and min(trace.y) > 0 for trace in figure.data)
