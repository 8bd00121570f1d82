"""One by one equals batches; a crossing is for good; batch sizes follow the rule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.sequential import TESTS, Walk, make_test, next_batch_size, shortest_clean_run

answers = st.lists(st.sampled_from([False, False, False, False, True]), max_size=49)


@given(st.sampled_from(TESTS), answers, st.lists(st.integers(1, 12), min_size=50, max_size=50))
def test_batches_decide_as_one_by_one(name: str, beats: list[bool], sizes: list[int]) -> None:
    test = make_test(name, 50, Fraction(1, 10))
    single, batched = Walk(test), Walk(test)
    for beat in beats:
        single.observe([beat])
    rest = list(beats)
    for size in sizes:
        batched.observe(rest[:size])
        rest = rest[size:]
    assert single == batched


@given(st.sampled_from(TESTS), answers, answers)
def test_a_crossing_is_absorbing(name: str, beats: list[bool], later: list[bool]) -> None:
    walk = Walk(make_test(name, 50, Fraction(1, 10)))
    used = walk.observe(beats)
    assert walk.t == used == len(beats[:used])
    if walk.state != "running":
        before = (walk.state, walk.t, walk.k, walk.fired_at)
        assert walk.observe(later) == 0
        assert (walk.state, walk.t, walk.k, walk.fired_at) == before


def test_a_walk_that_ignores_the_advice_goes_on() -> None:
    test = make_test("conditional-rank", 1000, Fraction(1, 20))
    assert Walk(test).observe([True] * 10) == 2
    stubborn = Walk(test, heed_advice=False)
    assert stubborn.observe([True] * 999) == 999
    assert stubborn.state == "exhausted"


def test_a_walk_rejects_at_the_step_and_not_before() -> None:
    walk = Walk(make_test("conditional-rank", 1000, Fraction(1, 20)))
    assert walk.observe([False] * 10 + [True] + [False] * 100) == 65
    assert (walk.state, walk.k, walk.fired_at) == ("rejected", 1, 65)


def test_a_test_that_can_never_reject_gives_up_before_the_first_query() -> None:
    walk = Walk(make_test("pprm", 1000, Fraction(1, 1000)))
    assert walk.state == "gave up"


@pytest.mark.parametrize(
    ("t", "k", "size"),
    [(0, 0, 8), (8, 0, 8), (16, 0, 11), (24, 1, 24), (60, 1, 5), (66, 2, 39), (70, 4, 64)],
)
def test_batch_sizes(t: int, k: int, size: int) -> None:
    test = make_test("conditional-rank", 1000, Fraction(1, 20))
    assert next_batch_size(test, t, k) == size


@given(st.sampled_from(TESTS), st.integers(0, 199), st.integers(0, 199))
def test_a_batch_never_asks_for_more_than_there_is(name: str, t: int, k: int) -> None:
    test = make_test(name, 200, Fraction(1, 20))
    k = min(k, t)
    size = next_batch_size(test, t, k)
    assert 0 <= size <= min(64, max(8, t), 199 - t)
    run = shortest_clean_run(test, t, k)
    if run:
        assert test.rejects(t + run, k)
        assert not test.rejects(t + run - 1, k)
        assert size >= 1
