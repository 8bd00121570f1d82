"""The scores there are, and which one fits a model and a kit best.

Numbers of views and crops: measured on models that saw the photos, see
tests/benchmarks/results/score_choice.md. A hosted model, where every picture costs, is shown the
whole picture once wherever that finds nearly as much as many views.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from auditcore.errors import ScoreError
from auditcore.models.base import Capability, Model
from auditcore.models.suggest import did_you_mean
from auditcore.scores import entropy, similarity
from auditcore.scores.base import KitView, Reference, Score
from auditcore.scores.views import Crop

_PROBABILITIES = frozenset({Capability.PROBABILITIES})
_LABELS = frozenset({Capability.LABELS})
_IMAGES = frozenset({Capability.IMAGE_FEATURES})
_BOTH = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})

# What a model that chooses among texts is offered beside the caption: the same for every version
# of a photo, and unlike nearly every caption.
OTHER_TEXTS = (
    "a photo of a person",
    "a photo of an animal",
    "a landscape",
    "a building",
    "food on a table",
    "a vehicle on a road",
    "a drawing",
    "a page of text",
    "an empty room",
)


def _modified_entropy(answer: NDArray[Any], label: int, _classes: int) -> float:
    return entropy.modified_entropy_score(entropy.mean_probabilities(answer), label)


def _negative_entropy(answer: NDArray[Any], _nothing: None, _classes: int) -> float:
    return entropy.negative_entropy_score(entropy.mean_probabilities(answer))


def _histogram_known(answer: NDArray[Any], label: int, classes: int) -> float:
    return entropy.modified_entropy_score(entropy.label_histogram(answer, classes), label)


def _histogram_unknown(answer: NDArray[Any], _nothing: None, classes: int) -> float:
    return entropy.negative_entropy_score(entropy.label_histogram(answer, classes))


def _view_similarity(answer: NDArray[Any], _nothing: None, _classes: int) -> float:
    return similarity.view_similarity_score(answer)


def _caption_cosine(answer: NDArray[Any], caption: NDArray[Any], _classes: int) -> float:
    return similarity.caption_cosine_score(answer, caption)


def _caption_loss(answer: NDArray[Any], _nothing: None, _classes: int) -> float:
    return -float(answer.mean())


def _caption_choice(answer: NDArray[Any], _nothing: None, _classes: int) -> float:
    return entropy.modified_entropy_score(entropy.mean_probabilities(answer), 0)


_ALL = (
    Score(
        name="caption-cosine",
        title="How near the model puts the picture to its caption",
        asks=Capability.IMAGE_FEATURES,
        needs=_BOTH,
        reference=Reference.CAPTION,
        views=8,
        crop=Crop(least_area=0.9),
        value=_caption_cosine,
    ),
    Score(
        name="caption-loss",
        title="How easily the model says the picture's caption",
        asks=Capability.CAPTION_LOSS,
        needs=frozenset({Capability.CAPTION_LOSS}),
        reference=Reference.CAPTION,
        views=8,
        crop=Crop(least_area=0.9),
        value=_caption_loss,
    ),
    Score(
        name="caption-choice",
        title="How sure the model is of the picture's caption among other texts",
        asks=Capability.CHOICE,
        needs=frozenset({Capability.CHOICE}),
        reference=Reference.CAPTION,
        views=8,
        crop=Crop(least_area=0.9),
        value=_caption_choice,
    ),
    Score(
        name="modified-entropy",
        title="How sure the model is of the picture's true label",
        asks=Capability.PROBABILITIES,
        needs=_PROBABILITIES,
        reference=Reference.LABEL,
        views=16,
        crop=Crop(least_area=0.8),
        value=_modified_entropy,
    ),
    Score(
        name="negative-entropy",
        title="How sure the model is of its answer, whatever the answer is",
        asks=Capability.PROBABILITIES,
        needs=_PROBABILITIES,
        reference=Reference.NOTHING,
        views=16,
        crop=Crop(least_area=0.8),
        value=_negative_entropy,
    ),
    Score(
        name="label-histogram",
        title="How often the model names the picture's true label",
        asks=Capability.LABELS,
        needs=_LABELS,
        reference=Reference.LABEL,
        views=16,
        crop=Crop(least_area=0.8),
        value=_histogram_known,
    ),
    Score(
        name="label-histogram-unknown",
        title="How often the model names the same label, whatever the label is",
        asks=Capability.LABELS,
        needs=_LABELS,
        reference=Reference.NOTHING,
        views=16,
        crop=Crop(least_area=0.8),
        value=_histogram_unknown,
    ),
    Score(
        name="view-similarity",
        title="How alike the model finds different parts of the picture",
        asks=Capability.IMAGE_FEATURES,
        needs=_IMAGES,
        reference=Reference.NOTHING,
        views=32,
        crop=Crop(least_area=0.5, flip=True),
        value=_view_similarity,
    ),
)

WHOLE = "-whole"
"""Ends the name of a score that looks once, at the whole picture."""


def _at_once(score: Score) -> Score:
    return replace(
        score,
        name=score.name + WHOLE,
        title=f"{score.title}, in one look",
        views=1,
        crop=Crop(least_area=1.0),
    )


_ONE_LOOK = tuple(
    _at_once(score)
    for score in _ALL
    if score.asks in (Capability.PROBABILITIES, Capability.CAPTION_LOSS, Capability.CHOICE)
    or score.name == "caption-cosine"
)
SCORES: dict[str, Score] = {score.name: score for score in (*_ALL, *_ONE_LOOK)}


def default_score(model: Model, kit: KitView, photos: Iterable[int] | None = None) -> str:
    """Return the name of the strongest score that the model and the kit allow.

    Args:
        model: decides by its capabilities.
        kit: decides by the captions and labels of its photos.
        photos: indices of the photos to be audited; all of the kit's if None.

    Raises:
        ScoreError: the model gives nothing to score, or knows only some of the photos' labels
            (then one of them is probably mistyped).
    """
    chosen = list(range(len(kit.photos)) if photos is None else photos)
    for fits, name in _preferences(model, kit, chosen):
        if SCORES[name].needs <= model.capabilities and fits():
            return name + WHOLE if model.hosted and name + WHOLE in SCORES else name
    raise ScoreError(f"The model {model.identity.name} gives nothing that can be scored.")


def _preferences(
    model: Model, kit: KitView, photos: list[int]
) -> list[tuple[Callable[[], bool], str]]:
    """Return the scores, strongest first, each with the question whether the kit allows it."""

    def captioned() -> bool:
        return all(kit.photos[photo].caption for photo in photos)

    def labelled() -> bool:
        return all_labels_known(model, kit, photos)

    return [
        (captioned, "caption-loss"),
        (captioned, "caption-cosine"),
        (captioned, "caption-choice"),
        (labelled, "modified-entropy"),
        (lambda: True, "negative-entropy"),
        (labelled, "label-histogram"),
        (lambda: True, "label-histogram-unknown"),
        (lambda: True, "view-similarity"),
    ]


def all_labels_known(model: Model, kit: KitView, photos: Iterable[int]) -> bool:
    """Say whether every photo has a label of the model's; False when none has.

    Raises:
        ScoreError: some have and some are unknown to the model, naming the first (unless the model
            does not list its labels).
    """
    labels = [kit.photos[photo].label for photo in photos]
    if any(label is None for label in labels):
        return False
    matches = [bool(_matching(model, str(label))) for label in labels]
    if Capability.PROBABILITIES in model.capabilities and any(matches) and not all(matches):
        label_index(model, str(labels[matches.index(False)]))
    return all(matches)


def label_index(model: Model, label: str) -> int:
    """Return the place of a label among the model's: the same spelling, else upper or lower case.

    Raises:
        ScoreError: the model has no such label (the nearest are named), or several that differ in
            upper and lower case alone.
    """
    found = _matching(model, label)
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(model.labels[index] for index in found)
        raise ScoreError(f"The label '{label}' may be {names}: write it exactly.")
    raise ScoreError(
        f"The label '{label}' is not one of the {len(model.labels)} that {model.identity.name} "
        f"knows.{did_you_mean(label, model.labels)} Without labels, choose the score "
        "negative-entropy or label-histogram-unknown."
    )


def _matching(model: Model, label: str) -> list[int]:
    """Return the places of the labels spelled so, or else alike but for upper and lower case."""
    wanted = label.strip()
    exact = [index for index, name in enumerate(model.labels) if name == wanted]
    folded = wanted.casefold()
    return exact or [i for i, name in enumerate(model.labels) if name.casefold() == folded]
