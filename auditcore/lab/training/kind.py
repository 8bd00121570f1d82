"""What a kind of model is to the Lab: how it is made, what it learns, what it gives away."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from auditcore.lab.pack import Example
from auditcore.lab.registries import LabError
from auditcore.photos import Pixels

AUGMENTATIONS = ("none", "usual", "strong")
"""How much a picture is changed each time it is seen; what each means, a kind tells."""


@dataclass(frozen=True)
class Data:
    """Pictures as they are trained on, each with what it should be recognised by.

    Attributes:
        pictures: uint8, shape (N, 3, S, S).
        targets: one row a picture: the class (N,), the tokens of the caption (N, T), or the
            picture that it should be seen as alike (N, 3, S, S).
        labels: the class of each as an index, shape (N,); -1 where none is known.
    """

    pictures: Tensor
    targets: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.pictures)

    def select(self, chosen: Tensor | Sequence[int]) -> "Data":
        """Return some of them, by their indices (B,), in that order."""
        index = torch.as_tensor(chosen, dtype=torch.long, device=self.pictures.device)
        return Data(self.pictures[index], self.targets[index], self.labels[index])

    def joined(self, other: "Data") -> "Data":
        """Return these and then the others."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return Data(*(torch.cat(pair) for pair in pairs))

    def to(self, device: torch.device) -> "Data":
        """Return the same on another device."""
        return Data(*(part.to(device) for part in self._parts()))

    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.pictures, self.targets, self.labels


class Kind(Protocol):
    """A kind of model. Networks are whole: what is thrown away after training is inside.

    Attributes:
        name: key of KINDS.
        title: for a person.
        utility_title: what `utility` measures, for a person.
        augmentations: key of AUGMENTATIONS -> what is done to a picture, for a person.
        private: whether DP-SGD can train it, which needs a loss that is a sum over pictures.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    utility_title: ClassVar[str]
    augmentations: ClassVar[Mapping[str, str]]
    private: ClassVar[bool]

    def new(self, classes: Sequence[str], seed: int) -> nn.Module:
        """Make an untrained network whose weights follow from `seed` alone (on the CPU)."""
        ...

    def data(self, examples: Sequence[Example], classes: Sequence[str]) -> Data:
        """Return examples as tensors.

        Raises:
            LabError: no examples, or one that lacks the caption or class which is learned.
        """
        ...

    def loss(
        self, network: nn.Module, data: Data, chosen: Tensor, augmentation: str = "none"
    ) -> Tensor:
        """Return the mean loss (a scalar) of the pictures with the indices `chosen`, shape (B,).

        The network stays in the mode it is in. Draws come from torch's generator.
        """
        ...

    def after_step(self, network: nn.Module) -> None:
        """Do what follows each step of the optimizer."""
        ...

    def mismatched(self, data: Data, generator: torch.Generator) -> Data:
        """Return the same pictures, each with the target of something else."""
        ...

    def utility(self, network: nn.Module, held_out: Data, train: Data) -> float:
        """Return how good the model is on pictures it never saw, 0 .. 1; see utility_title."""
        ...

    def memory(self, network: nn.Module, data: Data) -> NDArray[np.float64]:
        """Return a score a picture, shape (N,): higher is more like one that was trained on."""
        ...

    def save(self, network: nn.Module, classes: Sequence[str], folder: Path) -> str:
        """Write what is kept of the network into `folder`, and return the spec that opens it."""
        ...


def pictures_tensor(pixels: Sequence[Pixels], side: int) -> Tensor:
    """Return pictures as uint8, shape (N, 3, side, side), each squeezed into the square.

    A score's view of a picture is squeezed likewise (`auditcore.scores.views`).

    Raises:
        LabError: there are none.
    """
    if not pixels:
        raise LabError("There are no pictures to train on.")
    small = [
        np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC, None, 2.0))
        for one in pixels
    ]
    return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).contiguous()


def label_indices(examples: Sequence[Example], classes: Sequence[str]) -> Tensor:
    """Return each example's place among the classes, shape (N,); -1 where it has none of them."""
    places = {name: place for place, name in enumerate(classes)}
    return torch.tensor([places.get(example.label, -1) for example in examples])


def device_of(network: nn.Module) -> torch.device:
    """Return where a network's weights are."""
    return next(network.parameters()).device


def chunks(count: int, size: int = 256) -> tuple[Tensor, ...]:
    """Return the indices 0 .. count-1 in order, `size` at a time."""
    return torch.split(torch.arange(count), size)


@contextmanager
def asking(network: nn.Module) -> Iterator[None]:
    """Ask a network without training it: evaluation mode, no gradients, its mode restored."""
    before = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        network.train(before)
