"""Small image models with random weights, saved in the two layouts that `timm:FOLDER` reads."""

import json
from pathlib import Path
from typing import Any

import timm
import torch
import torchvision
from safetensors.torch import save_file
from timm.models import save_for_hf

STEPS = {
    "size": 64,
    "resize": 72,
    "interpolation": "bilinear",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}


def save_timm(
    folder: Path,
    architecture: str = "test_resnet",
    classes: int = 5,
    seed: int = 1,
    labels: list[str] | None = None,
    **steps: Any,
) -> Path:
    """Write a timm model as timm itself does; `steps` replace values of its pretrained_cfg."""
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = timm.create_model(
            architecture, num_classes=classes, pretrained_cfg_overlay={"crop_pct": 0.9, **steps}
        )
        _shake(network)
    more = {"label_names": labels} if labels else {}
    save_for_hf(network, str(folder), model_config=more, safe_serialization=True)
    return folder


def save_torchvision(
    folder: Path,
    architecture: str = "resnet18",
    classes: int = 5,
    seed: int = 1,
    **changes: Any,
) -> Path:
    """Write a torchvision model; `changes` replace keys of its config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = torchvision.models.get_model(architecture, weights=None, num_classes=classes or 5)
        _shake(network)
    weights = network.state_dict()
    if not classes:
        weights = {name: value for name, value in weights.items() if not name.startswith("fc.")}
    save_file(weights, folder / "model.safetensors")
    config = {
        "architecture": f"torchvision/{architecture}",
        "num_classes": classes,
        "preprocessing": STEPS,
        "labels": [f"kind {index}" for index in range(classes)],
    }
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def edit(folder: Path, **changes: Any) -> None:
    """Replace keys of a folder's config.json; None takes a key away."""
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))


def edit_steps(folder: Path, **changes: Any) -> None:
    """Replace keys of the pretrained_cfg in a timm folder; None takes a key away."""
    told = json.loads((folder / "config.json").read_text())["pretrained_cfg"] | changes
    edit(folder, pretrained_cfg={k: v for k, v in told.items() if v is not None})


def _shake(network: torch.nn.Module) -> None:
    """Give batch norms values as after a training, so that features differ between pictures."""
    for name, value in network.state_dict().items():
        if "running_var" in name:
            value.copy_(0.5 + torch.rand_like(value))
        if "running_mean" in name:
            value.copy_(0.1 * torch.randn_like(value))
