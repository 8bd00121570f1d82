"""PPRM, the papers' test: a confidence sequence for the true rank of the published version."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from auditcore.sequential.base import StaircaseTest, first_true
from auditcore.sequential.logmath import TOLERANCE, log_choose, log_factorials, log_fraction


@dataclass(frozen=True)
class PPRM(StaircaseTest):
    """Rejects when at least T = n - r of the hidden versions surely score below the published one.

    The confidence set for the number j of hidden versions below the published one, out of
    N = n - 1, is {j : M(t, k; j) < 1/alpha}, where M is the prior-posterior ratio under a uniform
    prior, M = [C(N,t) / (t+1)] / [C(j,s) C(N-j,k)], s = t - k. Its minimum is the statistic.
    Under H0 the true j is >= T with probability r/n, and the set ever misses it with probability
    at most alpha = p - r/n.

    The split is r = floor(n p / 2), as in the authors' code. Where r = 0 the test never rejects.
    Source: Huang, Gong, Reiter, arXiv 2503.22413 and 2407.15100; Waudby-Smith and Ramdas 2020.
    """

    name = "pprm"

    @property
    def top(self) -> int:
        """r, the ranks that count as the top."""
        return int(self.n * self.p / 2)

    @property
    def alpha(self) -> Fraction:
        """The level of the confidence sequence, p - r/n."""
        return self.p - Fraction(self.top, self.n)

    @property
    def threshold(self) -> Fraction:
        """T = n - r, in hidden versions."""
        return Fraction(self.n - self.top)

    @property
    def log_threshold(self) -> float:
        """log(1 / alpha): what every j below T must reach to be ruled out."""
        return -log_fraction(self.alpha)

    @property
    def statistic_name(self) -> str:
        """What `statistic` counts, in words for a person."""
        return f"hidden versions, of {self.n - 1}, that surely score below the published one"

    def log_statistic(self, t: int, k: int) -> float:
        """Log of the ratio for the likeliest j below T (0 before the first query; may be inf)."""
        self._check_state(t, k)
        return self._log_ratio(t, k, self._likeliest_below(t, k))

    def statistic(self, t: int, k: int) -> float:
        """Lower end of the confidence set, in hidden versions."""
        self._check_state(t, k)
        mode = self._mode(t, k)
        inside = range(t - k, mode)
        return float(t - k + bisect_left(inside, True, key=lambda j: not self._excluded(t, k, j)))

    def _mode(self, t: int, k: int) -> int:
        """The j under which the path is likeliest; its ratio is at most 1."""
        return min(self.n * (t - k) // t, self.n - 1) if t else self.n - 1

    def _likeliest_below(self, t: int, k: int) -> int:
        """The likelihood has one peak in j, so below T it is highest at the peak or at T - 1."""
        return min(self.n - self.top - 1, self._mode(t, k))

    def _log_ratio(self, t: int, k: int, j: int) -> float:
        hidden, table = self.n - 1, log_factorials(self.n)
        likelihood = log_choose(table, j, t - k) + log_choose(table, hidden - j, k)
        return log_choose(table, hidden, t) - math.log(t + 1) - likelihood

    def _excluded(self, t: int, k: int, j: int) -> bool:
        """M(t, k; j) >= 1/alpha; integers decide where floats are too close to tell."""
        gap = self._log_ratio(t, k, j) - self.log_threshold
        if abs(gap) > TOLERANCE:
            return gap > 0
        hidden = self.n - 1
        likelihood = (t + 1) * math.comb(j, t - k) * math.comb(hidden - j, k)
        return self.alpha * math.comb(hidden, t) >= likelihood

    def _first_rejection(self, k: int, low: int) -> int | None:
        if self.top == 0:
            return None
        return first_true(
            low, self.n - 1, lambda t: self._excluded(t, k, self._likeliest_below(t, k))
        )


@dataclass(frozen=True)
class PPRMBestSplit(PPRM):
    """PPRM with the r that rejects first when nothing beats the published version.

    r is fixed by n and p alone, before any score is seen.
    """

    r: int = 0

    name = "pprm-best-split"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "r", _best_split(self.n, self.p))

    @property
    def top(self) -> int:
        """r, the ranks that count as the top."""
        return self.r


def _best_split(n: int, p: Fraction) -> int:
    """The r with r/n < p whose first step comes earliest (the smallest such r; 0 if none has)."""
    best, first = 0, n
    for r in range(1, math.ceil(n * p)):
        step = _first_clean_step(n, r, p - Fraction(r, n))
        if step < first:
            best, first = r, step
    return best


def _first_clean_step(n: int, r: int, alpha: Fraction) -> int:
    """Smallest t that rejects when nothing beats the published version (n where none does)."""
    table, below, t = log_factorials(n), n - r - 1, np.arange(n)
    possible = t[: below + 1]
    likelihood = (
        table[below] - table[below - possible] - table[n - 1] + table[n - 1 - possible]
    ) + np.log(possible + 1.0)
    # Where all t versions are below, j = T - 1 is possible up to t = T - 1 and ruled out after.
    out = np.flatnonzero(likelihood <= log_fraction(alpha) + TOLERANCE)
    return int(out[0]) if out.size else below + 1
