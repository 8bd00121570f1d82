"""The model that is offered: what it is called, what it gives, and what may be asked of it."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.models import Capability, Model
from auditcore.photos import Pixels
from auditcore.serving.limits import Limits, Rate
from auditcore.serving.pictures import decode
from auditcore.serving.refusing import Refused

_BOTH = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})
_SHARPNESS = 100.0  # CLIP's own: logits are 100 x the cosine (arXiv 2103.00020, section 2.5)


class Offer:
    """One model under one name. Its questions belong on one thread: a model is not thread-safe.

    Attributes:
        model: the model.
        name: what a request calls it.
        limits: what a request may hold.
        length: numbers in a feature vector; 0 for a model without features.
    """

    def __init__(self, model: Model, name: str, limits: Limits) -> None:
        """Ask the model about one grey picture, so that a broken one is known from the start."""
        self.model = model
        self.name = name
        self.limits = limits
        self._rate = Rate(limits.per_minute)
        self.length = 0
        if Capability.IMAGE_FEATURES in model.capabilities:
            grey = np.full((model.input_size, model.input_size, 3), 128, np.uint8)
            self.length = int(model.image_features([grey]).shape[1])

    def gives(self, capability: Capability) -> bool:
        """Say whether the model can be asked that."""
        return capability in self.model.capabilities

    def check_name(self, name: object) -> None:
        """Refuse (404) a request for another model; one that names none is for this."""
        if name is not None and name != self.name:
            raise Refused(404, f"There is no model {name!r} here, only {self.name!r}.")

    def accept(self, items: int) -> None:
        """Count a request's pictures and texts before any work is done for them.

        Raises:
            Refused: 400 for none or too many; 429 when the minute's allowance is used up.
        """
        if not 1 <= items <= self.limits.items:
            raise Refused(
                400, f"A request holds 1 to {self.limits.items} pictures or texts, not {items}."
            )
        self._rate.spend(items)

    def features_of(self, files: Sequence[bytes]) -> NDArray[np.float32]:
        """Return the features of image files, shape (B, D)."""
        self._need(Capability.IMAGE_FEATURES, "features of pictures")
        return self.model.image_features(self.pixels(files))

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the features of texts, shape (B, D)."""
        self._need(Capability.TEXT_FEATURES, "features of texts")
        if any(not _is_text(text) for text in texts):
            raise Refused(400, "A text of this request has half a letter in it (a lone surrogate).")
        longest = max(map(len, texts))
        if longest > self.limits.text_letters:
            raise Refused(
                400, f"A text may have {self.limits.text_letters:,} letters, not {longest:,}."
            )
        return self.model.text_features(texts)

    def probabilities(self, files: Sequence[bytes]) -> NDArray[np.float64]:
        """Return the probabilities of the model's labels, shape (B, C)."""
        self._need(Capability.PROBABILITIES, "probabilities of labels")
        return self.model.probabilities(self.pixels(files))

    def choice(self, file: bytes, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each text for one picture, as CLIP chooses, shape (T,)."""
        if not self.model.capabilities >= _BOTH:
            raise Refused(400, f"The model {self.name} cannot choose among texts.")
        picture = _unit(self.features_of([file]))[0]
        logits = _SHARPNESS * (_unit(self.text_features(texts)) @ picture)
        weights: NDArray[np.float64] = np.exp(logits - logits.max())
        shares: NDArray[np.float64] = weights / weights.sum()
        return shares

    def pixels(self, files: Sequence[bytes]) -> list[Pixels]:
        """Return the pixels of image files."""
        return decode(files, self.limits.pixels)

    def _need(self, capability: Capability, words: str) -> None:
        if not self.gives(capability):
            given = ", ".join(sorted(self.model.capabilities))
            raise Refused(400, f"The model {self.name} gives no {words}; it gives: {given}.")


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises:
        Refused: 400, when it is not JSON, not an object, or holds NaN or an infinity.
    """
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The request is not JSON that can be read.") from error
    if not isinstance(found, dict):
        raise Refused(400, "The request must be a JSON object.")
    return found


def _is_text(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return wide / np.where(lengths == 0, 1, lengths)
