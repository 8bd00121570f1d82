"""Networks of timm, small enough to be trained on a CPU, and their folders on disk.

A folder is one that timm itself and `timm:FOLDER` read: config.json and model.safetensors.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import save_for_hf
from torch import nn

from auditcore.lab.registries import LabError

INPUT_SIDE = 32
"""Side of the pictures that every network here looks at, in pixels."""
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


@dataclass(frozen=True)
class Architecture:
    """One network of timm.

    Attributes:
        timm_name: the architecture in timm's list.
        arguments: of `timm.create_model`, plain values only, so that a folder can hold them.
        title: for a person.
    """

    timm_name: str
    title: str
    arguments: dict[str, Any] = field(default_factory=dict)


ARCHITECTURES: dict[str, Architecture] = {
    "resnet": Architecture(
        "resnet18",
        "ResNet, 4 blocks, 16 to 128 channels",
        {"layers": [1, 1, 1, 1], "channels": [16, 32, 64, 128], "stem_width": 16},
    ),
    "densenet": Architecture(
        "densenet121",
        "DenseNet, 3 blocks of 3 layers, growth 12",
        {"growth_rate": 12, "block_config": [3, 3, 3]},
    ),
    "vit": Architecture(
        "vit_tiny_patch16_224",
        "vision transformer, patches of 8, width 96, 3 layers",
        {"img_size": 32, "patch_size": 8, "embed_dim": 96, "depth": 3, "num_heads": 3},
    ),
}


def settings_for(side: int) -> dict[str, Any]:
    """Return what timm is told of the pictures of a network trained here, `side` pixels square."""
    return {
        "input_size": (3, side, side),
        "test_input_size": (3, side, side),
        "pool_size": None,
        "crop_pct": 1.0,
        "test_crop_pct": 1.0,
        "interpolation": "bicubic",
        "mean": MEAN,
        "std": STD,
        "tag": "",
    }


def new_encoder(architecture: str, seed: int) -> nn.Module:
    """Make an untrained encoder whose weights follow from `seed` alone (on the CPU).

    Args:
        architecture: a key of ARCHITECTURES.
        seed: of the weights.

    Returns:
        A network from (B, 3, 32, 32) to pooled features (B, D), in training mode.

    Raises:
        LabError: no such architecture.
    """
    known = ARCHITECTURES.get(architecture)
    if known is None:
        raise LabError(f"The architectures are {', '.join(ARCHITECTURES)}; not '{architecture}'.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: nn.Module = timm.create_model(
            known.timm_name,
            num_classes=0,
            pretrained_cfg_overlay=settings_for(INPUT_SIDE),
            **known.arguments,
        )
    return network.train()


def save_encoder(network: nn.Module, architecture: str, folder: Path) -> Path:
    """Write an encoder as a folder that `timm:FOLDER` opens, and return the folder.

    Args:
        network: as `new_encoder` makes it, trained or not.
        architecture: a key of ARCHITECTURES.
        folder: made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ARCHITECTURES[architecture].arguments
    save_for_hf(network, str(folder), model_args=arguments, safe_serialization=True)
    return folder
