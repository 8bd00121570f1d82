"""What a score is: a question to a model, and one number made of its answer.

Higher means more like a photo the model was trained on. A score never decides anything: validity
comes from the rank test, a better score only needs fewer queries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from auditcore.marks.grids import Grids
from auditcore.models.base import Capability
from auditcore.photos import Pixels
from auditcore.randomness import Stream
from auditcore.scores.views import Crop


class KitPhotoView(Protocol):
    """What a score may know of a photo: its name, and what it was published with."""

    @property
    def file(self) -> str:
        """Name of the photo's file, unique in the kit."""
        ...

    @property
    def caption(self) -> str | None:
        """The caption it was published with, if any."""
        ...

    @property
    def label(self) -> str | None:
        """The class it belongs to, if known."""
        ...


class KitView(Protocol):
    """What scoring needs of a kit. A score cannot ask which version was published."""

    @property
    def photos(self) -> Sequence[KitPhotoView]:
        """The photos, in the kit's order: queries name them by index."""
        ...

    def version(self, photo: int, version: int) -> Pixels:
        """Make one version of one photo again, at audit size."""
        ...

    def base(self, photo: int) -> Pixels:
        """Return the photo without a mark, at audit size."""
        ...

    def grids(self, photo: int, versions: Sequence[int]) -> Grids:
        """Return what `version` adds to `base` before rounding; see `marks.base.Mark.grids`."""
        ...

    def stream(self, *label: str | int) -> Stream:
        """Derive a stream of random draws from the kit's seed."""
        ...


class Reference(Enum):
    """What must be known of a photo: its caption or its label, or nothing."""

    NOTHING = "nothing"
    CAPTION = "caption"
    LABEL = "label"


@dataclass(frozen=True)
class Score:
    """One way to turn a model's answer to a version's views into a number.

    Attributes:
        name: how a plan and the command line call it.
        title: one line for a person.
        asks: which question the views are put to.
        needs: the capabilities a model must have for it.
        reference: what must be known of the photo.
        views: how many views of a version are asked about, unless chosen otherwise.
        crop: how a view is cut out.
        value: (answer to the views, reference, number of classes C) -> score. The answer is (V, D)
            features, (V, C) probabilities, (V,) label indices or (V,) losses; the reference is
            (D,) features of the caption where features are compared with it, an index into the
            labels, or None where the caption was part of the question.
    """

    name: str
    title: str
    asks: Capability
    needs: frozenset[Capability]
    reference: Reference
    views: int
    crop: Crop
    value: Callable[[NDArray[Any], Any, int], float]


@dataclass(frozen=True)
class Query:
    """One version of one photo, to be asked about."""

    photo: int
    version: int


@dataclass(frozen=True)
class Answer:
    """What a model said about one version.

    Attributes:
        score: higher is more like a member; always finite, rounded to 6 significant digits so
            that the last bits of float32 arithmetic never decide between two versions.
        digest: SHA-256 (hex) of the model's answer itself, byte for byte.
    """

    score: float
    digest: str


def digest_parts(answer: NDArray[Any]) -> bytes:
    """Return an answer as bytes that say its type and shape too, the same on every machine."""
    little = np.ascontiguousarray(answer, dtype=answer.dtype.newbyteorder("<"))
    return f"{little.dtype.str}{little.shape}".encode() + little.tobytes()
