"""How strong a method is, measured on pictures or people of which it is known what they are.

Members and non-members must come from one source, drawn at random: a method that only tells two
sources apart looks strong and says nothing about training (arXiv 2409.19798). What counts is how
many members are found where hardly any non-member is (Carlini et al., "Membership inference
attacks from first principles", arXiv 2112.03570), so curves are drawn on logarithmic axes.

Scores are one-dimensional; higher means more like a member. Intervals are two-sided, 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import beta, rankdata

from auditcore.errors import PassiveError

LOW_RATES = (0.001, 0.01, 0.05, 0.1)
"""The false-positive rates at which the share of members found is given."""

_TAIL = 0.025
_TINY = 1e-9
_Z = 1.959963984540054  # of a normal deviate, two-sided 95 %


@dataclass(frozen=True)
class Rate:
    """A counted share with its exact interval (Clopper-Pearson).

    Attributes:
        count, of: so many of so many.
        low, high: bounds of the share, 0 to 1.
    """

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """Return the share, 0 to 1."""
        return self.count / self.of

    def to_json(self) -> dict[str, Any]:
        """Return the rate as plain JSON values."""
        return {"value": self.value, **asdict(self)}


@dataclass(frozen=True)
class Auc:
    """The chance that a member scores above a non-member (a tie counts half), with its interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Return it as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Roc:
    """Both error rates at every threshold, from the strictest to the most lenient.

    Attributes:
        thresholds: falling, shape (K,); a score at or above the threshold says "member".
        fpr, tpr: share of non-members, of members, at or above it, shape (K,) each.
    """

    thresholds: NDArray[np.float64]
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]


@dataclass(frozen=True)
class Decisions:
    """Yes-or-no answers counted. Precision is None when nothing was called a member."""

    accuracy: Rate
    precision: Rate | None
    recall: Rate
    false_positives: Rate

    def to_json(self) -> dict[str, Any]:
        """Return them as plain JSON values."""
        named = vars(self).items()
        return {name: None if rate is None else rate.to_json() for name, rate in named}


def rate(count: int, of: int) -> Rate:
    """Return count / of with its Clopper-Pearson interval (0 <= count <= of, of > 0)."""
    low = float(beta.ppf(_TAIL, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - _TAIL, count + 1, of - count)) if count < of else 1.0
    return Rate(count, of, low, high)


def roc(members: Sequence[float], non_members: Sequence[float]) -> Roc:
    """Return the curve over all thresholds that occur, beginning with one that nothing reaches.

    Raises:
        PassiveError: no members, no non-members, or a score that is no number.
    """
    inside, outside = _checked(members, non_members)
    thresholds = np.concatenate([[np.inf], np.unique(np.concatenate([inside, outside]))[::-1]])
    return Roc(thresholds, _at_or_above(outside, thresholds), _at_or_above(inside, thresholds))


def auc(members: Sequence[float], non_members: Sequence[float]) -> Auc:
    """Return the area under the curve with Newcombe's interval.

    It is of Wilson's kind, so it neither collapses at 1 nor leaves 0 to 1 (R. G. Newcombe,
    Statistics in Medicine 25, 2006, method 5).
    """
    inside, outside = _checked(members, non_members)
    m, n = inside.size, outside.size
    ranks = rankdata(np.concatenate([inside, outside]))[:m]
    value = float((ranks.sum() - m * (m + 1) / 2) / (m * n))
    inner = min(max(value, _TINY), 1 - _TINY)  # at 0 and 1 itself the variance vanishes
    low = 0.0 if value == 0 else float(brentq(_distance, 0.0, inner, args=(value, m, n)))
    high = 1.0 if value == 1 else float(brentq(_distance, inner, 1.0, args=(value, m, n)))
    return Auc(value, low, high)


def tpr_at(members: Sequence[float], non_members: Sequence[float], fpr: float) -> Rate | None:
    """Return the share of members found where at most `fpr` of the non-members are.

    The interval holds for the threshold that was found, whose own uncertainty it leaves out.

    Returns:
        None with fewer than 1 / fpr non-members: so few cannot show a rate that low.
    """
    inside, outside = _checked(members, non_members)
    if outside.size * fpr < 1:
        return None
    curve = roc(members, non_members)
    threshold = curve.thresholds[curve.fpr <= fpr].min()
    return rate(int((inside >= threshold).sum()), inside.size)


def decisions(member_flags: Sequence[bool], non_member_flags: Sequence[bool]) -> Decisions:
    """Count yes-or-no answers on members and non-members."""
    inside, outside = np.asarray(member_flags, bool), np.asarray(non_member_flags, bool)
    if not inside.size or not outside.size:
        raise PassiveError(_BOTH)
    found, wrong = int(inside.sum()), int(outside.sum())
    return Decisions(
        accuracy=rate(found + outside.size - wrong, inside.size + outside.size),
        precision=rate(found, found + wrong) if found + wrong else None,
        recall=rate(found, inside.size),
        false_positives=rate(wrong, outside.size),
    )


def evaluate(members: Sequence[float], non_members: Sequence[float]) -> dict[str, Any]:
    """Return what scores alone tell, as JSON values: the area, members found at LOW_RATES."""
    found = {str(fpr): tpr_at(members, non_members, fpr) for fpr in LOW_RATES}
    return {
        "members": len(members),
        "non_members": len(non_members),
        "auc": auc(members, non_members).to_json(),
        "tpr_at_fpr": {fpr: None if r is None else r.to_json() for fpr, r in found.items()},
    }


_BOTH = "To measure a method, both members and non-members are needed. One of the two is empty."


def _checked(
    members: Sequence[float], non_members: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inside, outside = np.asarray(members, np.float64), np.asarray(non_members, np.float64)
    if not inside.size or not outside.size:
        raise PassiveError(_BOTH)
    if not (np.isfinite(inside).all() and np.isfinite(outside).all()):
        raise PassiveError("A score is not a number, so nothing can be measured with it.")
    return inside, outside


def _at_or_above(
    scores: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    below = np.searchsorted(np.sort(scores), thresholds, side="left")
    shares: NDArray[np.float64] = (scores.size - below) / scores.size
    return shares


def _distance(true: float, seen: float, m: int, n: int) -> float:
    """Return how far `seen` lies from what a true area explains, in units of its 95 % reach.

    Negative inside of the interval. The variance is Hanley and McNeil's for exponential scores,
    with the mean of both sample sizes in place of each.
    """
    pairs = (m + n) / 2 - 1
    spread = 1 + pairs * (1 - true) / (2 - true) + pairs * true / (1 + true)
    return abs(seen - true) - _Z * math.sqrt(true * (1 - true) * spread / (m * n))
