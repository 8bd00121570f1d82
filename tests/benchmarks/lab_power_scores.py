"""The scores that lab_power.py compares: numbers made of the answers to one version's views.

Each kind of model is asked in two ways ("default": the product's views; "other": the papers'
number of views, or the whole picture); every score is a function of one of these answers. The
scores that end in "- twin" subtract what a model that did not see the photo says of the same
version.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from lab_power_ask import question
from numpy.typing import NDArray
from scipy.special import log_softmax

from auditcore.models import Model
from auditcore.photos import Pixels
from auditcore.randomness import Stream
from auditcore.scores.choices import SCORES
from auditcore.scores.views import Crop, cut_views, draw_views

Value = Callable[[NDArray[Any], Any], float]
"""(answers to the views (V, D), what they are compared with) -> score."""
OTHER_CAPTIONS, SCALE = 200, 30.0
_TINY = 1e-12


@dataclass(frozen=True)
class Look:
    """A way of showing a version: views in a crop."""

    crop: Crop
    views: int


@dataclass(frozen=True)
class Candidate:
    """A score: how a version is looked at (a key of the kind's looks), and the number."""

    look: str
    value: Value


def _product(name: str) -> Value:
    """Return one of the product's scores."""
    return lambda answers, told: SCORES[name].value(answers, told, answers.shape[-1])


def _first(count: int, value: Value) -> Value:
    return lambda answers, told: value(answers[:count], told)


def _unit(features: NDArray[Any]) -> NDArray[np.float64]:
    rows = features.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def _own_caption(answers: NDArray[Any], told: Any) -> float:
    """Cosine with the own caption."""
    return float(_product("caption-cosine")(answers, told[0]))


def _caption_among(answers: NDArray[Any], told: Any) -> float:
    """Log of the share that CLIP's softmax gives the own caption among OTHER_CAPTIONS more."""
    cosines = _unit(answers) @ _unit(told).T
    return float(log_softmax(SCALE * cosines, axis=1)[:, 0].mean())


def _caption_margin(answers: NDArray[Any], told: Any) -> float:
    """Cosine with the own caption less the mean cosine with the others."""
    cosines = _unit(answers) @ _unit(told).T
    return float((cosines[:, 0] - cosines[:, 1:].mean(axis=1)).mean())


def _cross_entropy(answers: NDArray[Any], label: int) -> float:
    """Mean over views of log p of the own class."""
    return float(np.log(np.maximum(answers[:, label], _TINY)).mean())


def _log_odds(answers: NDArray[Any], label: int) -> float:
    """Mean over views of log p / (1 - p) of the own class (arXiv 2112.03570, section IV-C)."""
    own = answers[:, label].astype(np.float64)
    others = np.delete(answers, label, axis=1).sum(axis=1)
    return float((np.log(np.maximum(own, _TINY)) - np.log(np.maximum(others, _TINY))).mean())


def _labels(answers: NDArray[Any], label: int) -> float:
    """The product's score of a model that tells labels alone."""
    named = answers.argmax(axis=1)
    return float(SCORES["label-histogram"].value(named, label, answers.shape[1]))


def _length(answers: NDArray[Any], _told: Any) -> float:
    """Mean length of the features."""
    return float(np.linalg.norm(answers.astype(np.float64), axis=1).mean())


LOOKS = {
    "classifier": {"default": Look(Crop(0.8), 16), "other": Look(Crop(1.0), 1)},
    "encoder": {"default": Look(Crop(0.5, flip=True), 64)},
    "clip": {"default": Look(Crop(0.9), 8), "other": Look(Crop(1.0), 1)},
}
_ALIKE = _product("view-similarity")
DEFAULT = {
    "classifier": "modified entropy, 16 views (default, papers')",
    "encoder": "view similarity, 32 views (default)",
    "clip": "cosine with the caption, 8 views (default)",
}
PAPERS = {
    "classifier": DEFAULT["classifier"],
    "encoder": "view similarity, 64 views (papers')",
    "clip": "cosine with the caption, whole picture (papers')",
}
SCORES_OF: dict[str, dict[str, Candidate]] = {
    "classifier": {
        DEFAULT["classifier"]: Candidate("default", _product("modified-entropy")),
        "modified entropy, whole picture": Candidate("other", _product("modified-entropy")),
        "log odds, whole picture": Candidate("other", _log_odds),
        "cross-entropy, 16 views": Candidate("default", _cross_entropy),
        "log odds, 16 views": Candidate("default", _log_odds),
        "minus entropy, 16 views (no label known)": Candidate(
            "default", lambda answers, _: _product("negative-entropy")(answers, None)
        ),
        "labels alone, 16 views": Candidate("default", _labels),
    },
    "encoder": {
        DEFAULT["encoder"]: Candidate("default", _first(32, _ALIKE)),
        PAPERS["encoder"]: Candidate("default", _ALIKE),
        "length of the features, 64 views": Candidate("default", _length),
    },
    "clip": {
        DEFAULT["clip"]: Candidate("default", _own_caption),
        PAPERS["clip"]: Candidate("other", _own_caption),
        "softmax of the caption among 200 others, 8 views": Candidate("default", _caption_among),
        "cosine less the mean of 200 other captions, 8 views": Candidate(
            "default", _caption_margin
        ),
        "view similarity, 8 views (no caption known)": Candidate(
            "default", lambda answers, _: _ALIKE(answers, None)
        ),
    },
}
TWIN = " - twin"
CALIBRATED: dict[str, tuple[str, ...]] = {
    "classifier": (DEFAULT["classifier"], "log odds, 16 views"),
    "encoder": (),
    "clip": (DEFAULT["clip"], "softmax of the caption among 200 others, 8 views"),
}


def scores_of(
    kind: str, model: Model, versions: list[Pixels], told: Any, draws: Callable[[str], Stream]
) -> dict[str, list[float]]:
    """Return every score of versions of one photo.

    Args:
        kind: key of SCORES_OF.
        model: the model asked.
        versions: pictures.
        told: the class as an index, or features of the own caption and others (captions, D).
        draws: from the name of a look to the stream that its views are drawn from.
    """
    answers = {}
    candidates = SCORES_OF[kind]
    product = {"classifier": "modified-entropy", "encoder": "view-similarity"}
    asked = question(model, SCORES[product.get(kind, "caption-cosine")])
    for name, look in LOOKS[kind].items():
        views = draw_views(draws(name), look.views, look.crop)
        images = [view for one in versions for view in cut_views(one, views, model.input_size)]
        answer = asked(images)
        answers[name] = answer.reshape(len(versions), look.views, *answer.shape[1:])
    return {
        name: [float(one.value(answer, told)) for answer in answers[one.look]]
        for name, one in candidates.items()
    }
