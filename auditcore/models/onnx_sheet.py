"""What an ONNX file does not say of itself: how pictures are prepared, and what its outputs are.

A JSON object, in a file of the same name beside it (nsfw.onnx, nsfw.json) or in the ONNX file's own
metadata under "telltale"; the file beside it goes first. For a photo classifier of torchvision:

    {"preprocessing": {"size": 224, "resize": 256, "resize_mode": "shortest",
                       "interpolation": "bilinear", "layout": "NCHW", "colours": "RGB",
                       "range": 1, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
     "outputs": {"logits": "output", "features": "pooled"},
     "labels": ["cat", "dog"]}

- size: side of the square picture the model looks at; resize: the side before the centre crop, of
  the shorter side (resize_mode "shortest") or of both ("squash").
- interpolation: bicubic, bilinear, lanczos or nearest.
- layout: NCHW or NHWC. colours: the order of the channels, RGB or BGR.
- range: pixels run from 0 to this, 1 or 255, before mean is subtracted and std divided by. Both
  have one number a channel, in the order of `colours`.
- outputs: the name of the output that holds each of features, logits, probabilities; at least one.
- labels: the names of the classes; without them they are called "0", "1", ...
- input: the name of the input, where there are several.

Nothing of this is guessed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torchvision import transforms

from auditcore.errors import ModelError
from auditcore.models.checkpoints import read_json
from auditcore.models.image_source import interpolation_of, require, side
from auditcore.models.prepared import Images, Prepared
from auditcore.models.preprocessing import fitted, in_turn, three_numbers

METADATA_KEY = "telltale"
OUTPUTS = ("features", "logits", "probabilities")
EXAMPLE = (
    '{"preprocessing": {"size": 224, "resize": 256, "resize_mode": "shortest", "interpolation": '
    '"bilinear", "layout": "NCHW", "colours": "RGB", "range": 1, "mean": [0.485, 0.456, 0.406], '
    '"std": [0.229, 0.224, 0.225]}, "outputs": {"logits": "NAME OF THE OUTPUT"}, "labels": '
    '["cat", "dog"]}'
)
_KEYS = {"preprocessing", "outputs", "labels", "input"}
_CHOICES: dict[str, tuple[object, ...]] = {
    "resize_mode": ("shortest", "squash"),
    "layout": ("NCHW", "NHWC"),
    "colours": ("RGB", "BGR"),
    "range": (1, 255),
}
_STEPS = ("size", "resize", "interpolation", "mean", "std", *_CHOICES)


@dataclass(frozen=True)
class Sheet:
    """What is known of one ONNX file.

    Attributes:
        size: side of the square picture in pixels.
        geometry: from any picture to that square.
        layout, colours, range, mean, std: see the module.
        outputs: what each named output holds: OUTPUTS -> name.
        labels: names of the classes, None if they have none.
        input: the name of the input, None for the only one.
        words: the preprocessing for a person.
        settings: all of it but the labels, as JSON values; part of the fingerprint.
    """

    size: int
    geometry: Callable[[Image.Image], Image.Image]
    layout: str
    colours: str
    range: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    outputs: Mapping[str, str]
    labels: tuple[str, ...] | None
    input: str | None
    words: str
    settings: Mapping[str, Any]

    def prepared(self, images: Images, kind: type[np.generic]) -> NDArray[Any]:
        """Return pictures as the model wants them, shape (B, 3, S, S) or (B, S, S, 3), of a type.

        Levels between two whole numbers are rounded where the model takes whole ones.
        """
        if isinstance(images, Prepared):
            pixels = images.levels.permute(0, 2, 3, 1).numpy()
        else:
            pixels = fitted(images, self.size, self.geometry)
        if self.colours == "BGR":
            pixels = pixels[..., ::-1]
        mean, std = (np.array(numbers, np.float32) for numbers in (self.mean, self.std))
        values: NDArray[Any] = pixels.astype(np.float32) / np.float32(255 // self.range)
        values = (values - mean) / std
        ordered = values if self.layout == "NHWC" else values.transpose(0, 3, 1, 2)
        if np.issubdtype(kind, np.integer):
            ordered = ordered.round()
        return np.ascontiguousarray(ordered.astype(np.float32), dtype=kind)


def read_sheet(path: Path, metadata: Mapping[str, str]) -> Sheet:
    """Return what is known of an ONNX file.

    Args:
        path: the ONNX file.
        metadata: its own metadata_props.

    Raises:
        ModelError: nothing is known (with an example), or something is missing or impossible.
    """
    beside = path.with_suffix(".json")
    if beside.is_file():
        return _sheet(read_json(beside), beside.name)
    if METADATA_KEY in metadata:
        where = f"{path.name}, metadata {METADATA_KEY}"
        try:
            told = json.loads(metadata[METADATA_KEY])
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{where}: not valid JSON: {error}.") from error
        return _sheet(told, where)
    raise ModelError(
        f"{path.name} does not say how pictures are prepared for it and what its outputs are. A "
        f"wrong guess would give wrong answers, so it is not used. Write {beside.name} beside it, "
        f"for example: {EXAMPLE}"
    )


def _sheet(told: object, where: str) -> Sheet:
    values = told if isinstance(told, dict) else {}
    unknown = sorted(set(values) - _KEYS)
    if unknown:
        raise ModelError(f"{where}: {', '.join(unknown)} is not known. For example: {EXAMPLE}")
    steps = values.get("preprocessing")
    steps = steps if isinstance(steps, dict) else {}
    require(steps, _STEPS, where)
    for key, known in _CHOICES.items():
        if steps[key] not in known or isinstance(steps[key], bool):
            raise ModelError(f"{where}: {key} is {' or '.join(map(str, known))}, not {steps[key]}.")
    size, before = (side(steps[key], key, where) for key in ("size", "resize"))
    outputs = _outputs(values.get("outputs"), where)
    return Sheet(
        size=size,
        geometry=_geometry(size, before, str(steps["resize_mode"]), interpolation_of(steps, where)),
        layout=steps["layout"],
        colours=steps["colours"],
        range=steps["range"],
        mean=three_numbers(steps["mean"], "mean", where),
        std=three_numbers(steps["std"], "std", where, positive=True),
        outputs=outputs,
        labels=_labels(values.get("labels"), where),
        input=_input(values.get("input"), where),
        words=_words(steps),
        settings={"preprocessing": {key: steps[key] for key in _STEPS}, "outputs": dict(outputs)},
    )


def _geometry(
    size: int, before: int, mode: str, interpolation: str
) -> Callable[[Image.Image], Image.Image]:
    target = before if mode == "shortest" else (before, before)
    resize = transforms.Resize(target, transforms.InterpolationMode(interpolation))
    return in_turn([resize, transforms.CenterCrop(size)])


def _outputs(found: object, where: str) -> dict[str, str]:
    named = found if isinstance(found, dict) and set(found) <= set(OUTPUTS) else {}
    if named and all(isinstance(name, str) for name in named.values()):
        return named
    raise ModelError(
        f"{where}: outputs must name the outputs that hold features, logits or probabilities, "
        'such as {"logits": "output"}.'
    )


def _labels(found: object, where: str) -> tuple[str, ...] | None:
    if found is None:
        return None
    if isinstance(found, list) and all(isinstance(name, str) for name in found):
        return tuple(found)
    raise ModelError(f"{where}: labels must be a list of texts.")


def _input(found: object, where: str) -> str | None:
    if found is None or isinstance(found, str):
        return found
    raise ModelError(f"{where}: input must be the name of an input.")


def _words(steps: Mapping[str, Any]) -> str:
    resized = {"shortest": "shorter side resized to", "squash": "stretched to a square of"}
    mean, std = (", ".join(f"{value:.4g}" for value in steps[key]) for key in ("mean", "std"))
    return (
        f"{resized[steps['resize_mode']]} {steps['resize']} ({steps['interpolation']}), centre "
        f"cut to {steps['size']} x {steps['size']} px; {steps['colours']}, 0 to {steps['range']}, "
        f"{steps['layout']}; mean {mean}; deviation {std}"
    )
