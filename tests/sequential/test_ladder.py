"""The ladder of p: nested where the methodology says so, refused where it is not."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.errors import DesignError
from auditcore.sequential import Ladder, make_test
from auditcore.sequential.ladder import nested, states

from .definitions import answer_patterns

LISTED = {
    "0.1": 13,
    "0.05": 27,
    "0.02": 66,
    "0.01": 129,
    "0.005": 225,
    "0.002": 499,
    "0.001": 999,
}
LEVELS = [Fraction(p) for p in LISTED]


def test_the_listed_ladder_is_nested_with_the_listed_first_steps() -> None:
    ladder = Ladder("conditional-rank", 1000, LEVELS)
    assert [test.step(0) for test in ladder.tests] == sorted(LISTED.values(), reverse=True)


@pytest.mark.parametrize("name", ["betting", "full-rank", "pprm"])
def test_other_tests_stand_on_the_same_ladder(name: str) -> None:
    Ladder(name, 1000, LEVELS)


def test_the_p_value_falls_along_a_clean_run_and_never_rises() -> None:
    ladder = Ladder("conditional-rank", 1000, LEVELS)
    clean = list(states([False] * 130))
    reached = [ladder.p_value(clean[: t + 1]) for t in (12, 13, 27, 65, 66, 129)]
    assert reached == [Fraction(p) for p in ("1", "0.1", "0.05", "0.05", "0.02", "0.01")]
    assert ladder.p_value(states([False] * 30 + [True] * 500)) == Fraction(1, 20)


def test_levels_that_cross_are_refused() -> None:
    # r is 2 at n p = 3.2 and 1 at n p = 2.8: the stricter level would fire first.
    crossing = [Fraction(32, 10_000), Fraction(28, 10_000)]
    mild, strict = (make_test("conditional-rank", 1000, p) for p in crossing)
    assert strict.step(0) < mild.step(0)  # type: ignore[operator]
    assert not nested(strict, mild)
    with pytest.raises(DesignError, match="one ladder"):
        Ladder("conditional-rank", 1000, crossing)


@settings(max_examples=60)
@given(st.integers(20, 200), st.integers(2, 20), st.integers(2, 20))
def test_nested_means_that_no_path_fires_the_stricter_level_first(n: int, a: int, b: int) -> None:
    strict, mild = (
        make_test("conditional-rank", n, Fraction(1, level)) for level in sorted((a, b))[::-1]
    )
    crossed = any(
        strict.rejects(t, k) and not mild.rejects(t, k) for k, t in enumerate(strict.staircase)
    )
    assert nested(strict, mild) == (not crossed)


def test_p_values_over_every_path_are_within_each_level() -> None:
    levels = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 10)]
    ladder = Ladder("conditional-rank", 10, levels)
    shares = dict.fromkeys(levels, Fraction(0))
    for answers, chance in answer_patterns(9):
        value = ladder.p_value(states(answers))
        for level in levels:
            shares[level] += chance * (value <= level)
    assert all(share <= level for level, share in shares.items())
    assert all(shares.values())


def test_an_empty_ladder_and_a_history_with_gaps_are_refused() -> None:
    with pytest.raises(DesignError, match="at least one"):
        Ladder("pprm", 1000, [])
    with pytest.raises(ValueError, match="every state"):
        Ladder("pprm", 1000, [Fraction(1, 20)]).p_value([(0, 0), (8, 0)])
