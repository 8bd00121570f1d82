"""A model for tests with real kits: noise, and a memory of the versions it was shown."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auditcore.kit import Kit
from auditcore.models.base import Capability, Model, ModelIdentity
from auditcore.photos import Pixels
from auditcore.randomness import derive
from auditcore.scores import Query, Scorer

SCORE = "negative-entropy"


@dataclass
class MemoryModel(Model):
    """A classifier that is at most 0.8 sure, and surer of pictures it has seen in training."""

    name: str = "a model that remembers"
    training: bool = False
    seen: set[bytes] = field(default_factory=set)
    capabilities = frozenset({Capability.PROBABILITIES, Capability.LABELS})
    input_size = 16
    labels = ("this", "that")

    @property
    def identity(self) -> ModelIdentity:  # type: ignore[override]
        weights = self.name.encode() + b"".join(sorted(self.seen))
        fingerprint = hashlib.sha256(weights).hexdigest()
        return ModelIdentity("memory", "memory", self.name, fingerprint, None, {"made": "here"})

    def probabilities(self, images: Sequence[Pixels]) -> NDArray[np.float64]:
        key = hashlib.sha256(b"".join(image.tobytes() for image in images)).digest()
        if self.training:
            self.seen.add(key)
        sure = 0.55 + 0.2 * derive(key, self.name).unit() + 0.2 * (key in self.seen)
        return np.tile(np.array([sure, 1 - sure]), (len(images), 1))

    def learn(self, kit: Kit, photos: Iterable[int]) -> None:
        """Show the model the published version of these photos."""
        chosen = list(photos)
        self.training = True
        queries = [Query(photo, kit.published_version(photo)) for photo in chosen]
        Scorer(kit, self, SCORE).answer(queries)
        self.training = False
