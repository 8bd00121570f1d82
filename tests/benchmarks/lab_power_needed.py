"""How many photos one claim about a collection needs, by resampling photos whose scores are known.

For m photos, draws of m photos (with replacement) and of orders of their hidden versions are put to
the product's two tests of a collection. "anytime": the average of products of e-values, looked at
each time every photo got one more hidden version. "rank-sum": one look, a fixed number of hidden
versions each, as many as the product would plan.
"""

from bisect import bisect_right
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auditcore.audit.plan import RANK_SUM, Claim, max_hidden_for
from auditcore.errors import DesignError
from auditcore.sequential.collection import LOG_WEIGHTS, AnytimeCollection, log_factors
from auditcore.sequential.fixed_budget import RankSum

LEVEL, WANTED, DRAWS, ORDERS = Fraction(1, 100), 0.9, 400, 40
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 23, 26, 30, 35, 40, 45, 50, 60, 70, 80)
SIZES += (90, 100, 120, 140, 160, 180, 200)
Beats = NDArray[np.int64]
"""Hidden versions that beat the published one among the first t, (photos, orders, n): t = 0 ..."""


def walks(scores: NDArray[np.float64], published: NDArray[np.int64], seed: int = 1) -> Beats:
    """Return the beats of random orders of each photo's hidden versions; ties fall at random.

    Args:
        scores: (photos, n). published: (photos,).
        published: see scores.
        seed: of the orders.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros((len(scores), ORDERS, scores.shape[1]), dtype=np.int64)
    for row, own, walk in zip(scores, published, found, strict=True):
        hidden = np.delete(row, own)
        for steps in walk:
            above, equal = hidden > row[own], hidden == row[own]
            beats = above | (equal & (rng.random(len(hidden)) < rng.random()))
            steps[1:] = rng.permutation(beats).cumsum()
    return found


def needed(beats: Beats, test: str) -> int | None:
    """Return the fewest photos of SIZES found in WANTED of the draws; None where none is enough."""
    power = {"anytime": anytime_power, "rank-sum": rank_sum_power}[test]
    low, high = 0, len(SIZES)
    while low < high:  # the power rises with the number of photos
        middle = (low + high) // 2
        low, high = (low, middle) if power(beats, SIZES[middle]) >= WANTED else (middle + 1, high)
    return SIZES[low] if low < len(SIZES) else None


def anytime_power(beats: Beats, photos: int) -> float:
    """Return the share of draws in which the e-value ever reaches 1 / LEVEL."""
    versions = beats.shape[2]
    try:
        test = AnytimeCollection(photos, versions, LEVEL)
    except DesignError:
        return 0.0
    table = np.array(
        [[log_factors(t, min(k, t)) for k in range(versions)] for t in range(versions)]
    )
    highest = []
    for draw in _draws(beats, photos):
        totals = table[np.arange(versions), draw].sum(axis=0)  # (n, alternatives)
        highest.append(np.logaddexp.reduce(totals + LOG_WEIGHTS, axis=1).max())
    return float(np.mean(np.array(highest) >= test.log_threshold))


def rank_sum_power(beats: Beats, photos: int) -> float:
    """Return the share of draws that the rank-sum rejects at its one look."""
    versions = beats.shape[2]
    if Fraction(1, versions**photos) > LEVEL:
        return 0.0
    hidden = max_hidden_for(Claim("collection"), RANK_SUM, versions, photos, LEVEL)
    largest = _largest_sum(RankSum(photos, hidden, LEVEL))
    return float(np.mean([draw[:, hidden].sum() <= largest for draw in _draws(beats, photos)]))


def _largest_sum(test: RankSum) -> int:
    """Return the largest sum of beats that is rejected."""

    def p_value(total: int) -> Fraction:
        full, rest = divmod(total, test.s)
        beats = [test.s] * full + [rest] * (full < test.m)
        return test.p_value(beats + [0] * (test.m - len(beats)))

    return bisect_right(range(test.m * test.s + 1), test.p, key=p_value) - 1


def _draws(beats: Beats, photos: int) -> list[Beats]:
    """Draw DRAWS collections, (photos, n) each, always the same for the same input."""
    rng = np.random.default_rng(photos)
    return [
        beats[rng.integers(len(beats), size=photos), rng.integers(ORDERS, size=photos)]
        for _ in range(DRAWS)
    ]
