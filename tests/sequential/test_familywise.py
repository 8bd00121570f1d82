"""Every photo its own verdict: the family-wise rate over all orderings, and what it claims."""

import math
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.errors import DesignError
from auditcore.sequential import ClosedTest, ClosedWalk, make_test
from auditcore.sequential.collection import ALTERNATIVES, LOG_WEIGHTS, State, log_factors
from auditcore.sequential.familywise import lowest_log_e
from auditcore.sequential.logmath import log_sum

from .definitions import answer_patterns
from .whole_audits import scored_beats

P = Fraction(1, 20)

photo_states = st.integers(0, 60).flatmap(
    lambda t: st.tuples(st.just(t), st.integers(0, min(t, 6)))
)


@pytest.mark.parametrize(
    ("m", "n", "p"),
    [
        (2, 6, Fraction(2, 5)),
        (2, 6, Fraction(1, 4)),
        (3, 4, Fraction(2, 5)),
        (3, 4, Fraction(1, 4)),
    ],
)
def test_family_wise_rate_over_every_ordering(m: int, n: int, p: Fraction) -> None:
    """All photos innocent: the chance of any claim, answers taken in turn, one by one."""
    test = ClosedTest(m, n, p)
    rate = Fraction(0)
    for photos in product(list(answer_patterns(n - 1)), repeat=m):
        walk = walked_in_turn(test, [answers for answers, _ in photos])
        rate += math.prod((chance for _, chance in photos), start=Fraction(any(walk.claimed)))
    assert 0 < rate <= p


def test_family_wise_rate_when_one_photo_was_used() -> None:
    """One photo always comes first, the other is innocent: the chance to claim that one too."""
    test = ClosedTest(2, 10, Fraction(1, 4))
    rate = Fraction(0)
    for answers, chance in answer_patterns(9):
        walk = walked_in_turn(test, [[False] * 9, answers])
        assert walk.claimed[0]
        rate += chance * walk.claimed[1]
    assert 0 < rate <= Fraction(1, 4)


def walked_in_turn(test: ClosedTest, answers: list[list[bool]]) -> ClosedWalk:
    walk = ClosedWalk(test)
    for turn in range(len(answers[0])):
        for photo in range(test.m):
            walk.observe(photo, answers[photo][turn : turn + 1])
    return walk


@settings(max_examples=60)
@given(st.lists(photo_states, min_size=2, max_size=6), st.data())
def test_the_shortcut_never_exceeds_the_worst_set(states: list[State], data: st.DataObject) -> None:
    factors = np.array([log_factors(t, k) for t, k in states])
    size = data.draw(st.integers(1, len(states)))
    bounds = lowest_log_e(factors, factors, np.array([size]))[0]
    for photo, bound in enumerate(bounds):
        worst = min(
            log_sum(LOG_WEIGHTS + factors[list(chosen)].sum(axis=0))
            for chosen in combinations(range(len(states)), size)
            if photo in chosen
        )
        assert bound <= worst + 1e-9
        if len(set(states)) == 1:
            assert bound == pytest.approx(worst, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(photo_states, min_size=1, max_size=5))
def test_a_claim_has_every_set_behind_it(states: list[State]) -> None:
    """Closed testing, spelled out over all sets of photos."""
    m, test = len(states), ClosedTest(len(states), 200, Fraction(1, 5))
    fired = np.array([test.fired(t, k) for t, k in states])
    factors = np.array([log_factors(t, k) for t, k in states])
    for photo, claimed in enumerate(test.claims(factors, fired, np.ones(m, dtype=np.bool_))):
        if claimed:
            assert all(
                rejected_set(test, chosen, states)
                for size in range(1, m + 1)
                for chosen in combinations(range(m), size)
                if photo in chosen
            )


def rejected_set(test: ClosedTest, chosen: tuple[int, ...], states: list[State]) -> bool:
    size = len(chosen)
    if size == 1:
        return make_test(test.name, test.n, test.p).rejects(*states[chosen[0]])
    share = Fraction(9, 10) * test.p / size
    possible = test.n * share >= 1
    if possible:
        own = make_test(test.name, test.n, share)
        if any(own.rejects(*states[photo]) for photo in chosen):
            return True
    factors = sum(log_factors(*states[photo]) for photo in chosen)
    needed = 10 / test.p if possible else 1 / test.p
    return log_sum(LOG_WEIGHTS + factors) >= math.log(needed)


