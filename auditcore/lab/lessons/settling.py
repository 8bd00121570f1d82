"""How a counted rate settles, audit by audit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.registries import LabError
from auditcore.passive.evaluation import Rate, rate


@dataclass(frozen=True)
class Settling:
    """The share of audits that accused after so many of them, with its exact 95 % interval.

    Attributes:
        audits: rising, the last of them all, shape (K,).
        rates, lows, highs: share and bounds (Clopper-Pearson), 0 to 1, shape (K,) each.
    """

    audits: NDArray[np.int64]
    rates: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]


def counted(accused: NDArray[np.bool_]) -> Rate:
    """Return the share of audits that accused, with its interval.

    Raises:
        LabError: no audit.
    """
    if not accused.size:
        raise LabError("At least one audit must be run before a rate can be told.")
    return rate(int(accused.sum()), accused.size)


def settling(accused: NDArray[np.bool_], points: int = 60) -> Settling:
    """Return the rate after about `points` numbers of audits.

    Args:
        accused: whether each audit accused, in order, shape (audits,), at least one.
        points: at how many places to look.

    Raises:
        LabError: no audit.
    """
    if not accused.size:
        raise LabError("At least one audit must be run before a rate can be told.")
    looks = np.unique(np.linspace(1, accused.size, min(points, accused.size)).round().astype(int))
    counts = accused.cumsum()
    rates = [rate(int(counts[look - 1]), int(look)) for look in looks]
    return Settling(
        audits=looks,
        rates=np.array([one.value for one in rates]),
        lows=np.array([one.low for one in rates]),
        highs=np.array([one.high for one in rates]),
    )
