"""One claim about a whole collection: "none of these photos was used" is false.

Independent choices make the photos' ranks independent under H0, even where their scores are not.
So e-values of different photos multiply, in any order of queries that looks only at the past.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import DesignError
from auditcore.sequential.logmath import TOLERANCE, log_fraction, log_sum

State = tuple[int, int]


@dataclass(frozen=True)
class Alternative:
    """One way in which a collection may have been used, and the weight it gets beforehand.

    A used photo's published version is beaten by each hidden one with a chance drawn from
    Beta(1, b), mean 1 / (1 + b); a photo is used with probability f.
    """

    b: int
    f: Fraction
    weight: Fraction


# Chosen by simulation: see tests/benchmarks/sequential_tables.py. Nearly half on marks so strong
# that nothing beats the published versions; the rest on weaker marks everywhere, from a few photos
# with many hidden versions (large b) to many with few, and on few used photos among many.
ALTERNATIVES = (
    Alternative(1000, Fraction(1), Fraction(45, 100)),
    Alternative(150, Fraction(1), Fraction(7, 100)),
    Alternative(25, Fraction(1), Fraction(7, 100)),
    Alternative(5, Fraction(1), Fraction(8, 100)),
    Alternative(2, Fraction(1), Fraction(13, 100)),
    Alternative(8, Fraction(2, 5), Fraction(7, 100)),
    Alternative(30, Fraction(1, 5), Fraction(6, 100)),
    Alternative(200, Fraction(7, 100), Fraction(7, 100)),
)
PHOTOS_AT_TOLERANCE = 1000
"""Photos up to which TOLERANCE covers the rounding; it grows with their number beyond."""
LOG_WEIGHTS = np.array([log_fraction(one.weight) for one in ALTERNATIVES])


def likelihood_ratio(b: int, t: int, k: int) -> Fraction:
    """Return the likelihood ratio of Beta(1, b) against H0 (Beta(1, 1)) at (t, k), exactly."""
    ways = b * (t + 1) * math.comb(t, k)
    return Fraction(ways * math.factorial(k) * math.factorial(b + t - k - 1), math.factorial(b + t))


def _log_likelihood_ratio(b: int, t: int, k: int) -> float:
    lower = math.lgamma(t - k + 1) + math.lgamma(b + t + 1)
    return math.log(b) + math.lgamma(t + 2) + math.lgamma(b + t - k) - lower


@lru_cache(maxsize=1 << 16)
def log_factors(t: int, k: int) -> NDArray[np.float64]:
    """Return log(f LR_b(t, k) + 1 - f) for each alternative, shape (alternatives,), read-only."""
    factors = np.array(
        [
            np.logaddexp(
                log_fraction(one.f) + _log_likelihood_ratio(one.b, t, k), log_fraction(1 - one.f)
            )
            for one in ALTERNATIVES
        ]
    )
    factors.setflags(write=False)
    return factors


@dataclass(frozen=True)
class AnytimeCollection:
    """Product of the photos' e-values, averaged over fixed ALTERNATIVES; may be watched always.

    Under "none of these photos was used" the average is a non-negative martingale that starts at
    1, so by Ville's inequality it ever reaches 1/p with probability at most p. The order of the
    queries may depend on everything seen so far.

    Args:
        m: photos.
        n: versions of each.
        p: level, 0 < p < 1. It may be far below 1/n.

    Raises:
        DesignError: the level is out of reach even if nothing ever beats a published version.
    """

    m: int
    n: int
    p: Fraction

    def __post_init__(self) -> None:
        if not 0 < self.p < 1:
            raise DesignError(f"A false-alarm level must lie between 0 and 1, not {self.p}.")
        if self.m < 1 or not self.rejects([(self.n - 1, 0)] * self.m):
            raise DesignError(
                f"{self.m} photos with {self.n} versions each cannot reach a false-alarm level of "
                f"1 in {float(1 / self.p):g} together. Choose a less strict level, or make a kit "
                "with more photos or versions."
            )

    @property
    def threshold(self) -> Fraction:
        """1 / p."""
        return 1 / self.p

    @property
    def log_threshold(self) -> float:
        """Natural log of the threshold."""
        return log_fraction(self.threshold)

    def log_e(self, states: Sequence[State]) -> float:
        """Return the natural log of the e-value at the photos' states (t, k), shape (m,) pairs."""
        self._check(states)
        return _log_e(Counter(states))

    def exact_e(self, states: Sequence[State]) -> Fraction:
        """Return the e-value without rounding (slow; for boundaries and for checking)."""
        self._check(states)
        counts = Counter(states)
        return sum((one.weight * _product(one, counts) for one in ALTERNATIVES), Fraction(0))

    def rejects(self, states: Sequence[State]) -> bool:
        """Whether the e-value is at least 1/p now; integers decide where floats cannot tell."""
        gap = self.log_e(states) - self.log_threshold
        if abs(gap) > self.tolerance:
            return gap > 0
        return self.exact_e(states) >= self.threshold

    @property
    def tolerance(self) -> float:
        """How near to the threshold floats cannot tell: each photo's factor is a little off."""
        return TOLERANCE * max(1.0, self.m / PHOTOS_AT_TOLERANCE)

    def _check(self, states: Sequence[State]) -> None:
        if len(states) != self.m:
            raise ValueError(f"{self.m} photos have {self.m} states, not {len(states)}")
        for t, k in set(states):
            if not 0 <= k <= t < self.n:
                raise ValueError(f"no state has t={t}, k={k} with {self.n} versions")


class RunningEvidence:
    """The e-value of a collection, followed photo by photo; a step costs the same however many.

    Rounding is carried along (Kahan 1965), so that a million steps lose no more than one.

    Attributes:
        log_e: natural log of the e-value now, 0 before the first step.
    """

    def __init__(self) -> None:
        self.log_e = 0.0
        self._total = np.zeros(len(ALTERNATIVES))
        self._lost = np.zeros(len(ALTERNATIVES))

    def move(self, before: State, after: State) -> float:
        """Take in that one photo went from one state to another; return the new `log_e`."""
        step = log_factors(*after) - log_factors(*before) - self._lost
        total = self._total + step
        self._lost = (total - self._total) - step
        self._total = total
        self.log_e = log_sum(LOG_WEIGHTS + total)
        return self.log_e


def _log_e(counts: Mapping[State, int]) -> float:
    """Return the log e-value; photos in the same state are taken together."""
    factors = np.array([log_factors(t, k) for t, k in counts])
    return log_sum(LOG_WEIGHTS + np.array(list(counts.values()), dtype=np.float64) @ factors)


def _product(one: Alternative, counts: Mapping[State, int]) -> Fraction:
    factors = (
        (one.f * likelihood_ratio(one.b, t, k) + 1 - one.f) ** count
        for (t, k), count in counts.items()
    )
    return math.prod(factors, start=Fraction(1))
