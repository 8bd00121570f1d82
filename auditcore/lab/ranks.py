"""Where the published version of each photo stands among all its versions, for one model.

This looks at everything at once and is no audit: it is how the lab judges a trained model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditcore.kit import Kit
from auditcore.models.base import Model
from auditcore.randomness import derive
from auditcore.scores import Query, Scorer


@dataclass(frozen=True)
class Standing:
    """One photo's standing.

    Attributes:
        file: the photo.
        rank: 1 when the published version scores highest of all `versions` looked at.
        versions: how many were looked at, the published one among them.
        z: distance of the published score from the mean of the hidden ones, in their standard
            deviations.
    """

    file: str
    rank: int
    versions: int
    z: float


def standings(kit: Kit, model: Model, score: str, versions: int | None = None) -> list[Standing]:
    """Score the published and the hidden versions of every photo of a kit.

    Args:
        kit: an open kit.
        model: the model to ask.
        score: name of the score.
        versions: look at this many versions a photo, drawn at random; all of them if None.
    """
    scorer = Scorer(kit, model, score)
    return [_standing(kit, scorer, photo, versions) for photo in range(len(kit.photos))]


def mean_z(found: Sequence[Standing]) -> float:
    """Return the mean z of all photos."""
    return float(np.mean([standing.z for standing in found]))


def _standing(kit: Kit, scorer: Scorer, photo: int, versions: int | None) -> Standing:
    hidden = derive(b"ranks", photo).shuffled(kit.hidden_order(photo))
    chosen = hidden[: None if versions is None else versions - 1]
    asked = [Query(photo, version) for version in (kit.published_version(photo), *chosen)]
    scores = np.array([answer.score for answer in scorer.answer(asked)])
    own, others = float(scores[0]), scores[1:]
    return Standing(
        file=kit.photos[photo].file,
        rank=1 + int((others > own).sum()),
        versions=len(scores),
        z=(own - float(others.mean())) / float(others.std()),
    )
