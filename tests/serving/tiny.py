"""A model that answers in microseconds: fixed random projections of a picture's coarse colours."""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.models import Capability, Model, ModelIdentity
from auditcore.photos import Pixels

SIZE, LENGTH = 16, 24
ENCODER = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})
CLASSIFIER = frozenset({Capability.PROBABILITIES, Capability.LABELS})
LABELS = ("cat", "dog", "house", "tree", "car", "boat", "crane", "crane (bird)")


class TinyModel(Model):
    """Counts its calls and notices when two come at once."""

    def __init__(
        self, gives: frozenset[Capability] = ENCODER | CLASSIFIER, seed: int = 0, size: int = SIZE
    ) -> None:
        rng = np.random.default_rng(seed)
        self.capabilities = gives
        self.input_size = size
        self.labels = LABELS if Capability.PROBABILITIES in gives else ()
        self.identity = ModelIdentity("tiny", "tiny", "tiny", f"{seed:064x}", None, {})
        self._projection = rng.normal(size=(3 * 16, LENGTH))
        self._classes = rng.normal(size=(3 * 16, len(LABELS)))
        self._busy = threading.Lock()
        self.calls = 0
        self.overlapped = False

    def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        return self._alone(lambda: (self._coarse(images) @ self._projection).astype(np.float32))

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._alone(lambda: np.stack([self._text(text) for text in texts]))

    def probabilities(self, images: Sequence[Pixels]) -> NDArray[np.float64]:
        logits = self._alone(lambda: self._coarse(images) @ self._classes)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def _coarse(self, images: Sequence[Pixels]) -> NDArray[np.float64]:
        """Return the mean colours of 4 x 4 tiles; a picture of another size is cut to fit."""
        tiles = []
        for image in images:
            height, width = image.shape[0] // 4, image.shape[1] // 4
            square = image[: 4 * height, : 4 * width].reshape(4, height, 4, width, 3)
            tiles.append(square.mean(axis=(1, 3)).ravel() / 64 - 2)
        return np.stack(tiles)

    def _text(self, text: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=LENGTH).astype(np.float32)

    def _alone(self, work: Any) -> Any:
        if not self._busy.acquire(blocking=False):
            self.overlapped = True
            raise AssertionError("two questions at once")
        try:
            self.calls += 1
            return work()
        finally:
            self._busy.release()


def pictures(count: int, size: int = SIZE, seed: int = 1) -> list[Pixels]:
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8))
