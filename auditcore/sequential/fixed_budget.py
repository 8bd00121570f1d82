"""Tests of a collection for one look at the end: s hidden versions of each photo, no peeking.

Stronger than the anytime test for weak marks. The p-value is valid once, after all m * s hidden
versions are scored; looking earlier and stopping when it is small breaks the guarantee, so it
cannot be had earlier.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import DesignError

FISHER_STEPS_PER_OCTAVE = 16
EXACT_UP_TO = 4_000_000
"""The largest m^2 s at which the rank-sum is counted in integers; it takes some seconds there."""
UNIT = Fraction(1, 2**53)
"""The unit of rounding of a float."""
UNDERFLOW = Fraction(1, 10**290)
"""More than all that can be lost to numbers too small for a float."""


@dataclass(frozen=True)
class FixedBudgetTest(ABC):
    """Under H0 the m numbers of beats are independent and uniform on 0 .. s.

    Args:
        m: photos, at least 1.
        s: hidden versions of each, at least 1.
        p: level, 0 < p < 1.

    Raises:
        DesignError: even the best outcome would not reach p.
    """

    m: int
    s: int
    p: Fraction

    def __post_init__(self) -> None:
        if not 0 < self.p < 1 or self.m < 1 or self.s < 1:
            raise DesignError(
                "A test with a fixed budget needs a level between 0 and 1, and at least one photo "
                "and one hidden version."
            )
        if Fraction(1, (self.s + 1) ** self.m) > self.p:  # nothing ever beats: the best outcome
            raise DesignError(
                f"{self.m} photos with {self.s} hidden versions each cannot reach a false-alarm "
                f"level of 1 in {float(1 / self.p):g}. Plan more hidden versions a photo."
            )

    @abstractmethod
    def p_value(self, beats: Sequence[int]) -> Fraction:
        """P0 of evidence at least as strong, from the beats of each photo, shape (m,) in 0 .. s."""

    def rejects(self, beats: Sequence[int]) -> bool:
        """Whether the p-value, at the one look at the end, is at most p."""
        return self.p_value(beats) <= self.p

    def _check(self, beats: Sequence[int]) -> None:
        if len(beats) != self.m or not all(0 <= count <= self.s for count in beats):
            raise ValueError(f"expected {self.m} numbers of beats between 0 and {self.s}")


@dataclass(frozen=True)
class RankSum(FixedBudgetTest):
    """The sum of the photos' ranks: integers throughout, or for many photos a bound from above.

    The bound is never too small, and up to 100,000 photos too large by less than a billionth of
    itself (see `rank_sum_law`), so that no level is given away and none is exceeded.
    """

    def p_value(self, beats: Sequence[int]) -> Fraction:
        """P0(sum of beats <= the sum seen), exactly or from above."""
        self._check(beats)
        total = sum(beats)
        if self.m * self.m * self.s <= EXACT_UP_TO:
            return Fraction(self._at_most[total], (self.s + 1) ** self.m)
        return self._bound(total)

    @cached_property
    def _at_most(self) -> list[int]:
        """Outcomes whose sum is at most i, for i = 0 .. m s."""
        counts = [1]
        for _ in range(self.m):
            sums = [0, *accumulate(counts + [0] * self.s)]
            counts = [sums[i + 1] - sums[max(0, i - self.s)] for i in range(len(sums) - 1)]
        return list(accumulate(counts))

    def _bound(self, total: int) -> Fraction:
        """Bound the chance of a sum of at most `total` from above, in floats.

        Every term is 0 or more, so each sum of L terms is off by at most L units of rounding of
        itself (Higham 2002, section 4.2): convolutions of laws add up to `units`, the last sum to
        `total` more. What underflows is made up for by UNDERFLOW.
        """
        law, units = rank_sum_law(self.m, self.s)
        seen = float(law[: total + 1].sum())
        off = Fraction(2 * (units + total + 1)) * UNIT
        return min(Fraction(1), Fraction(seen) * (1 + off) + UNDERFLOW)


@lru_cache(maxsize=4)
def rank_sum_law(m: int, s: int) -> tuple[NDArray[np.float64], int]:
    """Return the law of the sum of m numbers uniform on 0 .. s, and how far off it may be.

    By squaring: the law of 2 j photos is that of j photos, convolved with itself.

    Returns:
        Chances of 0 .. m s, shape (m s + 1,), and the number of UNITs by which each may be too
        small or too large, as a share of itself (where it does not underflow).
    """
    law, units = np.ones(1), 0
    for digit in f"{m:b}":
        # term by term: fast transforms would lose the small chances
        law, units = np.convolve(law, law), 2 * units + law.size + 1
        if digit == "1":
            law, units = np.convolve(law, np.full(s + 1, 1 / (s + 1))), units + s + 4
    law.setflags(write=False)
    return law, units


@dataclass(frozen=True)
class Fisher(FixedBudgetTest):
    """The product of the photos' ranks (k + 1) / (s + 1), as a sum of logs.

    Each rank counts as round(16 log2(k + 1)): whole numbers, so that the law of the sum is exact.
    Source: Fisher 1932, here for discrete ranks.
    """

    def p_value(self, beats: Sequence[int]) -> Fraction:
        """P0(sum of rounded logs <= the sum seen)."""
        self._check(beats)
        seen = sum(_rounded_log(count) for count in beats)
        return Fraction(self._at_most[seen], (self.s + 1) ** self.m)

    @cached_property
    def _at_most(self) -> list[int]:
        """Outcomes whose sum is at most i, for i = 0 .. the largest sum."""
        one = [_rounded_log(count) for count in range(self.s + 1)]
        return list(accumulate(_power(one, self.m, (self.s + 1) ** self.m)))


def _rounded_log(count: int) -> int:
    return round(FISHER_STEPS_PER_OCTAVE * math.log2(count + 1))


def _power(exponents: Sequence[int], times: int, largest: int) -> list[int]:
    """Return the coefficients of (sum of x^e) ** times, all at most `largest`.

    The polynomial is evaluated at a power of 256 too large for its coefficients to overlap, so
    that one power of one integer holds them all (Kronecker substitution).
    """
    width = largest.bit_length() // 8 + 1
    whole = sum(1 << 8 * width * exponent for exponent in exponents) ** times
    terms = times * max(exponents) + 1
    digits = whole.to_bytes(terms * width, "little")
    return [
        int.from_bytes(digits[start : start + width], "little")
        for start in range(0, len(digits), width)
    ]
