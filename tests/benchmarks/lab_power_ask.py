"""Asks a model about many versions at once, for lab_power.py.

The product asks about each version in a call of its own, so that no other version has a say in the
last bits of an answer; scores are then rounded to 6 digits. Here the versions of a batch share a
call, several times as fast, and the scores are rounded alike.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from whole_audits import Book

from auditcore.audit.track import Asked
from auditcore.kit import Kit
from auditcore.models import Model
from auditcore.models.base import Capability
from auditcore.photos import Pixels
from auditcore.randomness import Stream
from auditcore.scores import default_score
from auditcore.scores.base import KitPhotoView, Reference, Score
from auditcore.scores.choices import SCORES, label_index
from auditcore.scores.scorer import rounded
from auditcore.scores.views import View, cut_views, draw_views


def question(model: Model, score: Score) -> Callable[[Sequence[Pixels]], NDArray[Any]]:
    """Return what a score asks of a model, for any number of pictures."""
    if score.asks is Capability.PROBABILITIES:
        return model.probabilities
    assert score.asks is Capability.IMAGE_FEATURES
    return model.image_features


def reference_of(model: Model, score: Score, photo: KitPhotoView) -> Any:
    """Return what a photo's answers are compared with."""
    if score.reference is Reference.CAPTION:
        return model.text_features([str(photo.caption)])[0]
    return label_index(model, str(photo.label)) if score.reference is Reference.LABEL else None


def quicker(model: Model) -> Model:
    """Lay a convolutional network out as it is fastest on a CPU: other bits, the same answers."""
    network: torch.nn.Module = model._network
    if any(isinstance(part, torch.nn.Conv2d) for part in network.modules()):
        network.to(memory_format=torch.channels_last)
    return model


def ask(
    model: Model, score: Score, versions: Sequence[Pixels], views: Sequence[View]
) -> NDArray[Any]:
    """Return the answers to all views of versions of one photo, shape (versions, views, ...)."""
    images = [view for one in versions for view in cut_views(one, views, model.input_size)]
    answers = question(model, score)(images)
    return answers.reshape(len(versions), len(views), *answers.shape[1:])


class BatchBook(Book):
    """The default score of a model for one kit, asked for a batch at a time, each version once."""

    def __init__(self, kit: Kit, model: Model) -> None:
        self.scores: dict[Asked, float] = {}
        self._kit, self._model = kit, model
        self.score = SCORES[default_score(model, kit)]
        self._views = [self._draw(kit.stream, photo) for photo in range(len(kit.photos))]
        self._references = [reference_of(model, self.score, photo) for photo in kit.photos]

    def _draw(self, stream: Callable[..., Stream], photo: int) -> tuple[View, ...]:
        name = self.score.name
        return draw_views(stream("views", name, photo), self.score.views, self.score.crop)

    def look_up(self, batch: list[Asked]) -> list[float]:
        """Return the scores of a batch, asking the model for those that are not known yet."""
        missing = [asked for asked in batch if asked not in self.scores]
        for photo in sorted({photo for photo, _ in missing}):
            self._ask(photo, [version for one, version in missing if one == photo])
        return [self.scores[asked] for asked in batch]

    def _ask(self, photo: int, versions: list[int]) -> None:
        pictures = [self._kit.version(photo, version) for version in versions]
        answers = ask(self._model, self.score, pictures, self._views[photo])
        for version, answer in zip(versions, answers, strict=True):
            value = self.score.value(answer, self._references[photo], len(self._model.labels))
            self.scores[photo, version] = rounded(float(np.float64(value)))
