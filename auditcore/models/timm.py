"""Image encoders and classifiers in the architectures of timm and torchvision.

Specs: `timm:NAME.TAG` (timm's own weights on the Hugging Face hub), `timm:PATH` (a safetensors file
beside its config.json, or the folder of both; see `auditcore.models.timm_folder`).
"""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torchvision
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model, ModelEntry, ModelIdentity, lacks
from auditcore.models.fingerprint import fingerprint
from auditcore.models.image_source import ImageSource
from auditcore.models.local import FEATURES, LOGITS, TorchModel, parameters_words
from auditcore.models.prepared import Images
from auditcore.models.running import Running
from auditcore.models.sizes import about_bytes
from auditcore.models.timm_folder import folder_source
from auditcore.models.timm_hub import cached_weights, classes_of, hub_source, known_names

_ENCODER = frozenset({Capability.IMAGE_FEATURES})
_CLASSIFIER = _ENCODER | {Capability.PROBABILITIES, Capability.LABELS}
_LOCAL_PREFIX = "local-dir:"


class ImageModel(TorchModel):
    """An encoder: pooled features. A classifier also gives the probabilities of its classes."""

    def __init__(
        self, spec: str, source: ImageSource, running: Running, kind: str = "timm"
    ) -> None:
        """Build the model and load its weights.

        Raises:
            ModelError: weights that do not fit the architecture, or features that are not pooled.
        """
        self._parts = _PARTS[source.library]
        self.preprocessing = source.preprocessing
        self.capabilities = _CLASSIFIER if source.labels else _ENCODER
        self.labels = source.labels
        self.input_size = source.preprocessing.size
        network = _build(source)
        self.identity = ModelIdentity(
            spec=spec,
            kind=kind,
            name=source.name,
            fingerprint=fingerprint([source.weights], source.settings()),
            released=None,
            details={
                "architecture": f"{source.architecture} ({source.library})",
                "weights": source.weights.name,
                "parameters": parameters_words(network),
                "preprocessing": source.preprocessing.words,
            },
        )
        self._settle(network, running)
        self._check_features()

    def image_features(self, images: Images) -> NDArray[np.float32]:
        """Return the pooled features that the last layer looks at, shape (B, D)."""
        return self._answers(images, FEATURES).numpy()

    def probabilities(self, images: Images) -> NDArray[np.float64]:
        """Return the softmax over the classes, taken in float64, shape (B, C)."""
        if Capability.PROBABILITIES not in self.capabilities:
            raise lacks(self.identity, Capability.PROBABILITIES)
        logits = self._answers(images, LOGITS)
        return logits.to(torch.float64).softmax(dim=1).numpy()

    def _look(self, batch: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._parts.features(self._network, batch)
        return features

    def _classify(self, batch: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._network(batch)
        return logits

    def _check_features(self) -> None:
        shape = self.image_features(
            [np.zeros((self.input_size, self.input_size, 3), np.uint8)]
        ).shape
        if len(shape) != 2:
            raise ModelError(
                f"{self.identity.name} gives a map of features for each picture (shape "
                f"{' x '.join(map(str, shape[1:]))}), not one vector: its pooling is switched off, "
                "and how to pool would be a guess. Save it with its pooling."
            )


class _Timm:
    """How timm's networks are built and asked for features."""

    @staticmethod
    def build(source: ImageSource) -> nn.Module:
        if source.published:
            # timm knows which of its published weights need renaming or cutting.
            overlay = {"file": str(source.weights)}
            network: nn.Module = timm.create_model(
                source.architecture, pretrained=True, pretrained_cfg_overlay=overlay
            )
            return network
        network = timm.create_model(
            source.architecture,
            pretrained=False,
            num_classes=source.classes,
            **source.arguments,
        )
        network.load_state_dict(load_file(source.weights), strict=True)
        return network

    @staticmethod
    def features(network: Any, batch: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = network.forward_head(
            network.forward_features(batch), pre_logits=True
        )
        return pooled


class _Torchvision:
    """How torchvision's networks are built and asked for features: what the last layer is given."""

    @staticmethod
    def build(source: ImageSource) -> nn.Module:
        network: nn.Module = torchvision.models.get_model(
            source.architecture, weights=None, num_classes=source.classes or 1
        )
        if not source.classes:
            network.set_submodule(_last_layer(network), nn.Identity())
        network.load_state_dict(load_file(source.weights), strict=True)
        network.get_submodule(_last_layer(network)).register_forward_pre_hook(_note)
        return network

    @staticmethod
    def features(network: nn.Module, batch: torch.Tensor) -> torch.Tensor:
        network(batch)
        given: torch.Tensor = _GIVEN.last
        del _GIVEN.last
        return given


def _note(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    _GIVEN.last = inputs[0]


_GIVEN = threading.local()  # several threads may go through the same layer
_PARTS: dict[str, Any] = {"timm": _Timm, "torchvision": _Torchvision}


def open_spec(place: str, spec: str, running: Running) -> Model:
    """Open `timm:PLACE`: a name of timm's list, else a path.

    Raises:
        ModelError: neither, or a model that cannot be used; the sentence says which.
    """
    return ImageModel(spec, _source(place), running)


def entries() -> list[ModelEntry]:
    """Return every model timm publishes, those on this machine first."""
    here = cached_weights()
    names = sorted(known_names(), key=lambda name: name not in here)
    return [_entry(name, here.get(name)) for name in names]


def _entry(name: str, weights: Path | None) -> ModelEntry:
    kind = "Classifier" if classes_of(name) else "Encoder"
    return ModelEntry(
        spec=f"timm:{name}",
        title=f"{kind} {name.replace('.', ', weights ', 1)} (timm)",
        gives=_CLASSIFIER if classes_of(name) else _ENCODER,
        size_bytes=weights.stat().st_size if weights else about_bytes("timm", name),
        on_this_machine=weights is not None,
    )


def _source(place: str) -> ImageSource:
    if place in known_names():
        return hub_source(place)
    path = Path(place.removeprefix(_LOCAL_PREFIX)).expanduser()
    if place and path.exists():
        return folder_source(path)
    if place.startswith((_LOCAL_PREFIX, ".", "~", "/")) or path.suffix in (".safetensors", ".pth"):
        raise ModelError(f"There is no file or folder {path}.")
    return hub_source(place)


def _build(source: ImageSource) -> nn.Module:
    try:
        network: nn.Module = _PARTS[source.library].build(source)
    except ModelError:
        raise
    except Exception as error:  # a stranger's architecture or weights may fail anywhere inside
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"The weights {source.weights.name} and the architecture {source.architecture} that "
            f"is described beside them do not fit: {lines[-1].strip()}"
        ) from error
    return network


def _last_layer(network: nn.Module) -> str:
    """Return the name of the last layer of a torchvision classifier.

    Raises:
        ModelError: it ends otherwise than in a linear layer, as SqueezeNet does.
    """
    layers: list[str] = [
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear | nn.Identity) and not name.startswith(("aux", "AuxLogits"))
    ]
    if not layers:
        raise ModelError(
            "This architecture of torchvision has no last linear layer, so its features are not "
            "known. Choose another."
        )
    return layers[-1]
