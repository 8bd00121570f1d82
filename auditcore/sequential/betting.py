"""Betting: the binomial mixture of Fischer and Ramdas."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from auditcore.sequential.logmath import log_factorials, log_fraction, log_sum
from auditcore.sequential.tail import TailTest


@dataclass(frozen=True)
class Betting(TailTest):
    """M(t, k) = P[Bin(t+1, c) > k] / c with c = 0.9 p: the same whatever n is.

    The likelihood ratio of "a hidden version beats the published one with a chance uniform on
    0 .. c" against H0, where that chance is uniform on 0 .. 1.
    Source: Fischer and Ramdas, arXiv 2401.07365, section on the binomial mixture strategy.
    """

    name = "betting"

    @property
    def start(self) -> Fraction:
        """c = 0.9 p."""
        return self.p * Fraction(9, 10)

    @property
    def statistic_name(self) -> str:
        """What `statistic` counts, in words for a person."""
        return "money won by betting that hidden versions rarely beat the published one"

    def _log_tail(self, t: int, k: int) -> float:
        draws, chance = t + 1, float(self.start)
        # Beyond twelve standard deviations and sixty terms, what is left out is under 1e-16 of it.
        reach = max(k, draws * chance) + 12 * math.sqrt(draws * chance) + 60
        hits = np.arange(k + 1, min(draws, math.ceil(reach)) + 1)
        table = log_factorials(self.n)
        ways = table[draws] - table[hits] - table[draws - hits]
        miss = math.log1p(-chance)
        terms = ways + hits * log_fraction(self.start) + (draws - hits) * miss
        return min(log_sum(terms), 0.0)

    def _exact_tail(self, t: int, k: int) -> Fraction:
        won, whole = self.start.numerator, self.start.denominator
        ways = sum(
            math.comb(t + 1, hits) * won**hits * (whole - won) ** (t + 1 - hits)
            for hits in range(k + 1)
        )
        return 1 - Fraction(ways, whole ** (t + 1))
