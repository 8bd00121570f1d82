"""Weights from strangers: safetensors and JSON, never a pickle.

A pickle can run any program the moment it is opened. It is told by its name or its first bytes, and
refused with the way to convert it. What passes is only ever read as safetensors.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditcore.errors import ModelError

_PICKLE_NAMES = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"}
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80")  # torch's zip archive; pickle protocol 2 and later
_CONFIG_LIMIT = 1_000_000


def check_safetensors(path: Path, target: str, config: str) -> None:
    """Refuse a weights file that is not safetensors.

    Args:
        path: the file.
        target: what a file converted from a pickle should be called, for the message.
        config: the name of the configuration that belongs beside it, for the message.

    Raises:
        ModelError: the file is a pickle (by name or by content), empty, or something else.
    """
    with path.open("rb") as file:
        start = file.read(9)
    whole = start[8:] == b"{" and int.from_bytes(start[:8], "little") + 8 <= path.stat().st_size
    if path.suffix.lower() in _PICKLE_NAMES or (not whole and start.startswith(_PICKLE_STARTS)):
        raise ModelError(pickle_refusal(path, target, config))
    if path.suffix.lower() != ".safetensors":
        raise ModelError(f"{path.name} is not a weights file: expected a name in .safetensors.")
    if not whole:
        raise ModelError(
            f"{path.name} is not a whole safetensors file: it may be damaged or cut short. "
            "Copy or download it again."
        )


def find_weights(folder: Path, preferred: Sequence[str], config: str) -> Path:
    """Return the one safetensors file of a folder, or the first of the preferred names.

    Args:
        folder: where to look.
        preferred: names that go before all others.
        config: the name of the configuration that should be beside it, for messages.

    Raises:
        ModelError: none, several, or pickles alone.
    """
    found = sorted(folder.glob("*.safetensors"))
    named = [folder / name for name in preferred if (folder / name).is_file()]
    if named or len(found) == 1:
        return (named or found)[0]
    if found:
        names = ", ".join(path.name for path in found)
        raise ModelError(f"{folder} holds several weights files ({names}): name the one to use.")
    pickles = [p for end in ("*.bin", "*.pt", "*.pth", "*.ckpt") for p in sorted(folder.glob(end))]
    if pickles:
        raise ModelError(pickle_refusal(pickles[0], preferred[0], config))
    raise ModelError(f"{folder} holds no model: a .safetensors file and {config} are expected.")


def pickle_refusal(path: Path, target: str, config: str) -> str:
    """Return the sentence that refuses a pickle and says how to convert it.

    Args:
        path: the pickle.
        target: what to call the file made from it.
        config: the name of the configuration that belongs beside it.
    """
    return (
        f"{path.name} is a pickle, which can run any program when it is opened, so it is not "
        "opened here. On a computer where you trust the file, convert it: "
        'python -c "import torch, safetensors.torch as s; '
        f"d = torch.load('{path.name}', weights_only=True, map_location='cpu'); "
        "d = d.get('state_dict', d); "
        "s.save_file({k.removeprefix('module.'): v.contiguous().clone() for k, v in d.items()}, "
        f"'{target}')\" "
        f"and put the result beside its {config}."
    )


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file of at most one megabyte.

    Raises:
        ModelError: too large, not JSON, or not an object.
    """
    if path.stat().st_size > _CONFIG_LIMIT:
        raise ModelError(f"{path.name} is too large to be a model's configuration.")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.name} is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path.name} is not a model's configuration: a JSON object is expected.")
    return value
