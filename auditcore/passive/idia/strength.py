"""How often members and non-members are recognised, over photos and over tau.

The unit is the person: at each number of photos, everybody who has so many is asked about in
DRAWS draws; a share is the mean over draws and persons, its interval (Clopper-Pearson) that of one
draw, so not too narrow. As published (arXiv 2209.07341), with intervals added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import PassiveError
from auditcore.passive.evaluation import Rate, evaluate, rate
from auditcore.passive.idia.curves import SIZES, Curve
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.rule import TAU


@dataclass(frozen=True)
class Share:
    """How many of a group of people are recognised.

    Attributes:
        mean: share of the people, mean over the draws, 0 to 1.
        spread: standard deviation over the draws.
        rate: the nearest count of people, with its interval.
    """

    mean: float
    spread: float
    rate: Rate

    def to_json(self) -> dict[str, Any]:
        """Return the share as plain JSON values."""
        people = {"people": self.rate.of, "low": self.rate.low, "high": self.rate.high}
        return {"mean": self.mean, "spread_over_draws": self.spread, **people}


@dataclass(frozen=True)
class Point:
    """Both groups at one number of photos and one tau.

    Attributes:
        photos, tau: which.
        members, non_members: shares recognised: the true- and the false-positive rate.
        decoys: mean share of the decoys that would be recognised in the same photos.
    """

    photos: int
    tau: int
    members: Share
    non_members: Share
    decoys: float

    def to_json(self) -> dict[str, Any]:
        """Return the point as plain JSON values."""
        return {
            "photos": self.photos,
            "tau": self.tau,
            "members": self.members.to_json(),
            "non_members": self.non_members.to_json(),
            "decoys": self.decoys,
        }


@dataclass(frozen=True)
class Strength:
    """What was measured on people of whom it is known what they are.

    Attributes:
        over_photos: at one tau, for every number of photos that both groups have.
        over_tau: at the largest number of photos that everybody has, for every tau.
        scores: area and low error rates of the number of wordings, at those photos.
        member_scores, non_member_scores: that number for each person, mean over the draws.
    """

    over_photos: tuple[Point, ...]
    over_tau: tuple[Point, ...]
    scores: dict[str, Any]
    member_scores: tuple[float, ...]
    non_member_scores: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the measurement as plain JSON values."""
        return {
            "over_photos": [point.to_json() for point in self.over_photos],
            "over_tau": [point.to_json() for point in self.over_tau],
            "wordings_as_score": self.scores,
        }


def strength(members: Sequence[Curve], non_members: Sequence[Curve], tau: int = TAU) -> Strength:
    """Measure how often people are recognised.

    Args:
        members, non_members: one curve a person; at least one of each.
        tau: wordings that must name a person.

    Raises:
        PassiveError: one of the groups is empty.
    """
    if not members or not non_members:
        raise PassiveError(
            "To measure the method, people of both kinds are needed: some who were in the training "
            "data and some who were not."
        )
    groups = (members, non_members)
    sizes = [size for size in SIZES if all(_having(group, size) for group in groups)]
    common = max(size for size in SIZES if all(len(_having(g, size)) == len(g) for g in groups))
    scores = tuple(tuple(float(_row(c, common).mean()) for c in group) for group in groups)
    return Strength(
        over_photos=tuple(_point(members, non_members, size, tau) for size in sizes),
        over_tau=tuple(
            _point(members, non_members, common, each) for each in range(1, len(TEMPLATES) + 1)
        ),
        scores={"photos": common, **evaluate(*scores)},
        member_scores=scores[0],
        non_member_scores=scores[1],
    )


def share(people: Sequence[Curve], photos: int, tau: int = TAU) -> Share:
    """Return how many of the people who have so many photos are recognised.

    Raises:
        PassiveError: nobody has so many.
    """
    having = _having(people, photos)
    if not having:
        raise PassiveError(f"Nobody has {photos} photos.")
    by_draw = np.mean([_row(curve, photos) >= tau for curve in having], axis=0)
    mean = float(by_draw.mean())
    return Share(mean, float(by_draw.std()), rate(round(mean * len(having)), len(having)))


def _point(members: Sequence[Curve], others: Sequence[Curve], photos: int, tau: int) -> Point:
    everyone = _having([*members, *others], photos)
    decoys = [float(c.decoys[c.sizes.index(photos), tau - 1]) for c in everyone]
    return Point(
        photos, tau, share(members, photos, tau), share(others, photos, tau), float(np.mean(decoys))
    )


def _having(people: Sequence[Curve], photos: int) -> list[Curve]:
    return [curve for curve in people if photos in curve.sizes]


def _row(curve: Curve, photos: int) -> NDArray[np.int64]:
    row: NDArray[np.int64] = curve.named[curve.sizes.index(photos)]
    return row
