"""Logarithms of factorials, and comparisons that fall back on integers where floats cannot tell."""

import math
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Log-space sums over n <= 10,000 versions are good to about 1e-10; nearer to a boundary than this
# tolerance, integers decide.
TOLERANCE = 1e-7


@lru_cache(maxsize=8)
def log_factorials(largest: int) -> NDArray[np.float64]:
    """Return log(i!) for i = 0 .. largest, shape (largest + 1,), read-only."""
    table = np.array([math.lgamma(i + 1.0) for i in range(largest + 1)])
    table.setflags(write=False)
    return table


def log_choose(table: NDArray[np.float64], n: int, k: int) -> float:
    """Return log C(n, k) from a table of log_factorials, -inf where C(n, k) = 0 (n >= 0)."""
    if not 0 <= k <= n:
        return -math.inf
    return float(table[n] - table[k] - table[n - k])


def log_sum(terms: NDArray[np.float64]) -> float:
    """Return log(sum(exp(terms))), -inf for no terms."""
    if terms.size == 0:
        return -math.inf
    top = float(terms.max())
    if top == -math.inf:
        return -math.inf
    return top + math.log(float(np.exp(terms - top).sum()))


def log_fraction(value: Fraction) -> float:
    """Return the natural log of a fraction >= 0 of any size (-inf for 0)."""
    if value == 0:
        return -math.inf
    return math.log(value.numerator) - math.log(value.denominator)