def test_one_photo_is_its_own_test() -> None:
    walk, own = ClosedWalk(ClosedTest(1, 1000, P)), make_test("conditional-rank", 1000, P)
    assert own.step(0) == 27
    walk.observe(0, [False] * 26)
    assert not walk.claimed[0]
    assert walk.observe(0, [False] * 5) == 1
    assert walk.claimed == [True]
    assert walk.collection_rejected


def test_many_used_photos_cost_little_more_than_their_own_tests() -> None:
    walk = ClosedWalk(ClosedTest(20, 1000, Fraction(1, 40)))
    asked = ask_breadth_first(walk, [[False] * 999] * 20)
    assert walk.claimed == [True] * 20
    alone = make_test("conditional-rank", 1000, Fraction(1, 40)).step(0)
    assert asked == 20 * alone  # type: ignore[operator]


def test_few_used_photos_are_found_among_many() -> None:
    rng = np.random.default_rng(31)
    beats = scored_beats(rng, 1, 20, 999, 0.0, 0)[0]
    beats[:2] = False
    walk = ClosedWalk(ClosedTest(20, 1000, P))
    ask_breadth_first(walk, beats.tolist())
    assert walk.claimed == [True] * 2 + [False] * 18
    assert max(t for t, _ in walk.states[:2]) <= 500


def ask_breadth_first(walk: ClosedWalk, answers: list[list[bool]]) -> int:
    asked, goal = 0, 1
    while opened := walk.open_photos():
        for photo in opened:
            t = walk.states[photo][0]
            asked += walk.observe(photo, answers[photo][t:goal])
        goal = min(2 * goal, walk.test.n - 1)
    return asked


def test_no_photo_is_claimed_before_the_collection() -> None:
    rng = np.random.default_rng(32)
    for beats in scored_beats(rng, 20, 6, 199, 2.5, 4):
        walk = ClosedWalk(ClosedTest(6, 200, P))
        for turn in range(199):
            for photo in range(6):
                walk.observe(photo, [bool(beats[photo, turn])])
                assert walk.collection_rejected or not any(walk.claimed)


def test_claims_are_for_good_and_batches_are_as_one_by_one() -> None:
    rng = np.random.default_rng(33)
    for beats in scored_beats(rng, 10, 4, 199, 2.0, 3).tolist():
        single, batched = ClosedWalk(ClosedTest(4, 200, P)), ClosedWalk(ClosedTest(4, 200, P))
        for start in range(0, 199, 16):
            for photo in range(4):
                before = list(single.claimed)
                for beat in beats[photo][start : start + 16]:
                    single.observe(photo, [beat])
                batched.observe(photo, beats[photo][start : start + 16])
                assert all(now >= then for now, then in zip(single.claimed, before, strict=True))
        assert single.states == batched.states
        assert single.claimed == batched.claimed


@pytest.mark.parametrize("p", [P, Fraction(1, 10)])
def test_family_wise_rate_by_simulation(p: Fraction) -> None:
    """Whole audits of six photos, three of them used, asked breadth first and given up early."""
    rng, wrong, audits, test = np.random.default_rng(34), 0, 100, ClosedTest(6, 200, p)
    scored = scored_beats(rng, audits, 6, 199, 0.0, 0)
    scored[:, :3] = False
    for beats in scored.tolist():
        walk = ClosedWalk(test)
        ask_breadth_first(walk, beats)
        assert all(walk.claimed[:3])
        wrong += any(walk.claimed[3:])
    assert wrong / audits <= p + 3 * (float(p) / audits) ** 0.5


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DesignError, match="no photo"):
        ClosedTest(0, 1000, P)
    with pytest.raises(DesignError, match="at least 20 versions"):
        ClosedTest(3, 19, P)


def test_sizes_beyond_the_versions_rely_on_the_collection_at_full_level() -> None:
    test = ClosedTest(30, 200, P)
    assert [size.own is None for size in test.sizes] == [size > 9 for size in range(1, 31)]
    assert test.sizes[29].log_threshold == pytest.approx(math.log(20))
    assert test.sizes[4].log_threshold == pytest.approx(math.log(200))
    assert len(ALTERNATIVES) == log_factors(1, 0).size
