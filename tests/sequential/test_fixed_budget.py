"""Collection tests for one look at the end: exact, stronger, and wrong when peeked at."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from auditcore.errors import DesignError
from auditcore.sequential import Fisher, RankSum
from auditcore.sequential.fixed_budget import FixedBudgetTest

from .whole_audits import scored_beats

P = Fraction(1, 20)


def outcomes(m: int, s: int) -> list[tuple[int, ...]]:
    return list(product(range(s + 1), repeat=m))


@pytest.mark.parametrize(("m", "s"), [(1, 19), (2, 5), (3, 4), (5, 2), (8, 1)])
def test_rank_sum_is_the_share_of_outcomes_with_a_sum_as_small(m: int, s: int) -> None:
    test, every = RankSum(m, s, P), outcomes(m, s)
    for beats in every[:: max(1, len(every) // 40)]:
        share = sum(sum(other) <= sum(beats) for other in every)
        assert test.p_value(beats) == Fraction(share, len(every))


@pytest.mark.parametrize("kind", [RankSum, Fisher])
@pytest.mark.parametrize(("m", "s"), [(1, 19), (2, 5), (3, 4), (5, 2), (8, 1)])
def test_p_values_are_valid_at_every_level(kind: type[FixedBudgetTest], m: int, s: int) -> None:
    test, every = kind(m, s, P), outcomes(m, s)
    values = sorted(test.p_value(beats) for beats in every)
    for place, value in enumerate(values, start=1):
        assert Fraction(place, len(every)) <= value or values[place : place + 1] == [value]
    rejected = sum(test.rejects(beats) for beats in every)
    assert 0 < Fraction(rejected, len(every)) <= P


def test_fisher_orders_outcomes_by_the_product_of_the_ranks() -> None:
    test = Fisher(3, 9, P)
    by_product = sorted(outcomes(3, 9), key=lambda beats: math.prod(k + 1 for k in beats))
    values = [float(test.p_value(beats)) for beats in by_product]
    assert np.corrcoef(np.argsort(np.argsort(values)), np.arange(len(values)))[0, 1] > 0.999


@pytest.mark.parametrize("kind", [RankSum, Fisher])
def test_nine_photos_with_one_hidden_version_are_eighteen_queries(
    kind: type[FixedBudgetTest],
) -> None:
    assert kind(9, 1, Fraction(1, 500)).rejects([0] * 9)
    assert not kind(9, 1, Fraction(1, 500)).rejects([0] * 8 + [1])
    with pytest.raises(DesignError, match="cannot reach"):
        kind(8, 1, Fraction(1, 500))


@pytest.mark.parametrize("kind", [RankSum, Fisher])
def test_one_photo_against_five_hundred(kind: type[FixedBudgetTest]) -> None:
    assert kind(1, 499, Fraction(1, 500)).rejects([0])


def power(test: FixedBudgetTest, beats: Sequence[Sequence[int]]) -> float:
    return sum(test.rejects(row) for row in beats) / len(beats)


def test_power_for_weak_marks() -> None:
    rng = np.random.default_rng(21)
    beats = scored_beats(rng, 3000, 50, 2, 0.5, 50).sum(axis=2).tolist()
    assert power(RankSum(50, 2, P), beats) == pytest.approx(0.78, abs=0.025)
    assert power(Fisher(50, 2, P), beats) >= 0.6


@pytest.mark.parametrize("kind", [RankSum, Fisher])
def test_level_by_simulation(kind: type[FixedBudgetTest]) -> None:
    rng = np.random.default_rng(22)
    beats = scored_beats(rng, 4000, 12, 8, 0.0, 0).sum(axis=2).tolist()
    assert 0.03 <= power(kind(12, 8, P), beats) <= 0.05 + 3 * (0.05 / 4000) ** 0.5


def test_stopping_at_the_first_small_rank_sum_breaks_the_guarantee() -> None:
    rates = {m: rate_when_peeking(m, 4) for m in (20, 100)}
    assert rates[20] == pytest.approx(0.16, abs=0.03)
    assert rates[100] == pytest.approx(0.27, abs=0.04)


def rate_when_peeking(m: int, s: int) -> float:
    """One innocent model an audit; the rank-sum p-value is looked at after every photo."""
    rng = np.random.default_rng(m)
    sums = np.cumsum(rng.integers(0, s + 1, size=(4000, m)), axis=1)
    small = np.zeros(4000, dtype=np.bool_)
    for photos in range(1, m + 1):
        counts = RankSum(photos, s, Fraction(99, 100))
        smallest = [i for i in range(photos * s + 1) if _p(counts, photos, i) <= P]
        small |= sums[:, photos - 1] <= max(smallest, default=-1)
    return float(small.mean())


def _p(test: RankSum, photos: int, total: int) -> Fraction:
    whole, rest = divmod(total, test.s)
    beats = [test.s] * whole + [rest] + [0] * photos
    return test.p_value(beats[:photos])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 3 numbers"):
        RankSum(3, 9, P).p_value([0, 0])
    with pytest.raises(ValueError, match="between 0 and 9"):
        Fisher(3, 9, P).p_value([0, 0, 10])
    with pytest.raises(DesignError, match="at least one photo"):
        RankSum(0, 9, P)
    with pytest.raises(DesignError, match="level between"):
        RankSum(3, 9, Fraction(1))


def test_fisher_at_size_is_a_distribution() -> None:
    test = Fisher(60, 39, P)
    assert test.p_value([39] * 60) == 1
    assert test.p_value([0] * 60) == Fraction(1, 40**60)


def any_beats(m: int, s: int, total: int) -> list[int]:
    """Numbers of beats of m photos that add up to `total`."""
    whole, rest = divmod(total, s)
    return ([s] * whole + [rest] + [0] * m)[:m]


@pytest.mark.parametrize(("m", "s"), [(1, 19), (2, 5), (37, 3), (200, 5), (600, 1)])
def test_the_bound_for_many_photos_is_never_below_the_exact_chance_and_hardly_above(
    m: int, s: int
) -> None:
    test, smallest = RankSum(m, s, P), Fraction(1, 10**280)
    for total in range(0, m * s + 1, max(1, m * s // 60)):
        exact, bound = test.p_value(any_beats(m, s, total)), test._bound(total)
        assert exact <= bound
        assert bound <= exact * (1 + Fraction(1, 10**9)) or exact < smallest


@pytest.mark.parametrize("s", [1, 2, 3, 4, 5, 15])
def test_ten_thousand_photos_are_decided_like_normal_numbers_and_keep_the_level(s: int) -> None:
    m, audits = 10_000, 1_000
    test = RankSum(m, s, P)
    mean, spread = m * s / 2, math.sqrt(m * s * (s + 2) / 12)
    for z in (-5.0, -1.645, 0.0):
        total = round(mean + z * spread)
        normal = 0.5 * math.erfc((mean - total - 0.5) / spread / math.sqrt(2))
        assert float(test.p_value(any_beats(m, s, total))) == pytest.approx(normal, rel=0.02)
    rng = np.random.default_rng(s)
    sums = [int(rng.integers(0, s + 1, m).sum()) for _ in range(audits)]
    decisive = bisect_right(range(m * s), P, key=test._bound) - 1  # the largest sum that rejects
    assert sum(total <= decisive for total in sums) / audits <= 0.05 + 3 * (0.05 / audits) ** 0.5


def test_a_hundred_thousand_photos_are_decided_at_once() -> None:
    test = RankSum(100_000, 1, Fraction(1, 10**6))
    assert test.rejects([0] * 50_800 + [1] * 49_200)
    assert not test.rejects([0, 1] * 50_000)
    assert test.p_value([1] * 100_000) == 1
    assert 0 < test.p_value([0] * 100_000) < Fraction(1, 10**200)
