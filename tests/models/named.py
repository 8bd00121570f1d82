"""open_clip's named architectures at full size, with random weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file


def random_named(name: str, folder: Path) -> tuple[Any, Callable[[Any], torch.Tensor]]:
    """Return open_clip's own model and preprocess of an architecture, and write its folder.

    The weights are open_clip's random ones, but for what it starts at 0 or leaves as memory has it.
    """
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network, _, preprocess = open_clip.create_model_and_transforms(name)
        for key, value in network.state_dict().items():
            if "bn3.weight" in key:
                value.fill_(0.5)
            if key == "text_decoder.text_projection":
                value.copy_(value.shape[0] ** -0.5 * torch.randn_like(value))
    folder.mkdir(parents=True)
    save_file(
        {key: value.contiguous() for key, value in network.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    steps = dict(network.visual.preprocess_cfg)
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": steps}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return network.eval(), preprocess
