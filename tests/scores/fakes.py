"""A kit and a model for tests: smooth random pictures, answers computed from pixels."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from auditcore.marks.budget import CELLS
from auditcore.marks.grids import LEVEL, Grids
from auditcore.models import Capability, Model, ModelIdentity
from auditcore.models.local import LocalModel
from auditcore.models.prepared import Images, Prepared
from auditcore.photos import Pixels
from auditcore.randomness import Stream, derive


@dataclass(frozen=True)
class FakePhoto:
    file: str
    caption: str | None = None
    label: str | None = None


@dataclass
class FakeKit:
    """Photos of (60, 80) pixels; a version is the photo plus a tint."""

    photos: Sequence[FakePhoto]
    seed: bytes = b"kit"
    made: list[tuple[int, int]] = field(default_factory=list)

    def version(self, photo: int, version: int) -> Pixels:
        self.made.append((photo, version))
        return (self.base(photo) + self._tint(photo, version)).astype(np.uint8)

    def base(self, photo: int) -> Pixels:
        pixels = self.stream("base", photo).integers(60 * 80 * 3, 200).reshape(60, 80, 3)
        return pixels.astype(np.uint8)

    def grids(self, photo: int, versions: Sequence[int]) -> Grids:
        self.made += [(photo, version) for version in versions]
        tints = np.stack([self._tint(photo, version) for version in versions])
        return np.tile(LEVEL * tints[:, :, None, None], (1, 1, CELLS, CELLS)).astype(np.int32)

    def _tint(self, photo: int, version: int) -> NDArray[np.int64]:
        return self.stream("tint", photo, version).integers(3, 56)

    def stream(self, *label: str | int) -> Stream:
        return derive(self.seed, *label)


class FakeModel(Model):
    """Says the mean colour of a picture, as features or as probabilities."""

    def __init__(self, *capabilities: Capability, labels: Sequence[str] = ("a", "b", "c")) -> None:
        self.identity = ModelIdentity("fake", "fake", "Fake", "0" * 64, None, {})
        self.capabilities = frozenset(capabilities)
        self.input_size = 16
        self.labels = tuple(labels)
        self.asked: list[int] = []
        self.texts: list[str] = []
        self.log: list[str] = []

    @contextmanager
    def fresh(self) -> Iterator[None]:
        self.log.append("fresh")
        yield
        self.log.append("kept")

    def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        self.asked.append(len(images))
        self.log.append("images")
        assert all(image.shape == (16, 16, 3) for image in images)
        return np.stack([image.mean(axis=(0, 1)) for image in images]).astype(np.float32)

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        self.log.append("texts")
        return np.array(
            [list(hashlib.sha256(text.encode()).digest()[:3]) for text in texts], dtype=np.float32
        )

    def probabilities(self, images: Sequence[Pixels]) -> NDArray[np.float64]:
        colours = self.image_features(images).astype(np.float64) + 1
        chances: NDArray[np.float64] = colours / colours.sum(axis=1, keepdims=True)
        return chances

    def caption_losses(self, images: Sequence[Pixels], caption: str) -> NDArray[np.float64]:
        likeness = self.image_features(images) @ self.text_features([caption])[0]
        losses: NDArray[np.float64] = 10 - likeness.astype(np.float64) / 1e4
        return losses

    def choices(self, images: Sequence[Pixels], texts: Sequence[str]) -> NDArray[np.float64]:
        likeness = self.image_features(images).astype(np.float64) @ self.text_features(texts).T
        chances: NDArray[np.float64] = likeness / likeness.sum(axis=1, keepdims=True)
        return chances


class FakeLocalModel(FakeModel, LocalModel):
    """The same on this machine: takes prepared pictures, three a call.

    Attributes:
        questions: the texts of each question, and how many pictures it was about.
    """

    device = torch.device("cpu")
    pictures_at_once = 12

    def __init__(self, *capabilities: Capability) -> None:
        super().__init__(*capabilities)
        self.questions: list[tuple[str, int]] = []

    @property
    def at_once(self) -> int:
        return self.pictures_at_once

    def image_features(self, images: Images) -> NDArray[np.float32]:
        assert isinstance(images, Prepared)
        self.asked.append(len(images))
        calls = [images[start : start + 3].levels for start in range(0, len(images), 3)]
        assert all(call.shape[1:] == (3, 16, 16) for call in calls)
        return np.asarray(torch.cat(calls).double().mean(dim=(2, 3)).float().numpy())

    def caption_losses(self, images: Images, caption: str) -> NDArray[np.float64]:
        self.questions.append((caption, len(images)))
        return super().caption_losses(images, caption)  # type: ignore[arg-type]


class Broken(FakeModel):
    """Answers with whatever it is given."""

    def __init__(self, answer: Any, *capabilities: Capability) -> None:
        super().__init__(*capabilities)
        self.answer = answer

    def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        return np.broadcast_to(self.answer, (len(images), 3)).astype(np.float32)

    def probabilities(self, images: Sequence[Pixels]) -> NDArray[np.float64]:
        return np.broadcast_to(self.answer, (len(images), 3)).astype(np.float64)
