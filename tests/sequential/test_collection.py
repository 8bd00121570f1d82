"""The collection claim that may be watched always: exact, fair, strong for both kinds of marks."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.errors import DesignError
from auditcore.sequential import AnytimeCollection
from auditcore.sequential.collection import (
    ALTERNATIVES,
    RunningEvidence,
    State,
    likelihood_ratio,
)
from auditcore.sequential.null import next_beats_probability

from .definitions import answer_patterns
from .whole_audits import collection_paths, scored_beats

P = Fraction(1, 20)


def test_the_weights_are_a_distribution_over_alternatives() -> None:
    assert sum(one.weight for one in ALTERNATIVES) == 1
    assert all(0 < one.f <= 1 and one.b > 1 for one in ALTERNATIVES)


def test_each_likelihood_ratio_is_a_fair_game() -> None:
    for b in (2, 5, 1000):
        assert likelihood_ratio(b, 0, 0) == 1
        for t in range(8):
            for k in range(t + 1):
                up = next_beats_probability(t, k)
                mean = up * likelihood_ratio(b, t + 1, k + 1)
                mean += (1 - up) * likelihood_ratio(b, t + 1, k)
                assert mean == likelihood_ratio(b, t, k)


def test_the_likelihood_is_that_of_a_chance_drawn_from_beta() -> None:
    """P(path) = integral of q^k (1-q)^(t-k) b (1-q)^(b-1) dq, by midpoints."""
    grid = (np.arange(200_000) + 0.5) / 200_000
    for b, t, k in ((2, 3, 1), (4, 10, 0), (8, 5, 5)):
        density = grid**k * (1 - grid) ** (t - k) * b * (1 - grid) ** (b - 1)
        null = 1 / ((t + 1) * math.comb(t, k))
        ratio = float(likelihood_ratio(b, t, k))
        assert density.mean() / null == pytest.approx(ratio, rel=1e-6)


photo_states = st.integers(0, 40).flatmap(lambda t: st.tuples(st.just(t), st.integers(0, t)))


@given(st.lists(photo_states, min_size=1, max_size=6), st.randoms())
def test_floats_agree_with_fractions_and_photos_may_be_permuted(
    states: list[State], shuffler: object
) -> None:
    test = AnytimeCollection(len(states), 1000, P)
    exact = test.exact_e(states)
    logarithm = math.log(exact.numerator) - math.log(exact.denominator)
    assert test.log_e(states) == pytest.approx(logarithm, abs=1e-9)
    assert test.rejects(states) == (exact >= 20)
    shuffler.shuffle(states)  # type: ignore[attr-defined]
    assert test.exact_e(states) == exact


@given(st.lists(photo_states, min_size=2, max_size=5), st.integers(0, 1))
def test_one_more_answer_from_any_photo_is_a_fair_game(states: list[State], photo: int) -> None:
    test = AnytimeCollection(len(states), 1000, P)
    t, k = states[photo]
    up = next_beats_probability(t, k)
    better, worse = list(states), list(states)
    better[photo], worse[photo] = (t + 1, k), (t + 1, k + 1)
    mean = up * test.exact_e(worse) + (1 - up) * test.exact_e(better)
    assert mean == test.exact_e(states)


def ask_the_best(states: list[State]) -> list[int]:
    return sorted(range(len(states)), key=lambda i: states[i][1] - states[i][0])


def ask_the_worst(states: list[State]) -> list[int]:
    return sorted(range(len(states)), key=lambda i: -states[i][1])


def ask_in_turn(states: list[State]) -> list[int]:
    return sorted(range(len(states)), key=lambda i: states[i][0])


@pytest.mark.parametrize("choose", [ask_the_best, ask_the_worst, ask_in_turn])
@pytest.mark.parametrize("p", [Fraction(1, 2), Fraction(1, 4), Fraction(1, 7)])
def test_rate_over_every_ordering_with_orders_that_look_at_the_past(choose, p) -> None:  # type: ignore[no-untyped-def]
    test = AnytimeCollection(3, 5, p)
    rate = Fraction(0)
    for photos in product(list(answer_patterns(4)), repeat=3):
        if crosses(test, [answers for answers, _ in photos], choose):
            rate += math.prod(chance for _, chance in photos)
    assert 0 < rate <= p


def crosses(test: AnytimeCollection, answers: list[list[bool]], choose) -> bool:  # type: ignore[no-untyped-def]
    states = [(0, 0)] * len(answers)
    for _ in range(sum(map(len, answers))):
        photo = next(i for i in choose(states) if states[i][0] < len(answers[i]))
        t, k = states[photo]
        states[photo] = (t + 1, k + answers[photo][t])
        if test.rejects(states):
            return True
    return False


@pytest.mark.parametrize(("p", "photos"), [("0.05", 5), ("0.01", 8), ("0.002", 10), ("0.001", 11)])
def test_photos_with_one_clean_hidden_version_each(p: str, photos: int) -> None:
    def decided(m: int) -> bool:
        return AnytimeCollection(m, 1000, Fraction(p)).rejects([(1, 0)] * m)

    assert decided(photos)
    assert not decided(photos - 1)


def test_nine_photos_need_two_hidden_versions_more_than_the_floor() -> None:
    """2^9 = 512 > 500, so 18 queries are the floor at .002; the mixture needs 20."""
    test = AnytimeCollection(9, 1000, Fraction(1, 500))
    assert not test.rejects([(2, 0)] + [(1, 0)] * 8)
    assert test.rejects([(2, 0)] * 2 + [(1, 0)] * 7)


@pytest.mark.parametrize(
    ("photos", "shift", "used", "p", "rounds", "least"),
    [
        (50, 0.5, 50, P, (1, 2), 0.39),
        (12, 1.0, 12, P, (1, 2, 4, 8, 16, 32), 0.64),
        (50, 1.0, 50, Fraction(1, 500), (1, 2, 4), 0.92),
        (20, 3.0, 5, P, (1, 2, 4, 8, 16, 32), 0.55),
    ],
)
def test_power_for_weak_marks(
    photos: int, shift: float, used: int, p: Fraction, rounds: tuple[int, ...], least: float
) -> None:
    rng = np.random.default_rng(11)
    beats = scored_beats(rng, 1500, photos, rounds[-1], shift, used)
    paths = collection_paths(beats, rounds)
    assert (paths.max(axis=1) >= math.log(1 / p)).mean() >= least


def test_innocent_models_stay_innocent_however_long_one_looks() -> None:
    rng = np.random.default_rng(12)
    beats = scored_beats(rng, 6000, 12, 16, 0.0, 0)
    highest = collection_paths(beats, (1, 2, 4, 8, 16)).max(axis=1)
    assert (highest >= math.log(20)).mean() <= 0.05
    assert (highest >= math.log(2)).mean() <= 0.5


def test_an_anytime_threshold_calibrated_for_one_design_is_stronger() -> None:
    """Calibrating by simulation for m = 50, s = 2 buys power between the product and rank-sum."""
    rng = np.random.default_rng(13)
    null = collection_paths(scored_beats(rng, 3000, 50, 2, 0.0, 0), (1, 2)).max(axis=1)
    used = collection_paths(scored_beats(rng, 3000, 50, 2, 0.5, 50), (1, 2)).max(axis=1)
    assert (used >= np.quantile(null, 0.95)).mean() == pytest.approx(0.60, abs=0.05)
    assert 0.39 <= (used >= math.log(20)).mean() <= 0.52


def test_evidence_followed_step_by_step_is_that_of_the_states() -> None:
    """A hundred thousand steps of 2,000 photos lose no more than one."""
    rng = np.random.default_rng(14)
    states = [(0, 0)] * 2000
    running = RunningEvidence()
    for photo in rng.integers(0, 2000, 100_000):
        t, k = before = states[photo]
        after = states[photo] = (t + 1, k + int(rng.random() < 0.45))
        assert running.move(before, after) == running.log_e
    test = AnytimeCollection(2000, 1000, P)
    assert running.log_e == pytest.approx(test.log_e(states), abs=1e-9)


def test_ten_thousand_photos_are_decided_exactly_where_floats_cannot_tell() -> None:
    states = [(1, 0)] * 5_600 + [(1, 1)] * 4_400
    e_value = AnytimeCollection(10_000, 1000, P).exact_e(states)
    assert e_value > 1
    just, beyond = 1 / e_value, 1 / (e_value + Fraction(1, 10**12))
    assert AnytimeCollection(10_000, 1000, just).rejects(states)
    assert not AnytimeCollection(10_000, 1000, beyond).rejects(states)


def test_levels_out_of_reach_are_refused() -> None:
    with pytest.raises(DesignError, match="cannot reach"):
        AnytimeCollection(1, 20, Fraction(1, 100))
    with pytest.raises(DesignError, match="cannot reach"):
        AnytimeCollection(0, 20, P)
    with pytest.raises(DesignError, match="between 0 and 1"):
        AnytimeCollection(3, 20, Fraction(2))
    with pytest.raises(ValueError, match="3 states"):
        AnytimeCollection(3, 20, P).log_e([(0, 0)])
    with pytest.raises(ValueError, match="no state"):
        AnytimeCollection(1, 100, P).log_e([(100, 0)])
