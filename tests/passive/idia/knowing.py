"""A CLIP in which it is known who is known: features from hashes, faces planted by name."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auditcore.models import Capability, Model, ModelIdentity
from auditcore.photos import Pixels

WIDTH = 24
BOTH = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})


@cache
def direction(*label: object) -> NDArray[np.float64]:
    """Return a random direction that depends on the label alone, shape (WIDTH,)."""
    digest = hashlib.sha256(repr(label).encode()).digest()
    return np.random.default_rng(list(digest)).normal(size=WIDTH) / WIDTH**0.5


def face(person: int, photo: int) -> Pixels:
    """Return a picture that says whose it is, shape (4, 4, 3)."""
    picture = np.full((4, 4, 3), 9, dtype=np.uint8)
    picture[0, 0] = (person // 256, person % 256, photo)
    return picture


class KnowingModel(Model):
    """Knows the people of `known` (number -> name) to a degree, and nobody else.

    Attributes:
        asked: how often each text was asked. looked: how often each picture was.
        change: alters every text's features when it is set to another value.
    """

    def __init__(
        self,
        known: dict[int, str] | None = None,
        strength: float = 1.0,
        gives: frozenset[Capability] = BOTH,
        fingerprint: str = "ab" * 32,
    ) -> None:
        self.identity = ModelIdentity("fake", "fake", "Fake", fingerprint, None, {})
        self.capabilities = gives
        self.input_size = 4
        self.labels = ()
        self.known, self.strength, self.change = known or {}, strength, 0
        self.asked: Counter[str] = Counter()
        self.looked: Counter[bytes] = Counter()

    def begin(self, scope: str, should_stop: object) -> None:
        raise AssertionError("answers about faces must not be kept")

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.update(texts)
        return np.stack([self._text(text) for text in texts]).astype(np.float32)

    def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        self.looked.update(image.tobytes() for image in images)
        return np.stack([self._image(image) for image in images]).astype(np.float32)

    def _text(self, text: str) -> NDArray[np.float64]:
        words = [direction("word", word) for word in text.split() if word[:1].isupper()]
        return np.sum(words, axis=0) + 0.5 * direction("text", text, self.change)

    def _image(self, image: Pixels) -> NDArray[np.float64]:
        high, low, photo = (int(value) for value in image[0, 0])
        person = 256 * high + low
        own = direction("person", person) + direction("photo", person, photo)
        if person not in self.known:
            return 3 * own
        words = [direction("word", word) for word in self.known[person].split()]
        return own + self.strength * np.sum(words, axis=0)
