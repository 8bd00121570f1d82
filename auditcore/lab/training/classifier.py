"""The Lab's classifier: a small ResNet of timm that names what a picture shows.

Group normalisation in place of batch normalisation: then the loss of one picture does not depend
on the others of its batch, which DP-SGD needs (Abadi et al., arXiv 1607.00133, section 3).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import timm
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from timm.models import save_for_hf
from torch import Tensor, nn

from auditcore.lab.encoders.architectures import MEAN, STD, settings_for
from auditcore.lab.pack import Example
from auditcore.lab.registries import LabError
from auditcore.lab.training.kind import (
    Data,
    asking,
    chunks,
    device_of,
    label_indices,
    pictures_tensor,
)
from auditcore.lab.training.views import normalised, seen

_ARCHITECTURE = "resnet18"
_ARGUMENTS: dict[str, Any] = {
    "layers": [1, 1, 1, 1],
    "channels": [32, 64, 128, 128],
    "norm_layer": "groupnorm",
}
_SIDE = 64
_LEAST_AREA = 0.8


class Classifier:
    """See `kind.Kind`: a picture's target is its class; a member is one whose class is certain."""

    name: ClassVar[str] = "classifier"
    title: ClassVar[str] = "Classifier: says which of a few things a picture shows"
    utility_title: ClassVar[str] = "share of new pictures whose class it names"
    augmentations: ClassVar[Mapping[str, str]] = {
        "none": "every picture is shown as it is",
        "usual": "random crops of 80 to 100 % of the area, mirrored every other time",
        "strong": "random crops of 20 to 100 %, mirrored, with other light and colours",
    }
    private: ClassVar[bool] = True

    def new(self, classes: Sequence[str], seed: int) -> nn.Module:
        """Make an untrained network, (B, 3, 32, 32) -> (B, number of classes)."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network: nn.Module = timm.create_model(
                _ARCHITECTURE,
                num_classes=len(classes),
                pretrained_cfg_overlay=settings_for(_SIDE),
                **_ARGUMENTS,
            )
        return network

    def data(self, examples: Sequence[Example], classes: Sequence[str]) -> Data:
        """Return pictures (N, 3, 32, 32) with their classes.

        Raises:
            LabError: no examples, or one whose label is none of the classes.
        """
        pictures = pictures_tensor([example.pixels for example in examples], _SIDE)
        labels = label_indices(examples, classes)
        if bool((labels < 0).any()):
            label = examples[int((labels < 0).nonzero()[0])].label
            raise LabError(
                f"A picture has the class '{label}', which the classifier is not taught. "
                f"The classes are: {', '.join(classes)}."
            )
        return Data(pictures, labels, labels)

    def loss(
        self, network: nn.Module, data: Data, chosen: Tensor, augmentation: str = "none"
    ) -> Tensor:
        """Return the mean cross-entropy of the pictures `chosen`."""
        device = device_of(network)
        views = seen(data.pictures[chosen], _SIDE, augmentation, _LEAST_AREA, mirrored=True)
        logits = network(normalised(views, MEAN, STD, device)).float()
        return F.cross_entropy(logits, data.targets[chosen].to(device))

    def after_step(self, network: nn.Module) -> None:
        """Nothing follows."""

    def mismatched(self, data: Data, generator: torch.Generator) -> Data:
        """Return the same pictures, each with another class that occurs, drawn at random."""
        known = torch.unique(data.targets)
        if len(known) < 2:
            known = torch.arange(int(known.max()) + 2, device=known.device)
        places = torch.searchsorted(known, data.targets)
        turn = torch.randint(1, len(known), places.shape, generator=generator)
        return Data(data.pictures, known[(places + turn.to(places)) % len(known)], data.labels)

    def utility(self, network: nn.Module, held_out: Data, train: Data) -> float:
        """Return the share of held-out pictures whose class is named (top 1)."""
        named = self._logits(network, held_out).argmax(dim=1)
        return float((named == held_out.labels.cpu()).float().mean())

    def memory(self, network: nn.Module, data: Data) -> NDArray[np.float64]:
        """Return minus the cross-entropy of each picture's class."""
        losses = F.cross_entropy(
            self._logits(network, data).double(), data.labels.cpu(), reduction="none"
        )
        return -losses.numpy()

    def save(self, network: nn.Module, classes: Sequence[str], folder: Path) -> str:
        """Write a folder that timm reads, weights in 32 bits; "timm:FOLDER"."""
        folder.mkdir(parents=True, exist_ok=True)
        config = {"label_names": list(classes)}
        save_for_hf(
            network,
            str(folder),
            model_config=config,
            model_args=_ARGUMENTS,
            safe_serialization=True,
        )
        return f"timm:{folder}"

    def _logits(self, network: nn.Module, data: Data) -> Tensor:
        """Return what the network says of the whole pictures, shape (N, C), on the CPU."""
        device = device_of(network)
        with asking(network):
            parts = [
                network(normalised(data.pictures[index], MEAN, STD, device))
                for index in chunks(len(data))
            ]
        return torch.cat(parts).float().cpu()
