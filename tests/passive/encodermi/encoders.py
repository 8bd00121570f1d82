"""An encoder for tests that answers from pixels, and similarities with a known signal."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditcore.models import Capability, Model, ModelIdentity
from auditcore.passive.encodermi.shape import PAIRS, Similarities
from auditcore.photos import Pixels
from auditcore.randomness import derive


class PixelEncoder(Model):
    """Gives the mean colours of four quarters of a picture as features."""

    def __init__(self, *capabilities: Capability) -> None:
        self.identity = ModelIdentity("fake", "fake", "Fake", "0" * 64, None, {})
        self.capabilities = frozenset(capabilities or [Capability.IMAGE_FEATURES])
        self.input_size = 16
        self.labels = ()
        self.asked: list[int] = []

    def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        self.asked.append(len(images))
        assert all(image.shape == (16, 16, 3) for image in images)
        cut = [image.reshape(2, 8, 2, 8, 3).mean(axis=(1, 3)).ravel() for image in images]
        return np.stack(cut).astype(np.float32)


def pictures(count: int, label: str = "pictures", size: tuple[int, int] = (24, 30)) -> list[Pixels]:
    """Return noise pictures that follow from the label."""
    values = derive(b"encodermi-tests", label).integers(count * size[0] * size[1] * 3, 256)
    return list(values.astype(np.uint8).reshape(count, *size, 3))


def drawn(count: int, level: float, seed: int) -> Similarities:
    """Return similarities of pictures around a level, in no order that tells anything."""
    rng = np.random.default_rng(seed)
    own = level + 0.08 * rng.standard_normal((count, 1))
    values = own + 0.12 * rng.standard_normal((count, PAIRS))
    return np.clip(values, -1, 1).astype(np.float32)
