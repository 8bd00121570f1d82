"""Asks a model about versions and returns one number each.

A test that ranks versions must not see what was asked before, after or beside a version: its answer
is the same to the bit. A model on this machine promises that for every picture by itself, and is
asked about many versions at a time; any other is asked one version a call. The pictures of the
next ones are made in another thread meanwhile (pictures.py).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from auditcore.errors import ScoreError
from auditcore.models.base import Capability, Model
from auditcore.models.suggest import did_you_mean
from auditcore.photos import Pixels
from auditcore.scores.base import Answer, KitView, Query, Reference, Score, digest_parts
from auditcore.scores.choices import OTHER_TEXTS, SCORES, label_index
from auditcore.scores.views import View, draw_views

if TYPE_CHECKING:
    from auditcore.models.prepared import Images

VIEWS_MAX = 256
SIGNIFICANT_DIGITS = 6
USUAL_CLASSES = 1000
"""How many classes a model is taken to have that names the best one alone."""
_PHOTOS_HELD = 4096
_ABOUT_ONE_PHOTO = frozenset({Capability.CAPTION_LOSS, Capability.CHOICE})
"""The questions that name a photo's caption, and so cannot be about several photos at a time."""

_PROBE_SIDE, _PROBE_CELLS = 448, 8


class Scorer:
    """One kit, one model, one score: answers queries about versions.

    Attributes:
        score: the score in use.
        images_per_query: pictures the model sees for each query.
        description: name and parameters of the score, JSON values; part of the audit's plan.
    """

    def __init__(
        self,
        kit: KitView,
        model: Model,
        score_name: str,
        views: int | None = None,
        photos: Iterable[int] | None = None,
    ) -> None:
        """Check that the score fits before anything is asked.

        Args:
            kit: where versions, captions, labels and the draws of the views come from.
            model: the model to ask.
            score_name: one of SCORES.
            views: views a version, 1 to VIEWS_MAX; the score's own number if None.
            photos: indices of the photos that will be queried; all of the kit's if None.

        Raises:
            ScoreError: no such score, a model that lacks what it needs, photos without a caption
                or label (named), a label the model does not know (with the nearest ones).
        """
        self.score = _find(score_name)
        self.images_per_query = self.score.views if views is None else views
        if not 1 <= self.images_per_query <= VIEWS_MAX:
            raise ScoreError(f"The number of views must be between 1 and {VIEWS_MAX}.")
        self._kit = kit
        self._model = model
        self._photos = sorted(set(range(len(kit.photos)) if photos is None else photos))
        self._announced = frozenset(self._photos)
        _check_model(self.score, model)
        self._references = self._find_references()
        self._caption = lru_cache(_PHOTOS_HELD)(self._ask_caption)
        self._classes = len(model.labels) if _lists_labels(model) else USUAL_CLASSES
        from auditcore.scores.pictures import pictures_for  # needs torch, which pages do without

        self._pictures = pictures_for(kit, model, lru_cache(_PHOTOS_HELD)(self._draw))
        self.description: dict[str, Any] = {
            "name": self.score.name,
            "made": self._pictures.made,
            "views": self.images_per_query,
            "crop": self.score.crop.to_json(),
            "significant_digits": SIGNIFICANT_DIGITS,
        }
        if model.asked_as:
            self.description["asked_as"] = dict(model.asked_as)

    def answer(self, queries: Sequence[Query]) -> list[Answer]:
        """Return one answer a query, in order; see `answers`."""
        return list(self.answers(queries))

    def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Yield one answer a query, in order, as soon as the model has given it.

        Raises:
            ScoreError: an answer that is not a number, or a photo that was not announced.
            ModelError: the model failed.
        """
        unknown = {query.photo for query in queries} - self._announced
        if unknown:
            raise ScoreError(f"No views were drawn for the photos {sorted(unknown)}.")
        together = self.score.asks not in _ABOUT_ONE_PHOTO
        for part, (raw, references) in self._pictures.answered(queries, together, self._hear):
            rows = np.split(raw, len(part))
            for query, own, reference in zip(part, rows, references, strict=True):
                yield self._judge(query.photo, own, reference)

    def probe(self) -> Answer:
        """Return the answer to a picture that is always the same: a drift of it is the model's.

        A hosted model is really asked, whatever answers are kept; not about the caption, though,
        with which all answers are compared alike.
        """
        photo = self._photos[0]
        reference = self._reference(photo)
        images = self._pictures.of_picture(photo, probe_picture(self._kit))
        with self._model.fresh():
            raw = self._ask(photo, images)
        return self._judge(photo, raw, reference)

    def seconds_per_query(self) -> float:
        """Return how long a version takes: a few questions about the probe's picture are timed.

        Of a model that knows how long it takes nothing is asked.
        """
        if self._model.seconds_per_image is not None:
            return self._model.seconds_per_image * self.images_per_query
        photo = self._photos[0]
        images = self._pictures.usual_question(photo, probe_picture(self._kit))
        self._ask(photo, images)  # the first pays for warming up
        begin = perf_counter()
        self._ask(photo, images)
        return (perf_counter() - begin) * self.images_per_query / len(images)

    def _hear(self, part: Sequence[Query], images: "Images") -> tuple[NDArray[Any], list[Any]]:
        """Ask about the versions of a part, and what their answers are compared with."""
        raw = self._ask(part[0].photo, images)
        return raw, [self._reference(query.photo) for query in part]

    def _judge(self, photo: int, raw: NDArray[Any], reference: Any) -> Answer:
        if not np.isfinite(raw).all():
            raise ScoreError(
                f"The model {self._model.identity.name} gave an answer that is not a number "
                f"(photo {self._kit.photos[photo].file}). Nothing can be concluded from it."
            )
        value = self.score.value(raw, reference, self._classes)
        return Answer(rounded(value), hashlib.sha256(digest_parts(raw)).hexdigest())

    def _ask(self, photo: int, images: "Images") -> NDArray[Any]:
        """Put the score's question to the model, about pictures of one or several photos."""
        caption = self._kit.photos[photo].caption or ""
        questions: dict[Capability, Callable[[], NDArray[Any]]] = {
            Capability.PROBABILITIES: lambda: self._model.probabilities(images),
            Capability.LABELS: lambda: self._model.predicted_labels(images),
            Capability.IMAGE_FEATURES: lambda: self._model.image_features(images),
            Capability.CAPTION_LOSS: lambda: self._model.caption_losses(images, caption),
            Capability.CHOICE: lambda: self._model.choices(images, (caption, *OTHER_TEXTS)),
        }
        raw = questions[self.score.asks]()
        if len(raw) != len(images):
            raise ScoreError(
                f"The model {self._model.identity.name} gave {len(raw)} answers about "
                f"{len(images)} pictures. Nothing can be concluded from them."
            )
        return raw

    def _draw(self, photo: int) -> tuple[View, ...]:
        stream = self._kit.stream("views", self.score.name, photo)
        return draw_views(stream, self.images_per_query, self.score.crop)

    def _find_references(self) -> dict[int, int | None]:
        """Check that captions or labels are known; return the index of each photo's label."""
        known = {photo: self._kit.photos[photo] for photo in self._photos}
        if self.score.reference is Reference.CAPTION:
            self._refuse_missing("caption", {photo: x.caption for photo, x in known.items()})
        if self.score.reference is not Reference.LABEL:
            return dict.fromkeys(self._photos)
        labels = {photo: facts.label for photo, facts in known.items()}
        self._refuse_missing("label", labels)
        return {photo: label_index(self._model, str(x)) for photo, x in labels.items()}

    def _reference(self, photo: int) -> Any:
        """Return what the answers are compared with; a caption's features are asked for once."""
        if Capability.TEXT_FEATURES not in self.score.needs:
            return self._references[photo]
        return self._caption(photo)

    def _ask_caption(self, photo: int) -> NDArray[np.float32]:
        caption = str(self._kit.photos[photo].caption)
        features: NDArray[np.float32] = self._model.text_features([caption])[0]
        if not np.isfinite(features).all():
            raise ScoreError(
                f"The model {self._model.identity.name} gave an answer that is not a number for "
                f"the caption '{caption}'."
            )
        return features

    def _refuse_missing(self, what: str, found: dict[int, str | None]) -> None:
        missing = [self._kit.photos[photo].file for photo, text in found.items() if not text]
        if missing:
            listed = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            raise ScoreError(
                f"The score {self.score.name} needs a {what} for every photo; the kit has none "
                f"for {listed}. Choose another score."
            )


