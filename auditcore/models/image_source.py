"""What has to be known before an image encoder or classifier is built, and its preprocessing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from timm.data.transforms_factory import transforms_imagenet_eval
from torchvision import transforms

from auditcore.errors import ModelError
from auditcore.models.preprocessing import Preprocessing, describe, in_turn, three_numbers

_INTERPOLATIONS = ("bicubic", "bilinear", "lanczos", "nearest")
_SIDE_MAX = 4096
_CROP_WORDS = {
    "center": "shorter side resized to {} ({}), centre cut",
    "squash": "stretched to a square of {} ({}), centre cut",
    "border": "longer side resized to {} ({}), borders added, centre cut",
}


@dataclass(frozen=True)
class ImageSource:
    """One image model on this machine, not yet in memory.

    Attributes:
        name: what to call it on screen.
        library: "timm" or "torchvision", whose architecture it is.
        architecture: the name of the architecture there.
        weights: the safetensors file.
        preprocessing: checked, never guessed.
        classes: width of its last layer; 0 for an encoder, which has none.
        labels: names of the classes; () when the last layer is no classifier's.
        arguments: more arguments of the architecture, as JSON values.
        published: timm publishes these weights and knows how they are loaded.
    """

    name: str
    library: str
    architecture: str
    weights: Path
    preprocessing: Preprocessing
    classes: int
    labels: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    published: bool = False

    def settings(self) -> dict[str, Any]:
        """Return what decides the answers beside the weights; part of the fingerprint."""
        return {
            "library": self.library,
            "architecture": self.architecture,
            "classes": self.classes,
            "arguments": dict(self.arguments),
            "preprocessing": self.preprocessing.words,
        }


def timm_preprocessing(found: Mapping[str, Any], where: str) -> Preprocessing:
    """Return the preprocessing that a timm `pretrained_cfg` tells: timm's own for evaluation.

    Args:
        found: input_size, interpolation, crop_pct, mean, std, and crop_mode ("center" if absent:
            timm's configurations before 2022 had no other).
        where: the file it is from, for messages.

    Raises:
        ModelError: a value that is missing or impossible, or pictures that are not square.
    """
    require(found, ("input_size", "interpolation", "crop_pct", "mean", "std"), where)
    channels_and_sides = found["input_size"]
    if not isinstance(channels_and_sides, list | tuple) or len(channels_and_sides) != 3:
        raise ModelError(f"{where}: input_size must be three numbers, such as [3, 224, 224].")
    channels, height, width = channels_and_sides
    if channels != 3 or height != width:
        raise ModelError(
            f"{where}: pictures of {channels} x {height} x {width} are wanted; only square ones in "
            "colour, such as 3 x 224 x 224, can be used."
        )
    size = side(height, "input_size", where)
    share = _share(found["crop_pct"], where)
    mode = found.get("crop_mode") or "center"
    if mode not in tuple(_CROP_WORDS):
        raise ModelError(f"{where}: crop_mode is one of {', '.join(_CROP_WORDS)}, not '{mode}'.")
    mean, std = _colours(found, where)
    interpolation = interpolation_of(found, where)
    steps = transforms_imagenet_eval(
        size, share, mode, interpolation=interpolation, mean=mean, std=std
    ).transforms[:-2]  # the last two are MaybeToTensor and Normalize
    resize = _CROP_WORDS[mode].format(int(size / share), interpolation)
    return Preprocessing(size, in_turn(steps), mean, std, describe(resize, size, mean, std))


def torchvision_preprocessing(found: object, where: str) -> Preprocessing:
    """Return the preprocessing of a torchvision classifier: resize, centre crop, normalise.

    Args:
        found: size, resize (the shorter side before the crop), interpolation, mean, std.
        where: the file it is from, for messages.

    Raises:
        ModelError: a value that is missing or impossible.
    """
    values = found if isinstance(found, dict) else {}
    require(values, ("size", "resize", "interpolation", "mean", "std"), where)
    size = side(values["size"], "size", where)
    before = side(values["resize"], "resize", where)
    mean, std = _colours(values, where)
    name = interpolation_of(values, where)
    resize = transforms.Resize(before, transforms.InterpolationMode(name))
    geometry = in_turn([resize, transforms.CenterCrop(size)])
    words = describe(_CROP_WORDS["center"].format(before, name), size, mean, std)
    return Preprocessing(size, geometry, mean, std, words)


def require(found: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """Refuse a preprocessing in which something is missing (ModelError): no guess is made."""
    missing = [key for key in keys if found.get(key) is None]
    if missing:
        raise ModelError(
            f"{where} does not say how pictures are prepared for this model: {', '.join(missing)} "
            "missing. A wrong guess would give wrong answers, so the model is not used. Add what "
            "the model was trained with."
        )


def interpolation_of(found: Mapping[str, Any], where: str) -> str:
    """Return the name of the way pictures are resized (ModelError for an unknown one)."""
    name = found["interpolation"]
    if name not in _INTERPOLATIONS:
        raise ModelError(
            f"{where}: interpolation is one of {', '.join(_INTERPOLATIONS)}, not '{name}'."
        )
    return str(name)


def side(value: object, name: str, where: str) -> int:
    """Return the side of a picture in pixels (ModelError for an impossible one)."""
    if isinstance(value, int) and not isinstance(value, bool) and 8 <= value <= _SIDE_MAX:
        return value
    raise ModelError(f"{where}: {name} must be a whole number from 8 to {_SIDE_MAX}.")


def _share(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.1 <= value <= 2:
        return float(value)
    raise ModelError(f"{where}: crop_pct must be a number from 0.1 to 2.")


def _colours(
    found: Mapping[str, Any], where: str
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    mean = three_numbers(found["mean"], "mean", where)
    return mean, three_numbers(found["std"], "std", where, positive=True)
