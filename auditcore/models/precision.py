"""Whether a way to compute a network keeps the ranks that another gives.

An audit ranks versions of a photo that hardly differ, so "nearly the same features" is not enough:
the rounding must be small against what the marks change. Twelve versions of one picture, marked as
a kit marks them, are asked in PyTorch's float32 (f_v) and in the other way (g_v), and turned into
what scores are made of: features, cosines to captions, probabilities and their entropy, a caption's
loss. What rounding adds alike to all versions moves no rank; the rest does. With
D_v = f_v - mean f and E_v = (g_v - f_v) - mean (g - f), the two agree if each of them has
r = |E| / |D| <= AGREEMENT = 0.1: the published version's distance from the others, in their
standard deviations, shrinks by 1 / sqrt(1 + r^2), half a percent at r = 0.1, and ranks correlate by
0.995. More views a version make it better still. Which way is used never touches the guarantee,
only the power: every version is asked in the same one.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import entr
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from auditcore.models.base import Capability
from auditcore.models.local import TorchModel
from auditcore.models.prepared import Images
from auditcore.photos import Pixels
from auditcore.randomness import derive

AGREEMENT = 0.1

_VERSIONS = 12
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


def worst_noise(exact: Sequence[NDArray[Any]], rounded: Sequence[NDArray[Any]]) -> float:
    """Return the largest |E| / |D| over what two ways to compute said; see `said`."""
    return max(noise(*pair) for pair in zip(exact, rounded, strict=True))


def said(model: TorchModel, versions: Images) -> list[NDArray[Any]]:
    """Return everything a model gives of which a score is made, one row a version in each."""
    answers: list[NDArray[Any]] = []
    features = model.image_features(versions).astype(np.float64)
    answers.append(features)
    if Capability.TEXT_FEATURES in model.capabilities:
        answers.append(_unit(features) @ _unit(model.text_features(_CAPTIONS)).T)
    if Capability.PROBABILITIES in model.capabilities:
        chances = model.probabilities(versions)
        answers += [chances, entr(chances).sum(axis=1)]
    if Capability.CAPTION_LOSS in model.capabilities:
        answers.append(model.caption_losses(versions, _CAPTIONS[0]))
    return answers


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


def _unit(rows: NDArray[Any]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows.astype(np.float64) / lengths
    return unit
