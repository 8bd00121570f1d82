"""Tests whose martingale is a tail probability divided by its value before the first query."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction

from auditcore.sequential.base import StaircaseTest, first_true
from auditcore.sequential.logmath import TOLERANCE, log_fraction

GIVE_UP_AT = Fraction(1, 100)


@dataclass(frozen=True)
class TailTest(StaircaseTest):
    """M(t, k) = tail(t, k) / tail(0, before any query); rises with t, falls with k."""

    @property
    @abstractmethod
    def start(self) -> Fraction:
        """The tail probability before the first query."""

    @abstractmethod
    def _log_tail(self, t: int, k: int) -> float:
        """Natural log of the tail probability, to about 1e-10."""

    @abstractmethod
    def _exact_tail(self, t: int, k: int) -> Fraction:
        """The tail probability itself."""

    @property
    def threshold(self) -> Fraction:
        """1 / p."""
        return 1 / self.p

    @property
    def log_threshold(self) -> float:
        """Natural log of the threshold."""
        return log_fraction(self.threshold)

    def log_statistic(self, t: int, k: int) -> float:
        """Natural log of M(t, k); 0 before the first query, -inf where M = 0."""
        self._check_state(t, k)
        return self._log_tail(t, k) - log_fraction(self.start)

    def statistic(self, t: int, k: int) -> float:
        """M(t, k)."""
        return math.exp(self.log_statistic(t, k))

    def exact_statistic(self, t: int, k: int) -> Fraction:
        """M(t, k) without rounding."""
        self._check_state(t, k)
        return self._exact_tail(t, k) / self.start

    def _reaches(self, t: int, k: int, level: Fraction, log_level: float) -> bool:
        """M(t, k) >= level; integers decide where floats are too close to tell."""
        gap = self.log_statistic(t, k) - log_level
        if abs(gap) > TOLERANCE:
            return gap > 0
        return self.exact_statistic(t, k) >= level

    def _first_rejection(self, k: int, low: int) -> int | None:
        level, log_level = self.threshold, self.log_threshold
        return first_true(low, self.n - 1, lambda t: self._reaches(t, k, level, log_level))

    def _advised_until(self, k: int) -> int:
        log_level = log_fraction(GIVE_UP_AT)

        def above(t: int) -> bool:
            far = abs(self.log_statistic(t, k) - log_level) > TOLERANCE
            if far:
                return self.log_statistic(t, k) > log_level
            return self.exact_statistic(t, k) > GIVE_UP_AT

        first = first_true(k, self.n - 1, above)
        last = self.n - 1 if first is None else first - 1
        return last if last >= k else -1