def probe_picture(kit: KitView) -> Pixels:
    """Return a smooth coloured picture that follows from the kit's seed, shape (448, 448, 3)."""
    cells = kit.stream("probe").integers(_PROBE_CELLS * _PROBE_CELLS * 3, 256)
    small = cells.astype(np.uint8).reshape(_PROBE_CELLS, _PROBE_CELLS, 3)
    size = (_PROBE_SIDE, _PROBE_SIDE)
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


def rounded(value: float) -> float:
    """Return a score rounded to SIGNIFICANT_DIGITS; equal scores are ties, broken by the kit.

    Raises:
        ScoreError: the value is not finite.
    """
    if not np.isfinite(value):
        raise ScoreError("A score came out that is not a number. Nothing can be concluded from it.")
    return float(f"{value:.{SIGNIFICANT_DIGITS - 1}e}") + 0.0  # + 0.0: no negative zero


def _lists_labels(model: Model) -> bool:
    """Say whether a model tells all its labels; one that names the best alone does not."""
    return Capability.LABELS not in model.capabilities or (
        Capability.PROBABILITIES in model.capabilities
    )


def _find(name: str) -> Score:
    if name not in SCORES:
        raise ScoreError(
            f"There is no score '{name}'.{did_you_mean(name, SCORES)} "
            f"There are: {', '.join(SCORES)}."
        )
    return SCORES[name]


def _check_model(score: Score, model: Model) -> None:
    missing = sorted(score.needs - model.capabilities)
    if missing:
        raise ScoreError(
            f"The score {score.name} needs {' and '.join(missing)}, which {model.identity.name} "
            f"does not give. It gives {' and '.join(sorted(model.capabilities))}."
        )
