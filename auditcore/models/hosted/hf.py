"""Hugging Face Inference: classification of images, and the choice among given texts.

A model of the Hub through the router (hf:ID) or a dedicated endpoint (hf:URL). As sent by
huggingface_hub 2.4.0 (`InferenceClient`, provider hf-inference) and documented on 2026-11-22:

- image-classification: `{"inputs": "<base64>", "parameters": {"top_k": N}}`, or the bytes of the
  image alone -> `[{"label", "score"}, ...]`, the most probable first;
- zero-shot-image-classification: `{"inputs", "parameters": {"candidate_labels",
  "hypothesis_template"}}` -> the same list.

One picture a request. Scores that do not sum to 1 (only the best few are told, or each class is
judged for itself) give labels alone.
"""

import base64
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ChangedAnswer
from auditcore.models.base import Capability
from auditcore.models.hosted import base, reading
from auditcore.models.hosted.base import Call, Place, Question

_ALL_CLASSES = 100_000  # more than any classifier has: servers cut it to what there is
_ZERO_SHOT = "zero-shot"


class Adapter(base.Adapter):
    """Image classification, put as JSON."""

    title = "Hugging Face image classification"
    settings: ClassVar = {"task": ("classification", _ZERO_SHOT), "output": ("labels",)}
    needs_model = False
    asks = (Capability.PROBABILITIES,)

    @classmethod
    def forms(cls, place: Place) -> Sequence[base.Adapter]:
        """Return the task that was chosen, else classification and then zero-shot."""
        classify = [Adapter(place), BareAdapter(place)]
        choose = [ZeroShotAdapter(place)]
        task = place.settings.get("task")
        return choose if task == _ZERO_SHOT else classify if task else [*classify, *choose]

    def learn(self, asks: Capability, said: Any) -> Capability:
        """Take the names of the classes from the first answer; see whether it has all of them."""
        pairs = _classes(said)
        self.labels = tuple(sorted(label for label, _ in pairs))
        unique = len(set(self.labels)) == len(pairs)
        complete = unique and reading.are_probabilities([score for _, score in pairs])
        if complete and "output" not in self.place.settings:
            return Capability.PROBABILITIES
        self.labels = tuple(dict.fromkeys(self.labels))
        return Capability.LABELS

    def request(self, question: Question) -> Call:
        """Return the picture with the wish to be told of every class."""
        return _call(self.place, question, {"top_k": _ALL_CLASSES})

    def answer(self, question: Question, said: Any) -> NDArray[Any]:
        """Return the probabilities in the order of `labels`, or the name of the best class."""
        pairs = _classes(said)
        if question.asks is Capability.LABELS:
            return np.array([[max(pairs, key=lambda pair: pair[1])[0]]])
        scores = dict(pairs)
        if len(pairs) != len(self.labels) or set(scores) != set(self.labels):
            raise ChangedAnswer(
                f"The model told of {len(pairs)} classes, and not of the {len(self.labels)} of the "
                "connection test. If it names only some of its classes, add ;output=labels"
            )
        return reading.distributions(np.array([[scores[label] for label in self.labels]]))


class BareAdapter(Adapter):
    """Image classification, put as the bytes of the picture."""

    title = "Hugging Face image classification, bytes alone"

    def request(self, question: Question) -> Call:
        """Return the picture as a PNG file."""
        png = question.images[0].png
        return Call(self.place.path or "/", data=png, content_type="image/png")


class ZeroShotAdapter(base.Adapter):
    """The choice among given texts."""

    title = "Hugging Face zero-shot image classification"
    asks = (Capability.CHOICE,)

    def request(self, question: Question) -> Call:
        """Return the picture and the texts, which are to be taken as they are."""
        texts = {"candidate_labels": list(question.texts), "hypothesis_template": "{}"}
        return _call(self.place, question, texts)

    def answer(self, question: Question, said: Any) -> NDArray[Any]:
        """Return the share of each text; scores that do not sum to 1 are divided by their sum."""
        left = _pairs(said)
        if sorted(label for label, _ in left) != sorted(question.texts):
            raise ChangedAnswer(f"The model chose among other texts than it was given. {_ADVICE}")
        scores = np.array([_take(left, text) for text in question.texts])
        with np.errstate(over="ignore"):
            total = scores.sum()
        if scores.min() < 0 or not 0 < total < np.inf:
            raise ChangedAnswer(f"The model's scores cannot be shares. {_ADVICE}")
        shares: NDArray[np.float64] = scores[None] / total
        return shares


def _call(place: Place, question: Question, parameters: dict[str, Any]) -> Call:
    inputs = base64.b64encode(question.images[0].png).decode()
    return Call(place.path or "/", json={"inputs": inputs, "parameters": parameters})


def _classes(said: Any) -> list[tuple[str, float]]:
    """Return the names and scores of classes. Texts that the question held may be longer."""
    pairs = _pairs(said)
    reading.labels([label for label, _ in pairs])
    return pairs


def _pairs(said: Any) -> list[tuple[str, float]]:
    """Return the labels and scores of an answer, which may be wrapped in one more list."""
    said = reading.items(said)
    lines = reading.items(said[0]) if len(said) == 1 and isinstance(said[0], list) else said
    scores = reading.numbers([reading.entry(line, "score") for line in lines])
    labels = [reading.entry(line, "label") for line in lines]
    if scores.ndim != 1 or not all(isinstance(label, str) and label for label in labels):
        raise ChangedAnswer(f"The model's answer is no list of labels and scores. {_ADVICE}")
    return list(zip(labels, map(float, scores), strict=True))


def _take(left: list[tuple[str, float]], text: str) -> float:
    """Take the first score of a text off the list: a text may be there twice."""
    place = next(i for i, (label, _) in enumerate(left) if label == text)
    return left.pop(place)[1]


_ADVICE = reading.ADVICE
