"""What a model can be asked, whatever kind it is.

A kind of model is one module of this package with two functions, `open_spec` and `entries`, and one
line in the registry of `auditcore.models`. Nothing outside this package knows the kinds.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ModelError

if TYPE_CHECKING:  # which loads torch
    from auditcore.models.prepared import Images


class Capability(StrEnum):
    """What a model answers. What it cannot be asked decides which scores it can be audited with."""

    IMAGE_FEATURES = "image features"
    TEXT_FEATURES = "text features"
    PROBABILITIES = "class probabilities"
    LABELS = "predicted labels"
    CAPTION_LOSS = "caption loss"
    CHOICE = "choice among texts"


@dataclass(frozen=True)
class ModelIdentity:
    """Which model answered: goes into the plan, the log and the report of an audit.

    Attributes:
        spec: what the person typed to choose it, such as "demo:with".
        kind: the kind of model, such as "openclip".
        name: what to call it on screen.
        fingerprint: SHA-256 (hex) over weights, architecture and preprocessing. Two specs that
            open the same model share it; the machine and the device have no part in it.
        released: the day the model was published, where that is known: a model older than a kit
            cannot have used the kit's photos.
        details: for the screen and the report, such as preprocessing, parameters, device.
    """

    spec: str
    kind: str
    name: str
    fingerprint: str
    released: datetime.date | None
    details: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class ModelEntry:
    """One line of the list of models that can be audited.

    Attributes:
        spec: what to give `open_model`.
        title: one line for a person.
        gives: the capabilities it has.
        size_bytes: size of its weights; of those to be downloaded about, None if unknown.
        on_this_machine: True when it opens without a download.
    """

    spec: str
    title: str
    gives: frozenset[Capability]
    size_bytes: int | None
    on_this_machine: bool

    def to_json(self) -> dict[str, Any]:
        """Return the line as plain JSON values."""
        return asdict(self) | {"gives": sorted(self.gives)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "ModelEntry":
        """Read back what `to_json` wrote."""
        return cls(**{**values, "gives": frozenset(map(Capability, values["gives"]))})


class Model(Protocol):
    """A model that can be audited. Subclass it and write the questions the model can answer.

    A local model is deterministic: the same images in the same call give the same bytes. A hosted
    one need not be. A model is not thread-safe; one worker owns it.

    Attributes:
        identity: which model this is.
        capabilities: the questions it answers; the others raise ModelError.
        input_size: side in pixels of the square picture it looks at. An image of exactly this size
            is used as it is; any other goes through the model's own resize and crop.
        labels: the names of its classes in the order of its probabilities; () for no classifier.
        takes_prepared: whether its questions take `Prepared` pictures instead of ordinary ones; a
            `LocalModel`, which says on which device they must lie and how many keep it busy.
        hosted: whether somebody else runs it: then every picture sent costs time or money and is
            disclosed, and the answers may be noisy.
        asked_as: of a hosted model, how it is asked and what it gave when it was tested, as JSON
            values; a change of it is no other model, but its answers cannot be compared.
        seconds_per_image: what an answer took in the connection test, None for a local model,
            which is timed by asking it.
    """

    identity: ModelIdentity
    capabilities: frozenset[Capability]
    input_size: int
    labels: tuple[str, ...]
    takes_prepared: bool = False
    hosted: bool = False
    asked_as: Mapping[str, Any] = MappingProxyType({})
    seconds_per_image: float | None = None

    def begin(self, scope: str, should_stop: Callable[[], bool]) -> None:
        """Say what the coming questions are for; a local model need not know.

        Args:
            scope: an audit's id. A hosted model keeps its answers and counts what was sent under
                it, so that a question of the same audit is never sent again once answered.
            should_stop: asked while waiting for the provider; True makes the question end with
                Cancelled.
        """
        return None  # no body at all would make it abstract

    def heed(self, should_stop: Callable[[], bool]) -> None:
        """Let a wait for the provider end with Cancelled once `should_stop` says so.

        For questions of which nothing may be kept; `begin` does it as well. A local model never
        waits.
        """
        return None  # no body at all would make it abstract

    def fresh(self) -> AbstractContextManager[None]:
        """Within this block a hosted model really asks: no answer is taken from those kept."""
        return nullcontext()

    def image_features(self, images: "Images") -> NDArray[np.float32]:
        """Return one feature vector an image, shape (B, D), not normalised.

        Args:
            images: sRGB pictures of any size, shape (H, W, 3) each; or `Prepared` ones, where the
                model takes them.
        """
        raise lacks(self.identity, Capability.IMAGE_FEATURES)

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one feature vector a text, shape (B, D), in the space of `image_features`."""
        raise lacks(self.identity, Capability.TEXT_FEATURES)

    def probabilities(self, images: "Images") -> NDArray[np.float64]:
        """Return the probability of each of `labels`, shape (B, C); rows sum to 1."""
        raise lacks(self.identity, Capability.PROBABILITIES)

    def predicted_labels(self, images: "Images") -> NDArray[np.int64]:
        """Return the index into `labels` of the most probable class, shape (B,)."""
        if Capability.PROBABILITIES not in self.capabilities:
            raise lacks(self.identity, Capability.LABELS)
        best: NDArray[np.int64] = self.probabilities(images).argmax(axis=1)
        return best

    def caption_losses(self, images: "Images", caption: str) -> NDArray[np.float64]:
        """Return the mean loss a token (nats) of saying `caption` of each image, shape (B,)."""
        raise lacks(self.identity, Capability.CAPTION_LOSS)

    def choices(self, images: "Images", texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each of `texts`, shape (B, T); rows sum to 1."""
        raise lacks(self.identity, Capability.CHOICE)


def lacks(identity: ModelIdentity, capability: Capability) -> ModelError:
    """Return the error for a question that this model cannot answer."""
    return ModelError(f"The model {identity.name} does not give {capability}.")
