"""The tables of steps and of give-up advice that the methodology states."""

from fractions import Fraction

import pytest

from auditcore.errors import DesignError
from auditcore.sequential import TESTS, make_test

LEVELS = ("0.05", "0.01", "0.005", "0.002", "0.001")


@pytest.mark.parametrize(
    ("name", "n", "steps"),
    [
        ("conditional-rank", 1000, (27, 129, 225, 499, 999)),
        ("betting", 10_000, (50, 254, 510, 1278, 2557)),
        ("pprm", 1000, (311, 909, 997, 999, None)),
        ("pprm-best-split", 1000, (206, 775, 966, 999, None)),
        ("full-rank", 1000, (950, 990, 995, 998, 999)),
    ],
)
def test_hidden_queries_to_reject_when_nothing_beats(
    name: str, n: int, steps: tuple[int | None, ...]
) -> None:
    assert tuple(make_test(name, n, Fraction(p)).step(0) for p in LEVELS) == steps


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("p", LEVELS)
def test_no_test_rejects_before_the_floor(name: str, p: str) -> None:
    floor = {"0.05": 19, "0.01": 99, "0.005": 199, "0.002": 499, "0.001": 999}[p]
    step = make_test(name, 1000, Fraction(p)).step(0)
    assert step is None or step >= floor


@pytest.mark.parametrize("p", LEVELS)
def test_the_aggressive_bet_stands_on_the_floor(p: str) -> None:
    test = make_test("besag-clifford", 1000, Fraction(p), h=1)
    assert test.staircase == (-(-1 // Fraction(p)) - 1,)
    assert [test.statistic(t, 0) for t in (0, 4, 19)] == pytest.approx([1, 5, 20])


@pytest.mark.parametrize(
    ("n", "p", "steps"),
    [
        (1000, "0.05", (27, 65, 105, 144, 184, 223, 263, 302, 342, 381, 421, 460)),
        (1000, "0.01", (129, 313, 499, 686, 870)),
        (1000, "0.002", (499,)),
        (200, "0.05", (25, 62, 99, 137, 174)),
        (100, "0.05", (22, 63)),
    ],
)
def test_conditional_rank_staircase(n: int, p: str, steps: tuple[int, ...]) -> None:
    staircase = make_test("conditional-rank", n, Fraction(p)).staircase
    assert staircase[: len(steps)] == steps
    assert len(staircase) == max(1, round(n * Fraction(p) / 2))


@pytest.mark.parametrize(
    ("n", "p", "fewest"),
    [
        (1000, "0.05", (2, 3, 3, 4, 6, 9)),
        (1000, "0.01", (2, 2, 2, 3, 3, 4)),
        (200, "0.05", (2, 2, 3, 4, 5, 5)),
        (100, "0.05", (2, 2, 2, 2, 2)),
    ],
)
def test_give_up_advice_of_conditional_rank(n: int, p: str, fewest: tuple[int, ...]) -> None:
    test = make_test("conditional-rank", n, Fraction(p))
    for t, k in zip((2, 5, 10, 20, 50, 100), fewest, strict=False):
        assert [test.gives_up(t, beats) for beats in (k - 1, k)] == [False, True]


@pytest.mark.parametrize(
    ("name", "p", "r"),
    [
        ("conditional-rank", "0.05", 25),
        ("conditional-rank", "0.01", 5),
        ("pprm-best-split", "0.05", 45),
        ("pprm-best-split", "0.01", 9),
        ("pprm", "0.05", 25),
        ("full-rank", "0.05", 50),
    ],
)
def test_the_ranks_that_count_as_the_top(name: str, p: str, r: int) -> None:
    assert make_test(name, 1000, Fraction(p)).top == r  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", TESTS)
def test_levels_that_need_more_versions_are_refused_with_the_number(name: str) -> None:
    make_test(name, 20, Fraction(1, 20))
    with pytest.raises(DesignError, match="needs at least 20 versions"):
        make_test(name, 19, Fraction(1, 20))
    with pytest.raises(DesignError, match="between 0 and 1"):
        make_test(name, 1000, Fraction(1))


def test_an_unknown_test_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DesignError, match="conditional-rank, pprm"):
        make_test("t-test", 1000, Fraction(1, 20))


@pytest.mark.parametrize("h", [-1, 51])
def test_besag_clifford_refuses_an_h_it_cannot_honour(h: int) -> None:
    with pytest.raises(DesignError, match="1 to 50 beats"):
        make_test("besag-clifford", 1000, Fraction(1, 20), h=h)


@pytest.mark.parametrize("name", TESTS)
def test_states_that_cannot_be_are_refused(name: str) -> None:
    test = make_test(name, 100, Fraction(1, 20))
    for t, k in ((-1, 0), (3, 4), (100, 0), (5, -1)):
        with pytest.raises(ValueError, match="no state"):
            test.rejects(t, k)
