"""How large models are that are not on this machine: counted once, kept beside this file."""

import json
from functools import cache
from pathlib import Path

_COUNTED = Path(__file__).with_name("parameters.json")  # written by tests/benchmarks/model_sizes.py
_BYTES = 4  # a parameter in float32, which nearly all weights are published in


def about_bytes(kind: str, name: str) -> int | None:
    """Return about how large the weights of a named model are, None if unknown.

    Args:
        kind: "openclip" or "timm".
        name: an open_clip architecture, or a timm NAME.TAG.
    """
    millions = _counted()[kind].get(name)
    return None if millions is None else int(millions * 1e6) * _BYTES


@cache
def _counted() -> dict[str, dict[str, float]]:
    counted: dict[str, dict[str, float]] = json.loads(_COUNTED.read_text(encoding="utf-8"))
    return counted
