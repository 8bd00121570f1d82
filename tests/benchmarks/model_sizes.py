"""How large the models are that can be had by name: writes auditcore/models/parameters.json.

    python tests/benchmarks/model_sizes.py

Every architecture is built without memory for its weights (torch's meta device) and its parameters
are counted, in millions. Those of open_clip whose text model is of another package are left out.
Takes about five minutes.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch

from auditcore.models.timm_hub import known_names

RESULT = Path(__file__).parents[2] / "auditcore" / "models" / "parameters.json"


def millions(network: Any) -> float:
    """Return the number of parameters in millions, to three digits after the point."""
    return round(sum(parameter.numel() for parameter in network.parameters()) / 1e6, 3)


@cache
def of_timm(architecture: str, classes: int) -> float:
    """Return the size of a timm architecture with a last layer for so many classes."""
    with torch.device("meta"):
        return millions(timm.create_model(architecture, pretrained=False, num_classes=classes))


def of_openclip(name: str) -> float | None:
    """Return the size of an open_clip architecture, None if it takes another package."""
    text = (open_clip.get_model_config(name) or {})["text_cfg"]
    if text.get("hf_model_name"):
        return None
    with torch.device("meta"):
        return millions(open_clip.create_model(name, load_weights=False, device="meta"))


def main() -> None:
    """Count them all."""
    architectures = sorted({name for name, _ in open_clip.list_pretrained()})
    clips = {name: of_openclip(name) for name in architectures}
    images = {}
    for name in known_names():
        facts = timm.get_pretrained_cfg(name)
        assert facts is not None
        images[name] = of_timm(name.partition(".")[0], facts.num_classes)
    found = {"openclip": {k: v for k, v in clips.items() if v is not None}, "timm": images}
    RESULT.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
