"""My pictures against reference pictures: pictures of the same kind that the encoder cannot know.

Without any attack, the reference says what is usual: how alike the encoder finds the views of
pictures that it was not trained on. What is above that is an indication and never more: pictures of
another kind, size or quality can be above it for that reason alone (arXiv 2409.19798).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, mannwhitneyu

from auditcore.errors import PassiveError
from auditcore.passive.encodermi.shape import VARIANTS, Similarities, check_similarities
from auditcore.passive.encodermi.threshold import mean_similarity
from auditcore.passive.evaluation import Auc, Rate, auc, rate

if TYPE_CHECKING:  # pages read comparisons without torch
    from auditcore.passive.encodermi.attacks import Attacks

LEAST_MINE, LEAST_REFERENCE = 5, 20
"""Fewest pictures of either kind that a comparison says anything about."""

TOP = 20
"""One in so many of the reference counts as its top."""

UNUSUAL = 0.005
"""How rarely collections that are alike look as different as what is said to stand out."""

Means = NDArray[np.float64]
_MISFIT = 0.5


class Reading(StrEnum):
    """What a comparison shows."""

    TOO_FEW = "too few pictures"
    STANDS_OUT = "stands out"
    NOTHING = "nothing stands out"
    BELOW = "below the reference"


@dataclass(frozen=True)
class Flagged:
    """How many pictures an attack calls members, and whether it can be believed here.

    Attributes:
        mine, reference: how many of either.
        pictures: whether it called each of mine a member.
        auc: the chance that it scores one of mine above one of the reference.
        fits: False when it calls more than half of the reference members, which it cannot be: then
            it was trained for encoders of another kind.
    """

    mine: Rate
    reference: Rate
    pictures: tuple[bool, ...]
    auc: Auc
    fits: bool


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes:
        reading: in one word.
        mine, reference: mean similarity of each picture's views, -1 to 1, in the order given.
        cut: the value in the reference that its top lies at or above; None with too few.
        above: how many of mine lie above `cut`, and of how many.
        expected: how many would on average, were mine and the reference alike.
        usual_most: as many or fewer in 19 of 20 comparisons of collections that are alike.
        auc: the chance that one of mine lies above one of the reference.
        attacks: by variant, with attacks alone.
    """

    reading: Reading
    mine: tuple[float, ...]
    reference: tuple[float, ...]
    cut: float | None
    above: Rate
    expected: float
    usual_most: int
    auc: Auc
    attacks: dict[str, Flagged]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain JSON values."""
        return {**asdict(self), "reading": self.reading.value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Comparison":
        """Read back what `to_json` wrote."""
        return cls(
            **{
                **values,
                "reading": Reading(values["reading"]),
                "mine": tuple(values["mine"]),
                "reference": tuple(values["reference"]),
                "above": Rate(**values["above"]),
                "auc": Auc(**values["auc"]),
                "attacks": {name: _flagged(value) for name, value in values["attacks"].items()},
            }
        )


def compare(
    mine: Similarities, reference: Similarities, attacks: "Attacks | None" = None
) -> Comparison:
    """Compare my pictures with the reference.

    It stands out when mine lie higher than the reference as a whole (Mann-Whitney), or more of mine
    lie above the reference's top than usual (exact: the ranks of collections that are alike are
    exchangeable, so the count is beta-binomial), each at half of UNUSUAL.

    Args:
        mine: similarities of my pictures, shape (N, 45).
        reference: of pictures that the encoder cannot have seen, shape (M, 45).
        attacks: trained attacks, to say what they call members among both.

    Raises:
        PassiveError: no picture in one of the two, similarities that are none, or a picture that is
            in both.
    """
    mine, reference = check_similarities(mine), check_similarities(reference)
    _check_apart(mine, reference)
    my_means, their_means = mean_similarity(mine), mean_similarity(reference)
    top = _above_top(my_means, their_means)
    return Comparison(
        reading=_reading(my_means, their_means, top.chance),
        mine=tuple(my_means.tolist()),
        reference=tuple(their_means.tolist()),
        cut=top.cut,
        above=rate(top.above, len(my_means)),
        expected=top.expected,
        usual_most=top.usual_most,
        auc=auc(my_means.tolist(), their_means.tolist()),
        attacks={} if attacks is None else {v: _ask(attacks, v, mine, reference) for v in VARIANTS},
    )


@dataclass(frozen=True)
class _AboveTop:
    """How many of mine lie above the reference's top, and how many would by chance.

    Attributes:
        chance: of so many or more, were mine and the reference alike.
        cut, above, expected, usual_most: as in Comparison.
    """

    cut: float | None
    above: int
    expected: float
    usual_most: int
    chance: float


def _above_top(mine: Means, reference: Means) -> _AboveTop:
    top = (len(reference) + 1) // TOP  # so many of the reference
    if not top:
        return _AboveTop(None, 0, 0.0, 0, 1.0)
    cut = float(np.sort(reference)[-top])
    above = int((mine > cut).sum())
    count = betabinom(len(mine), top, len(reference) + 1 - top)
    usual = int(count.ppf(0.95))
    return _AboveTop(cut, above, float(count.mean()), usual, float(count.sf(above - 1)))


def _check_apart(mine: Similarities, reference: Similarities) -> None:
    """Refuse a picture in both: its views are the same, so all its similarities are."""
    both = {row.tobytes() for row in mine} & {row.tobytes() for row in reference}
    if both:
        raise PassiveError(
            f"{len(both)} of your pictures {'is' if len(both) == 1 else 'are'} in the reference as "
            "well. The reference must be other pictures, which the model cannot have seen: take "
            "them out of one of the two."
        )


def _reading(mine: Means, reference: Means, tail: float) -> Reading:
    if len(mine) < LEAST_MINE or len(reference) < LEAST_REFERENCE:
        return Reading.TOO_FEW
    higher, lower = (
        float(mannwhitneyu(mine, reference, alternative=side).pvalue)
        for side in ("greater", "less")
    )
    if min(higher, tail) <= UNUSUAL / 2:
        return Reading.STANDS_OUT
    return Reading.BELOW if lower <= UNUSUAL / 2 else Reading.NOTHING


def _ask(attacks: "Attacks", variant: str, mine: Similarities, reference: Similarities) -> Flagged:
    my_scores, their_scores = (attacks.scores(variant, part) for part in (mine, reference))
    called = my_scores > 0
    wrong = rate(int((their_scores > 0).sum()), len(their_scores))
    return Flagged(
        mine=rate(int(called.sum()), len(called)),
        reference=wrong,
        pictures=tuple(called.tolist()),
        auc=auc(my_scores.tolist(), their_scores.tolist()),
        fits=wrong.value <= _MISFIT,
    )


def _flagged(values: Mapping[str, Any]) -> Flagged:
    return Flagged(
        mine=Rate(**values["mine"]),
        reference=Rate(**values["reference"]),
        pictures=tuple(values["pictures"]),
        auc=Auc(**values["auc"]),
        fits=values["fits"],
    )
