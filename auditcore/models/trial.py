"""A one-second trial of a local model: how fast it answers and how much memory that takes."""

import time
from dataclasses import dataclass

import numpy as np

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model
from auditcore.models.local import LocalModel
from auditcore.photos import Pixels
from auditcore.randomness import SEED_BYTES, derive

SECONDS = 1.0
_CAPTION = "a photo"


@dataclass(frozen=True)
class Trial:
    """What a trial has shown.

    Attributes:
        images_per_second: pictures answered a second, preparation included.
        memory_bytes: of the network and all it computes for one question; None where the system
            does not tell.
        seconds: how long the timed part took; at least one question is finished.
        batch: pictures asked at once: as many as keep the processor busy.
    """

    images_per_second: float
    memory_bytes: int | None
    seconds: float
    batch: int


def trial(model: Model) -> Trial:
    """Ask a local model about made-up pictures for a second.

    Raises:
        ModelError: the model is hosted (its connection test tells), or does not fit into memory.
    """
    if not isinstance(model, LocalModel):
        raise ModelError(
            f"{model.identity.name} does not run on this computer: its connection test tells how "
            "fast it answers."
        )
    pictures = _pictures(model.at_once, model.input_size)
    memory = model.memory_of(lambda: _ask(model, pictures))  # which also warms everything up
    count, start = 0, time.perf_counter()
    while True:
        _ask(model, pictures)
        count += len(pictures)
        seconds = time.perf_counter() - start
        if seconds >= SECONDS:
            break
    return Trial(count / seconds, memory, seconds, model.at_once)


def _ask(model: Model, pictures: list[Pixels]) -> None:
    if Capability.CAPTION_LOSS in model.capabilities:
        model.caption_losses(pictures, _CAPTION)
    elif Capability.IMAGE_FEATURES in model.capabilities:
        model.image_features(pictures)
    else:
        model.probabilities(pictures)


def _pictures(count: int, size: int) -> list[Pixels]:
    noise = derive(bytes(SEED_BYTES), "trial").read(size * size * 3)
    return [np.frombuffer(noise, dtype=np.uint8).reshape(size, size, 3)] * count
