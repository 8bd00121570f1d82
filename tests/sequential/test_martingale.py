"""The followed statistics are fair games under H0, exactly, and the floats agree with them."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.sequential import TESTS, make_test
from auditcore.sequential.base import first_true
from auditcore.sequential.null import next_beats_probability
from auditcore.sequential.pprm import PPRM
from auditcore.sequential.tail import TailTest

MARTINGALES = ("conditional-rank", "betting", "besag-clifford", "full-rank")


@st.composite
def cases_of_a_test(draw: st.DrawFn) -> tuple[TailTest, int, int]:
    p = Fraction(1, draw(st.integers(2, 40)))
    n = draw(st.integers(-(-1 // p), 120))
    test = make_test(draw(st.sampled_from(MARTINGALES)), n, p)
    assert isinstance(test, TailTest)
    last = min(n, getattr(test, "pool", n)) - 2
    t = draw(st.integers(0, max(0, last)))
    return test, t, draw(st.integers(0, t))


@given(cases_of_a_test())
def test_fair_game(case: tuple[TailTest, int, int]) -> None:
    test, t, k = case
    assert test.exact_statistic(0, 0) == 1
    if t + 1 < test.n:
        up = next_beats_probability(t, k)
        mean = up * test.exact_statistic(t + 1, k + 1) + (1 - up) * test.exact_statistic(t + 1, k)
        assert mean == test.exact_statistic(t, k)


@given(cases_of_a_test())
def test_floats_agree_with_fractions(case: tuple[TailTest, int, int]) -> None:
    test, t, k = case
    exact = test.exact_statistic(t, k)
    if exact == 0:
        assert test.log_statistic(t, k) == -math.inf
        assert test.statistic(t, k) == 0
    else:
        logarithm = math.log(exact.numerator) - math.log(exact.denominator)
        assert test.log_statistic(t, k) == pytest.approx(logarithm, abs=1e-9)
    assert test.rejects(t, k) == (exact >= test.threshold)


@given(cases_of_a_test())
def test_a_beat_lowers_and_a_clean_answer_raises(case: tuple[TailTest, int, int]) -> None:
    test, t, k = case
    if t + 1 < test.n:
        now = test.exact_statistic(t, k)
        assert test.exact_statistic(t + 1, k + 1) <= now <= test.exact_statistic(t + 1, k)


@given(cases_of_a_test())
def test_give_up_is_the_hundredth_or_a_lost_case(case: tuple[TailTest, int, int]) -> None:
    test, t, k = case
    lost = test.step(k) is None
    advised = test.name in ("conditional-rank", "betting")
    low = advised and test.exact_statistic(t, k) <= Fraction(1, 100)
    assert test.gives_up(t, k) == (lost or low)


@pytest.mark.parametrize("name", TESTS)
def test_extreme_states_have_finite_or_minus_infinite_logs(name: str) -> None:
    test = make_test(name, 10_000, Fraction(1, 20))
    for t, k in ((0, 0), (1, 1), (9999, 0), (9999, 9999), (5000, 2500), (9999, 400)):
        assert not math.isnan(test.log_statistic(t, k))
        assert not math.isnan(test.statistic(t, k))
    assert test.log_statistic(0, 0) == pytest.approx(0, abs=1e-9)


@given(st.integers(20, 60), st.data())
def test_the_papers_statistic_is_the_lower_end_of_its_confidence_set(
    n: int, data: st.DataObject
) -> None:
    test = make_test("pprm", n, Fraction(1, 10))
    assert isinstance(test, PPRM)
    t = data.draw(st.integers(0, n - 1))
    k = data.draw(st.integers(0, t))
    kept = [
        j
        for j in range(n)
        if (ways := math.comb(j, t - k) * math.comb(n - 1 - j, k))
        and Fraction(math.comb(n - 1, t), (t + 1) * ways) < 1 / test.alpha
    ]
    assert test.statistic(t, k) == min(kept)
    assert (test.statistic(t, k) >= test.threshold) == test.rejects(t, k)
    reached = test.log_statistic(t, k) >= test.log_threshold - 1e-9
    assert reached or not test.rejects(t, k)


@given(st.integers(0, 50), st.integers(0, 60), st.integers(-5, 70))
def test_galloping_finds_the_first(low: int, high: int, turn: int) -> None:
    found = first_true(low, high, lambda i: i >= turn)
    assert found == next((i for i in range(low, high + 1) if i >= turn), None)
