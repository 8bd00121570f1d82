"""The chance, given what has been seen, that the published version is truly in the top r of m."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from auditcore.sequential.logmath import log_choose, log_factorials, log_sum
from auditcore.sequential.tail import TailTest


@dataclass(frozen=True)
class RankChanceTest(TailTest):
    """Doob martingale of "in the top r of m": tail = P[Hypergeom(m, r marked, t+1 draws) > k].

    Under H0, given k beats among t hidden versions, the ranks of the t+1 scored ones are a uniform
    draw of t+1 of the m, and the published one is the (k+1)-th best of them; it is in the top r
    exactly when at least k+1 of the draw are.
    """

    @property
    @abstractmethod
    def pool(self) -> int:
        """m, the versions among which the published one is ranked (the first m - 1 hidden)."""

    @property
    @abstractmethod
    def top(self) -> int:
        """r, the ranks that count as the top."""

    @property
    def start(self) -> Fraction:
        """r / m."""
        return Fraction(self.top, self.pool)

    @property
    def statistic_name(self) -> str:
        """What `statistic` counts, in words for a person."""
        return (
            f"growth of the chance that the published version is truly in the top {self.top} "
            f"of {self.pool}"
        )

    def _log_tail(self, t: int, k: int) -> float:
        if t >= self.pool:
            return 0.0 if k < self.top else -math.inf
        low, high = max(k + 1, t + 1 - (self.pool - self.top)), min(self.top, t + 1)
        if low > high:
            return -math.inf
        table = log_factorials(self.pool)
        hits = np.arange(low, high + 1)
        rest = self.pool - self.top
        inside = table[self.top] - table[hits] - table[self.top - hits]
        outside = table[rest] - table[t + 1 - hits] - table[rest - (t + 1) + hits]
        total = log_sum(inside + outside) - log_choose(table, self.pool, t + 1)
        return min(total, 0.0)

    def _exact_tail(self, t: int, k: int) -> Fraction:
        if t >= self.pool:
            return Fraction(int(k < self.top))
        ways = sum(
            math.comb(self.top, hits) * math.comb(self.pool - self.top, t + 1 - hits)
            for hits in range(k + 1, min(self.top, t + 1) + 1)
        )
        return Fraction(ways, math.comb(self.pool, t + 1))


@dataclass(frozen=True)
class CertainRankTest(RankChanceTest):
    """Rejects once it is certain that the published version is in the top r of m.

    `threshold` is m/r >= 1/p, the value that the martingale takes when the chance is 1.
    """

    @property
    def threshold(self) -> Fraction:
        """m / r, at least 1/p."""
        return 1 / self.start

    def _first_rejection(self, k: int, low: int) -> int | None:
        step = self.pool - self.top + k
        return step if k < self.top and low <= step < self.n else None

    def _advised_until(self, k: int) -> int:
        return -1
