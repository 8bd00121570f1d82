"""Whether a network may compute in 16 bits: only where that is faster and keeps the ranks.

An audit ranks versions of a photo that hardly differ, so "nearly the same features" is not enough:
the rounding must be small against what the marks change. Twelve versions of one picture, marked as
a kit marks them, are asked in float32 (f_v) and in the shorter format (g_v), and turned into what
scores are made of: features, cosines to captions, probabilities and their entropy, a caption's
loss. What rounding adds alike to all versions moves no rank; the rest does. With
D_v = f_v - mean f and E_v = (g_v - f_v) - mean (g - f), the formats agree if each of them has
r = |E| / |D| <= AGREEMENT = 0.1: the published version's distance from the others, in their
standard deviations, shrinks by 1 / sqrt(1 + r^2), half a percent at r = 0.1, and ranks correlate by
0.995. More views a version make it better still. Which format is used never touches the guarantee,
only the power: every version is asked in the same one.

Light networks stay in float32 without a trial: there is nothing to win.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.special import entr
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model
from auditcore.models.devices import FASTER
from auditcore.models.local import TorchModel
from auditcore.models.remembered import recall, remember
from auditcore.photos import Pixels
from auditcore.randomness import derive

AGREEMENT = 0.1
GAIN = 1.3
LIGHT = 1e9  # floating-point operations for one picture: EfficientNet-Lite0 has 0.8e9

_VERSIONS = 12
_ASKED = 8  # pictures in a timed question, as many as a common score asks at once
_REPEATS = 3
_CAPTIONS = (
    "a photo of a dog on a beach, with boats in the distance",
    "an abstract painting in bright colours",
    "two people at a table",
    "a red car in front of a house",
    "mountains under a cloudy sky",
    "a bowl of fruit",
    "a flower, seen from near by",
    "a crowded street at night",
)
_SEED = b"telltale/precision/1".ljust(32, b"\0")


@dataclass(frozen=True)
class Compared:
    """A shorter floating-point format beside float32, on one processor.

    Attributes:
        precision: its name.
        gain: how many times as fast it answered.
        noise: |E| / |D|, the largest over what the model gives; infinite if it does not run.
    """

    precision: str
    gain: float
    noise: float

    @property
    def wins(self) -> bool:
        """Say whether it is faster and keeps the ranks."""
        return self.gain > GAIN and self.noise <= AGREEMENT


def choose_precision(model: TorchModel, wanted: str | None) -> str:
    """Return the precision a model should compute in on its processor.

    The choice is made once for a model and a processor and kept in the data folder: an audit that
    goes on later must hear the same answers.

    Args:
        model: the model in float32, on its processor.
        wanted: a person's own choice, which is obeyed.
    """
    if wanted is not None:
        return wanted
    if operations(model) < LIGHT:
        return "float32"
    processor = _processor_name(model.device)
    kept = recall(model.identity.fingerprint, processor)
    if kept is not None:
        return str(kept["precision"])
    tried = [compare(model, name) for name in FASTER[model.device.type]]
    best = next((found.precision for found in tried if found.wins), "float32")
    facts = {"precision": best, "tried": [asdict(found) for found in tried]}
    return str(remember(model.identity.fingerprint, processor, facts)["precision"])


def compare(model: TorchModel, precision: str) -> Compared:
    """Measure speed and noise of another precision on the model's processor."""
    pictures = list(marked_versions(model.preprocessing.size))
    try:
        other = model.in_precision(precision)
        noises = [noise(ask(model, pictures), ask(other, pictures)) for ask in _questions(model)]
    except (RuntimeError, TypeError, ModelError):  # an operation that lacks this format
        return Compared(precision, gain=0.0, noise=float("inf"))
    return Compared(precision, _gain(model, other, pictures[:_ASKED]), max(noises))


