"""What has to be known before an open_clip model is built: architecture, weights, preprocessing."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditcore.errors import ModelError
from auditcore.models.preprocessing import three_numbers

_INTERPOLATIONS = ("bicubic", "bilinear")
_RESIZE_MODES = ("shortest", "longest", "squash")
_RESIZE_WORDS = {
    "shortest": "centre square",
    "longest": "whole picture with borders",
    "squash": "whole picture stretched to a square",
}


@dataclass(frozen=True)
class OpenClipSource:
    """One open_clip model on this machine, not yet in memory.

    Attributes:
        name: what to call it on screen.
        architecture: what `open_clip.create_model` takes: a name, or "local-dir:FOLDER".
        weights: the safetensors file.
        preprocess: mean, std, interpolation and resize_mode, checked.
        model_config: the architecture, as JSON values; part of the fingerprint.
        force_quick_gelu: the weights were trained with QuickGELU although the architecture's
            default is another; open_clip only warns of that, and its features are then wrong.
        vocabulary: the tokenizer's merges file, when the folder has its own.
        released: a day on which the weights were published already, if one is known.
    """

    name: str
    architecture: str
    weights: Path
    preprocess: Mapping[str, Any]
    model_config: Mapping[str, Any] = field(hash=False)
    force_quick_gelu: bool = False
    vocabulary: Path | None = None
    released: datetime.date | None = None

    def resize_words(self) -> str:
        """Return how a picture is brought to the model's size, for a person."""
        kind = _RESIZE_WORDS[self.preprocess["resize_mode"]]
        return f"{kind} resized ({self.preprocess['interpolation']})"


def check_preprocess(found: object, where: str) -> dict[str, Any]:
    """Return the four facts of a preprocessing, refusing what is missing or impossible.

    Interpolation and resize mode may be absent: open_clip's configurations before 2023 had none,
    and bicubic, shortest side, was then the only one there was.

    Args:
        found: the `preprocess_cfg` as read.
        where: the file it should be in, for the message.

    Raises:
        ModelError: no preprocessing, or one that open_clip could not have written.
    """
    if not isinstance(found, dict) or "mean" not in found or "std" not in found:
        raise ModelError(
            f"{where} does not say how pictures are prepared for this model (preprocess_cfg with "
            "mean and std). A wrong guess would give wrong answers, so the model is not used. "
            "Add the preprocessing that the model was trained with."
        )
    interpolation = found.get("interpolation") or "bicubic"
    resize_mode = found.get("resize_mode") or "shortest"
    if interpolation not in _INTERPOLATIONS or resize_mode not in _RESIZE_MODES:
        raise ModelError(
            f"{where}: the preprocessing '{interpolation}', '{resize_mode}' is not known; "
            f"interpolation is one of {', '.join(_INTERPOLATIONS)}, resize_mode one of "
            f"{', '.join(_RESIZE_MODES)}."
        )
    return {
        "mean": three_numbers(found["mean"], "mean", where),
        "std": three_numbers(found["std"], "std", where, positive=True),
        "interpolation": interpolation,
        "resize_mode": resize_mode,
    }
