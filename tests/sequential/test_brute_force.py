"""Each test against its definition, and its false-detection rate over every possible ordering."""

from fractions import Fraction
from math import factorial

import pytest

from auditcore.sequential import TESTS, Walk, exact_rate, make_test, operating_characteristics

from .definitions import DEFINITIONS, Rejects, answer_patterns, orderings

SETTINGS = [
    (7, Fraction(1, 2)),
    (7, Fraction(2, 5)),
    (7, Fraction(1, 3)),
    (7, Fraction(2, 7)),
    (7, Fraction(1, 7)),
    (6, Fraction(3, 8)),
]


def first_crossing(rejects: Rejects, answers: list[bool]) -> int | None:
    k = 0
    for t, beats in enumerate([False, *answers]):
        k += beats
        if rejects(t, k):
            return t
    return None


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize(("n", "p"), SETTINGS)
def test_rate_over_every_ordering_is_exact_and_within_the_level(
    name: str, n: int, p: Fraction
) -> None:
    test, definition = make_test(name, n, p), DEFINITIONS[name](n, p)
    crossings: dict[tuple[bool, ...], int | None] = {}
    fired = 0
    for answers in orderings(n):
        key = tuple(answers)
        if key not in crossings:
            walk = Walk(test, heed_advice=False)
            walk.observe(answers)
            crossings[key] = walk.fired_at
            assert walk.fired_at == first_crossing(definition, answers)
        fired += crossings[key] is not None
    rate = Fraction(fired, factorial(n))
    assert rate <= p
    assert exact_rate(test) == rate
    free = operating_characteristics(test, heed_advice=False)
    assert free.rate == pytest.approx(float(rate), abs=1e-12)


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize(
    ("n", "p"),
    [
        (40, Fraction(1, 20)),
        (41, Fraction(1, 8)),
        (45, Fraction(3, 20)),
        (37, Fraction(1, 37)),
        (60, Fraction(1, 40)),
        (50, Fraction(1, 3)),
    ],
)
def test_staircase_is_the_first_crossing_of_the_definition(name: str, n: int, p: Fraction) -> None:
    """From below: every state that a path can reach without having crossed, and one step on."""
    test, definition = make_test(name, n, p), DEFINITIONS[name](n, p)
    reachable = {0}
    for t in range(n):
        fired = {k for k in reachable if definition(t, k)}
        assert fired == {k for k in reachable if test.rejects(t, k)}
        reachable = {k + beat for k in reachable - fired for beat in (0, 1)}


@pytest.mark.parametrize("name", TESTS)
def test_cost_and_rate_with_advice_over_every_path(name: str) -> None:
    test = make_test(name, 12, Fraction(1, 4))
    rate = cost = Fraction(0)
    for answers, chance in answer_patterns(11):
        walk = Walk(test)
        walk.observe(answers)
        rate += chance * (walk.state == "rejected")
        cost += chance * walk.t
    assert exact_rate(test, heed_advice=True) == rate <= Fraction(1, 4)
    result = operating_characteristics(test)
    assert result.rate == pytest.approx(float(rate), abs=1e-12)
    assert result.mean_hidden_queries == pytest.approx(float(cost), abs=1e-9)


@pytest.mark.parametrize("name", TESTS)
def test_no_stopping_rule_based_on_the_advice_helps_an_innocent_model_be_accused(
    name: str,
) -> None:
    test = make_test(name, 200, Fraction(1, 20))
    assert exact_rate(test, heed_advice=True) <= exact_rate(test) <= Fraction(1, 20)


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("n", [20, 97, 333, 1000])
@pytest.mark.parametrize("halvings", [0, 1, 2, 3])
def test_rates_at_the_levels_of_repeated_attempts(name: str, n: int, halvings: int) -> None:
    p = Fraction(1, 20) / 2**halvings
    if n * p >= 1:
        assert operating_characteristics(make_test(name, n, p)).rate <= float(p) + 1e-12
