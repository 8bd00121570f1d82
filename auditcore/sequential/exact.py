"""What a test costs and finds, by recursion on (t, k): nothing simulated."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auditcore.sequential.alternatives import Chances, chances
from auditcore.sequential.base import RankTest
from auditcore.sequential.null import path_probability


@dataclass(frozen=True)
class Characteristics:
    """How audits of one photo end.

    Attributes:
        rate: chance to reject: the false-detection rate under H0, the power otherwise.
        mean_hidden_queries: of all audits, whatever their end.
        median_hidden_queries: smallest t by which at least half of the audits have ended.
    """

    rate: float
    mean_hidden_queries: float
    median_hidden_queries: int


@dataclass(frozen=True)
class Ends:
    """Chance that a path ends at each t = 0 .. n-1, shape (n,) each."""

    rejected: NDArray[np.float64]
    stopped: NDArray[np.float64]


def operating_characteristics(
    test: RankTest,
    q: float | None = None,
    shift: float | None = None,
    *,
    heed_advice: bool = True,
) -> Characteristics:
    """Return the exact rate and the cost of a test, under H0 unless q or a shift is given.

    Args:
        test: any rank test.
        q: chance that a hidden version beats the published one.
        shift: of the published score, in SDs of the hidden scores (normal).
        heed_advice: stop where the test advises giving up; otherwise only where rejection is
            impossible.

    Raises:
        DesignError: see `chances`.
    """
    ends = _ends(test, chances(q, shift), heed_advice)
    total = ends.rejected + ends.stopped
    return Characteristics(
        rate=float(ends.rejected.sum()),
        mean_hidden_queries=float(total @ np.arange(total.size)),
        median_hidden_queries=int(np.searchsorted(np.cumsum(total), 0.5 - 1e-12)),
    )


def _ends(test: RankTest, law: Chances, heed_advice: bool) -> Ends:
    """Follow the chance of every state that still runs, from t = 0 to n - 1."""
    steps = np.array([*test.staircase, test.n], dtype=np.int64)
    beats = np.arange(steps.size)
    give_up = _give_up_bounds(test, steps.size, heed_advice)
    rejected, stopped = np.zeros(test.n), np.zeros(test.n)
    running = np.zeros((law.values.size, steps.size))
    running[:, 0] = 1.0
    for t in range(test.n):
        mass = law.weights @ running
        fires = (t >= steps) & (beats < steps.size - 1)
        stops = ~fires & ((t <= give_up) | (t == test.n - 1))
        rejected[t], stopped[t] = mass[fires].sum(), mass[stops].sum()
        running[:, fires | stops] = 0.0
        if not running.any():
            break
        running = _advance(running, law.beats(t, beats))
    return Ends(rejected, stopped)


def _advance(running: NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """One hidden version more. The last column holds "too many beats to reject"; all of it ends."""
    up = running * beats
    after = running - up
    after[:, 1:] += up[:, :-1]
    return after


def _give_up_bounds(test: RankTest, size: int, heed_advice: bool) -> NDArray[np.int64]:
    """Largest t that ends a path with k beats, shape (size,); the last k has lost for certain."""
    advised = [test.give_up_until(k) if heed_advice else -1 for k in range(size - 1)]
    return np.array([*advised, test.n - 1], dtype=np.int64)


def exact_rate(test: RankTest, *, heed_advice: bool = False) -> Fraction:
    """Return the false-detection rate without any rounding, by counting paths with integers.

    Slow for thousands of versions; `operating_characteristics` gives the same in floats.
    """
    rate = Fraction(0)
    steps = test.staircase
    running = [1] + [0] * len(steps)  # paths that are still running, by beats
    for t in range(test.n):
        for k, step in enumerate(steps):
            ends_here = t >= step
            if running[k] and ends_here:
                rate += running[k] * path_probability(t, k)
            if ends_here or (heed_advice and test.gives_up(t, min(k, t))):
                running[k] = 0
        for k in range(len(steps) - 1, 0, -1):
            running[k] += running[k - 1]
    return rate
