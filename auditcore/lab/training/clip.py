"""The Lab's CLIP: open_clip's architecture, small, learning which caption belongs to which picture.

Loss, clamping of the scale and half precision as in open_clip 3.3 (`open_clip_train/train.py`).
"""

import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from auditcore.lab.clip import (
    IMAGE_SIDE,
    MEAN,
    STD,
    new_model,
    save_model,
    tokenizer_of,
    write_merges,
)
from auditcore.lab.pack import Example
from auditcore.lab.registries import LabError
from auditcore.lab.training.encoder import derangement
from auditcore.lab.training.kind import (
    Data,
    asking,
    chunks,
    device_of,
    label_indices,
    pictures_tensor,
)
from auditcore.lab.training.views import normalised, seen

_LEAST_AREA = 0.9
_LARGEST_SCALE = math.log(100)
_GROUP = 50


class Clip:
    """See `kind.Kind`: a picture's target is its caption; a member's caption lies near."""

    name: ClassVar[str] = "clip"
    title: ClassVar[str] = "CLIP: learns which caption belongs to which picture"
    utility_title: ClassVar[str] = "share of new pictures whose caption it picks out of fifty"
    augmentations: ClassVar[Mapping[str, str]] = {
        "none": "every picture is shown as it is",
        "usual": "random crops of 90 to 100 % of the area, as OpenCLIP trains",
        "strong": "random crops of 20 to 100 %, mirrored, with other light and colours",
    }
    private: ClassVar[bool] = False

    def new(self, classes: Sequence[str], seed: int) -> nn.Module:
        """Make an untrained CLIP; the classes are not used."""
        return new_model(seed)

    def data(self, examples: Sequence[Example], classes: Sequence[str]) -> Data:
        """Return pictures (N, 3, 64, 64) with the tokens of their captions (N, 32).

        Raises:
            LabError: no examples, or one without a caption.
        """
        pictures = pictures_tensor([example.pixels for example in examples], IMAGE_SIDE)
        captions = [example.caption.strip() for example in examples]
        if not all(captions):
            raise LabError("CLIP learns from captions: give every picture a few words.")
        with tempfile.TemporaryDirectory() as folder:
            write_merges(Path(folder))
            tokens: Tensor = tokenizer_of(Path(folder))(captions)
        return Data(pictures, tokens, label_indices(examples, classes))

    def loss(
        self, network: nn.Module, data: Data, chosen: Tensor, augmentation: str = "none"
    ) -> Tensor:
        """Return CLIP's contrastive loss among the pictures and captions `chosen`."""
        device = device_of(network)
        views = seen(data.pictures[chosen], IMAGE_SIDE, augmentation, _LEAST_AREA, mirrored=False)
        with _plain_attention(device):
            pictures, texts, scale = network(
                normalised(views, MEAN, STD, device), data.targets[chosen].to(device)
            )
        loss: Tensor = open_clip.ClipLoss()(pictures.float(), texts.float(), scale)
        return loss

    def after_step(self, network: nn.Module) -> None:
        """Keep the scale of the similarities at 100 or below."""
        with torch.no_grad():
            network.logit_scale.clamp_(0, _LARGEST_SCALE)  # type: ignore[operator]

    def mismatched(self, data: Data, generator: torch.Generator) -> Data:
        """Return the same pictures, each with the caption of another one.

        Raises:
            LabError: a single picture.
        """
        order = derangement(len(data), generator).to(data.targets.device)
        return Data(data.pictures, data.targets[order], data.labels)

    def utility(self, network: nn.Module, held_out: Data, train: Data) -> float:
        """Return the share of held-out pictures whose caption is the nearest of fifty.

        The mean over groups of 50, in order; what is left over counts only when it is all there
        is. Of two captions with the same words, either is right.
        """
        pictures, texts = self._features(network, held_out)
        right = [
            _own_caption(pictures[i], texts[i], held_out.targets.cpu()[i])
            for i in chunks(len(held_out), _GROUP)
            if len(i) == _GROUP or len(held_out) < _GROUP
        ]
        return float(torch.cat(right).double().mean())

    def memory(self, network: nn.Module, data: Data) -> NDArray[np.float64]:
        """Return the cosine of each picture and its caption."""
        pictures, texts = self._features(network, data)
        return (pictures.double() * texts.double()).sum(dim=1).numpy()

    def save(self, network: nn.Module, classes: Sequence[str], folder: Path) -> str:
        """Write a folder that open_clip reads, weights in 16 bits; "openclip:FOLDER"."""
        save_model(network, folder)
        return f"openclip:{folder}"

    def _features(self, network: nn.Module, data: Data) -> tuple[Tensor, Tensor]:
        """Return features of pictures and captions, rows of unit length, on the CPU."""
        device = device_of(network)
        with asking(network), _plain_attention(device):
            pairs = [
                network(
                    normalised(data.pictures[index], MEAN, STD, device),
                    data.targets[index].to(device),
                )
                for index in chunks(len(data))
            ]
        pictures, texts = (torch.cat([pair[side] for pair in pairs]) for side in (0, 1))
        return F.normalize(pictures.float().cpu()), F.normalize(texts.float().cpu())


def _plain_attention(device: torch.device) -> AbstractContextManager[None]:
    """On a CPU the fused kernel's gradient takes twice as long at 65 tokens: there without it."""
    backends = [SDPBackend.MATH]
    if device.type != "cpu":
        backends += [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]
    return sdpa_kernel(backends)


def _own_caption(pictures: Tensor, texts: Tensor, tokens: Tensor) -> Tensor:
    """Return for each picture whether the nearest caption reads as its own, shape (B,)."""
    nearest = (pictures @ texts.T).argmax(dim=1)
    return (tokens[nearest] == tokens).all(dim=1)
