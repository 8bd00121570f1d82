"""The Lab's encoder: a small ResNet that learns by SimCLR (Chen et al., arXiv 2002.05709)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from auditcore.lab.encoders import INPUT_SIDE, new_encoder, save_encoder
from auditcore.lab.encoders.architectures import MEAN, STD
from auditcore.lab.encoders.augmentation import augment, crop
from auditcore.lab.encoders.objectives import nt_xent, projection_head
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
from auditcore.lab.training.views import normalised

_ARCHITECTURE = "resnet"
_KEPT_SIDE = 64  # crops of a fifth of the area still have something to show at 32
_TEMPERATURE = 0.5
_NEIGHBOURS = 5
_MEMORY_VIEWS, _MEMORY_SEED = 10, 1
_SIMCLR_LEAST_AREA, _SIMCLR_STRENGTH = 0.08, 2.0


class _Network(nn.Module):
    """The encoder, and the projection head that is thrown away after training."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = projection_head(int(encoder.num_features))  # type: ignore[arg-type]

    def forward(self, views: Tensor) -> Tensor:
        """Return projections (B, 128) of views (B, 3, 32, 32)."""
        projected: Tensor = self.head(self.encoder(views))
        return projected


class Encoder:
    """See `kind.Kind`: a picture's target is itself, in another view; a member's views agree."""

    name: ClassVar[str] = "encoder"
    title: ClassVar[str] = (
        "Encoder: learns without captions or classes which views show the same picture"
    )
    utility_title: ClassVar[str] = (
        "share of new pictures whose class their five nearest pictures tell"
    )
    augmentations: ClassVar[Mapping[str, str]] = {
        "none": "random crops of 20 to 100 %, mirrored; it cannot learn from less",
        "usual": "the same crops, with other light and colours (MoCo's)",
        "strong": "crops of 8 to 100 % and twice as much change of light and colours (SimCLR's)",
    }
    private: ClassVar[bool] = False

    def new(self, classes: Sequence[str], seed: int) -> nn.Module:
        """Make an untrained encoder with its projection head; the classes are not used."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return _Network(new_encoder(_ARCHITECTURE, seed))

    def data(self, examples: Sequence[Example], classes: Sequence[str]) -> Data:
        """Return pictures (N, 3, 64, 64), each its own target; labels only serve `utility`.

        Raises:
            LabError: no examples.
        """
        pictures = pictures_tensor([example.pixels for example in examples], _KEPT_SIDE)
        return Data(pictures, pictures, label_indices(examples, classes))

    def loss(
        self, network: nn.Module, data: Data, chosen: Tensor, augmentation: str = "none"
    ) -> Tensor:
        """Return NT-Xent of a view of each picture `chosen` and a view of its target."""
        views = [_view(part[chosen], augmentation) for part in (data.pictures, data.targets)]
        batch = normalised(torch.cat(views), MEAN, STD, device_of(network))
        return nt_xent(network(batch).float(), _TEMPERATURE)

    def after_step(self, network: nn.Module) -> None:
        """Nothing follows."""

    def mismatched(self, data: Data, generator: torch.Generator) -> Data:
        """Return the same pictures, each of which should be seen as alike to another one.

        Raises:
            LabError: a single picture.
        """
        order = derangement(len(data), generator).to(data.pictures.device)
        return Data(data.pictures, data.pictures[order], data.labels)

    def utility(self, network: nn.Module, held_out: Data, train: Data) -> float:
        """Return the share of held-out pictures with a class that 5 nearest neighbours tell.

        Raises:
            LabError: no picture on one side has a class.
        """
        asked, known = (_labelled(part) for part in (held_out, train))
        if not len(asked) or not len(known):
            raise LabError("Without classes nobody can tell how good an encoder is.")
        near = self._features(network, asked) @ self._features(network, known).T
        best = near.topk(min(_NEIGHBOURS, len(known)), dim=1)
        classes = F.one_hot(known.labels.cpu()[best.indices]).double()  # (N, 5, C)
        named = (classes * best.values[..., None]).sum(dim=1).argmax(dim=1)
        return float((named == asked.labels.cpu()).double().mean())

    def memory(self, network: nn.Module, data: Data) -> NDArray[np.float64]:
        """Return the mean cosine of ten views of each picture, the same draws every time.

        As EncoderMI compares views (arXiv 2108.11023, section 4.2).
        """
        device = device_of(network)
        with asking(network), torch.random.fork_rng():
            torch.manual_seed(_MEMORY_SEED)
            views = [_view(data.pictures, "none") for _ in range(_MEMORY_VIEWS)]
            features = [self._of_views(network, view, device) for view in views]
        unit = torch.stack(features).double()  # (V, N, D), rows of unit length
        pairs = unit.sum(dim=0).square().sum(dim=1) - _MEMORY_VIEWS
        return (pairs / (_MEMORY_VIEWS * (_MEMORY_VIEWS - 1))).numpy()

    def save(self, network: nn.Module, classes: Sequence[str], folder: Path) -> str:
        """Write the encoder alone as a folder that timm reads, in 32 bits; "timm:FOLDER"."""
        encoder: nn.Module = network.encoder  # type: ignore[assignment]
        return f"timm:{save_encoder(encoder, _ARCHITECTURE, folder)}"

    def _features(self, network: nn.Module, data: Data) -> Tensor:
        """Return the features of the whole pictures, rows of unit length, on the CPU."""
        small = F.interpolate(
            data.pictures.float() / 255, INPUT_SIDE, mode="bicubic", antialias=True
        )
        with asking(network):
            return self._of_views(network, small.clamp(0, 1), device_of(network))

    def _of_views(self, network: nn.Module, views: Tensor, device: torch.device) -> Tensor:
        encoder: nn.Module = network.encoder  # type: ignore[assignment]
        parts = [encoder(normalised(views[i], MEAN, STD, device)) for i in chunks(len(views))]
        return F.normalize(torch.cat(parts).float().cpu())


def _labelled(data: Data) -> Data:
    return data.select((data.labels >= 0).nonzero()[:, 0])


def _view(pictures: Tensor, augmentation: str) -> Tensor:
    """Return one view of each picture (uint8), values 0 .. 1, shape (B, 3, 32, 32)."""
    values = pictures.float() / 255
    if augmentation == "none":
        return crop(values, INPUT_SIDE)
    if augmentation == "usual":
        return augment(values, INPUT_SIDE)
    return augment(values, INPUT_SIDE, _SIMCLR_LEAST_AREA, _SIMCLR_STRENGTH)


def derangement(count: int, generator: torch.Generator) -> Tensor:
    """Return a random cyclic order of 0 .. count-1, in which nothing keeps its place.

    Raises:
        LabError: fewer than two.
    """
    if count < 2:
        raise LabError("One picture alone cannot be given what belongs to another.")
    cycle = torch.randperm(count, generator=generator)
    order = torch.empty_like(cycle)
    order[cycle] = cycle.roll(1)
    return order
