"""How likely a hidden version is to beat the published one, when the photo was used or not."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import DesignError

SHIFT_NODES = 160


@dataclass(frozen=True)
class Chances:
    """A mixture of fixed chances that a hidden version beats the published one.

    Attributes:
        values: the chances, shape (nodes,).
        weights: their weights, shape (nodes,), sum 1.
        null: H0 instead, where the chance given (t, k) is (k + 1) / (t + 2); one node.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    null: bool = False

    def beats(self, t: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
        """Chance that hidden version t + 1 beats, given k beats: broadcasts to (nodes, k.size)."""
        if self.null:
            return ((k + 1) / (t + 2))[None, :]
        return self.values[:, None]


def chances(q: float | None = None, shift: float | None = None) -> Chances:
    """Return H0 (nothing given), a fixed chance `q`, or a score shifted by `shift` SDs.

    With a shift, hidden scores are N(0, 1) and the published one N(shift, 1).

    Raises:
        DesignError: both given, q outside 0 .. 1, or a shift that is not a number.
    """
    if q is not None and shift is not None:
        raise DesignError("Give either q or a shift, not both.")
    if q is not None:
        if not 0 <= q <= 1:
            raise DesignError(f"q is a chance between 0 and 1, not {q:g}.")
        return Chances(np.array([q]), np.ones(1))
    if shift is None:
        return Chances(np.array([0.5]), np.ones(1), null=True)
    if not math.isfinite(shift):
        raise DesignError("The shift must be a number of standard deviations.")
    return _shifted(shift)


def _shifted(shift: float) -> Chances:
    """Gauss-Legendre nodes over eight SDs on either side of the shift."""
    nodes, weights = np.polynomial.legendre.leggauss(SHIFT_NODES)
    density = np.exp(-((8 * nodes) ** 2) / 2) * weights
    return Chances(upper_tail(shift + 8 * nodes), density / density.sum())


def upper_tail(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """P[N(0, 1) > score] for each score, same shape."""
    return np.array([0.5 * math.erfc(score / math.sqrt(2)) for score in scores])