def noise(exact: NDArray[Any], rounded: NDArray[Any]) -> float:
    """Return |E| / |D| of answers to versions of one picture, shape (V, ...); see the module.

    Infinite when an answer is not a number or float32 cannot tell the versions apart.
    """
    there = exact.astype(np.float64).reshape(len(exact), -1)
    added = rounded.astype(np.float64).reshape(len(rounded), -1) - there
    spread = np.linalg.norm(there - there.mean(axis=0))
    if not np.isfinite(added).all() or spread == 0:
        return float("inf")
    return float(np.linalg.norm(added - added.mean(axis=0)) / spread)


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the floating-point operations of what torch is asked to do."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        answer = func(*args, **(kwargs or {}))
        if func.overloadpacket in flop_registry:
            count = flop_registry[func.overloadpacket]
            self.total += int(count(*args, **(kwargs or {}), out_val=answer))
        return answer


def operations(model: TorchModel) -> int:
    """Return the floating-point operations of one picture through the network."""
    with _Counter() as counter:
        model.forward_once()
    return int(counter.total)


def marked_versions(size: int) -> Iterator[Pixels]:
    """Yield _VERSIONS versions of one picture that hardly differ, marked as a kit marks them."""
    from auditcore.marks import DEFAULT_FAMILY, VERSIONS_MIN, VISIBILITY_DEFAULT, find_family

    picture = _picture(size)
    mark = find_family(DEFAULT_FAMILY).prepare(
        picture,
        grey=False,
        visibility=VISIBILITY_DEFAULT,
        versions=VERSIONS_MIN,
        seed=_SEED,
        photo=0,
    )
    return (mark.render(picture, version) for version in range(_VERSIONS))


def _picture(size: int) -> Pixels:
    """Return a picture with detail at every scale, as photos have, shape (size, size, 3)."""
    total = np.full((size, size, 3), 128.0)
    for cells in (2, 4, 8, 16, 32):
        drawn = derive(_SEED, "picture", cells).integers(cells * cells * 3, 256)
        small = Image.fromarray(drawn.astype(np.uint8).reshape(cells, cells, 3))
        layer = np.asarray(small.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float64)
        total += (layer - 128) / np.sqrt(cells)
    return total.clip(0, 255).astype(np.uint8)


def _questions(model: Model) -> list[Callable[[Model, list[Pixels]], NDArray[Any]]]:
    """Return what is asked to compare: everything the model gives of which a score is made."""
    asked: dict[Capability, list[Callable[[Model, list[Pixels]], NDArray[Any]]]] = {
        Capability.IMAGE_FEATURES: [lambda model, pictures: model.image_features(pictures)],
        Capability.TEXT_FEATURES: [_cosines],
        Capability.PROBABILITIES: [
            lambda model, pictures: model.probabilities(pictures),
            lambda model, pictures: entr(model.probabilities(pictures)).sum(axis=1),
        ],
        Capability.CAPTION_LOSS: [
            lambda model, pictures: model.caption_losses(pictures, _CAPTIONS[0])
        ],
    }
    gives = [capability for capability in asked if capability in model.capabilities]
    return [question for capability in gives for question in asked[capability]]


def _cosines(model: Model, pictures: list[Pixels]) -> NDArray[Any]:
    """Return the cosine of each picture to each of _CAPTIONS, shape (V, 8)."""
    images, texts = (
        rows / np.linalg.norm(rows, axis=1, keepdims=True)
        for rows in (
            model.image_features(pictures).astype(np.float64),
            model.text_features(_CAPTIONS).astype(np.float64),
        )
    )
    cosines: NDArray[Any] = images @ texts.T
    return cosines


def _gain(model: TorchModel, other: TorchModel, pictures: list[Pixels]) -> float:
    """Return how many times as fast the other is: the best of a few turns each, in alternation."""
    times = np.array(
        [[_seconds(each, pictures) for each in (model, other)] for _ in range(_REPEATS)]
    )
    slow, fast = times.min(axis=0)
    return float(slow / fast)


def _seconds(model: TorchModel, pictures: list[Pixels]) -> float:
    start = time.perf_counter()
    model.image_features(pictures)
    return time.perf_counter() - start


def _processor_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
