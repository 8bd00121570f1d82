"""Small open_clip models with random weights, saved as open_clip's own `local-dir:` folders."""

import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.coca_model import CoCa
from open_clip.model import CustomTextCLIP
from safetensors.torch import save_file

TEXT: dict[str, Any] = {
    "context_length": 16,
    "vocab_size": 49408,
    "width": 32,
    "heads": 2,
    "layers": 1,
}

VIT: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": TEXT,
}
RESNET = {
    "embed_dim": 32,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 96, "layers": [1, 1, 1, 1], "width": 16},
    "text_cfg": TEXT,
}
TIMM = {
    "embed_dim": 32,
    "custom_text": True,
    "vision_cfg": {
        "timm_model_name": "test_vit",
        "timm_model_pretrained": False,
        "timm_pool": "",
        "timm_proj": "linear",
        "image_size": 160,
    },
    "text_cfg": TEXT,
}
COCA = {
    "embed_dim": 32,
    "custom_text": True,
    "vision_cfg": {
        **VIT["vision_cfg"],
        "attentional_pool": True,
        "attn_pooler_heads": 2,
        "attn_pooler_queries": 8,
        "output_tokens": True,
    },
    "text_cfg": {**TEXT, "context_length": 15, "embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {**TEXT, "context_length": 15, "attn_pooler_heads": 2},
}

OPENAI = {"mean": [0.481, 0.457, 0.408], "std": [0.268, 0.261, 0.275]}
PREPROCESSINGS: dict[str, dict[str, Any]] = {
    "vit": {**OPENAI, "interpolation": "bicubic", "resize_mode": "shortest"},
    "resnet": {**OPENAI, "interpolation": "bilinear", "resize_mode": "squash"},
    "timm": {
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "interpolation": "bicubic",
        "resize_mode": "longest",
    },
}
PREPROCESSINGS["coca"] = PREPROCESSINGS["vit"]
CONFIGS: dict[str, dict[str, Any]] = {"vit": VIT, "resnet": RESNET, "timm": TIMM, "coca": COCA}


def save_random(folder: Path, kind: str, seed: int = 1, **changes: Any) -> Path:
    """Write a model of random weights; `changes` replace keys of the configuration file."""
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads(json.dumps(CONFIGS[kind]))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        arguments = {key: value for key, value in config.items() if key != "custom_text"}
        network = _class_of(config)(**arguments)
        for name, value in network.state_dict().items():
            if "running_var" in name:  # as in a batch norm that has seen small values
                value.copy_(0.01 + 0.02 * torch.rand_like(value))
            if "bn3.weight" in name:  # which open_clip starts at 0
                value.fill_(0.5)
            if name == "text_decoder.text_projection":  # which open_clip leaves as memory has it
                value.copy_(0.3 * torch.randn_like(value))
    save_file(
        {name: value.contiguous() for name, value in network.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    written = {"model_cfg": config, "preprocess_cfg": PREPROCESSINGS[kind], **changes}
    (folder / "open_clip_config.json").write_text(json.dumps(written))
    return folder


def _class_of(config: dict[str, Any]) -> type[torch.nn.Module]:
    if "multimodal_cfg" in config:
        return CoCa
    return CustomTextCLIP if "custom_text" in config else open_clip.CLIP
