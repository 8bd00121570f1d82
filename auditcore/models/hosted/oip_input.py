"""Pictures as tensors of the Open Inference Protocol."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ModelError
from auditcore.models.hosted import reading
from auditcore.models.hosted.base import Picture
from auditcore.models.hosted.spec import SIZES
from auditcore.photos import shown

Triple = tuple[float, float, float]

# How a pixel of 0..255 becomes a number: (pixel / 255 - mean) / deviation, channel by channel.
SCALES: dict[str, tuple[Triple, Triple]] = {
    "0-1": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "0-255": ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
    "-1-1": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}
_FLOATS = ("FP32", "FP64")
_BATCHES = {"UINT8": 8, "FP32": 4, "FP64": 4, "BYTES": 16}  # JSON of a few megabytes each


@dataclass(frozen=True)
class ImageInput:
    """The input that takes pictures.

    Attributes:
        name: the input's name.
        datatype: UINT8, FP32, FP64, or BYTES for PNG files in base64.
        channels_first: whether colours come before rows and columns.
        batched: whether its first dimension counts pictures.
        batch: pictures a request.
        size: side of the pictures in pixels, None if nothing tells it.
        scale: one of SCALES; "" where pixels are sent as they are.
    """

    name: str
    datatype: str
    channels_first: bool
    batched: bool
    batch: int
    size: int | None
    scale: str

    @property
    def words(self) -> str:
        """How pictures are sent, for a person."""
        if self.datatype == "BYTES":
            return "PNG"
        order = "colours first" if self.channels_first else "colours last"
        return f"{self.datatype} {order}" + (f" on the scale {self.scale}" if self.scale else "")

    def tensor(self, pictures: Sequence[Picture]) -> dict[str, Any]:
        """Return pictures of one size as the protocol's input."""
        tensor: dict[str, Any] = {"name": self.name, "datatype": self.datatype}
        if self.datatype == "BYTES":
            data = [base64.b64encode(picture.png).decode() for picture in pictures]
            return {
                **tensor,
                "shape": [len(data)],
                "parameters": {"content_type": "base64"},
                "data": data,
            }
        pixels = np.stack([picture.pixels for picture in pictures])  # (B, S, S, 3)
        values: NDArray[Any] = _table(self.scale)[pixels, np.arange(3)] if self.scale else pixels
        if self.channels_first:
            values = values.transpose(0, 3, 1, 2)
        shape = values.shape if self.batched else values.shape[1:]
        return {**tensor, "shape": list(shape), "data": values.ravel().tolist()}


def image_input(
    inputs: Any, parameters: Mapping[str, Any], settings: Mapping[str, str]
) -> ImageInput:
    """Read from a model's metadata how it takes pictures.

    Args:
        inputs: the metadata's inputs.
        parameters: the metadata's parameters, which may tell scale and size.
        settings: what the person says; it goes first.

    Raises:
        ModelError: it takes no pictures, or nothing tells how; with what to say.
    """
    one = _picture_input(reading.items(inputs), settings.get("input"))
    name, datatype = str(reading.entry(one, "name")), str(reading.entry(one, "datatype"))
    if datatype not in _BATCHES:
        raise ModelError(
            f"The model's input {shown(name)} is of type {shown(datatype)}. Pictures can be sent "
            f"as {', '.join(_BATCHES)} only."
        )
    dims = [int(x) for x in reading.numbers(reading.entry(one, "shape")).ravel()]
    first, size = (False, None) if datatype == "BYTES" else _layout(name, dims)
    batched = datatype == "BYTES" or len(dims) == 4
    most = dims[0] if batched and dims[0] > 0 else _BATCHES[datatype]
    told = parameters.get("size")
    return ImageInput(
        name=name,
        datatype=datatype,
        channels_first=first,
        batched=batched,
        batch=min(most, _BATCHES[datatype]) if batched else 1,
        size=size or (told if isinstance(told, int) and told in SIZES else None),
        scale=_scale(parameters, settings) if datatype in _FLOATS else "",
    )


def text_input(inputs: Any) -> str | None:
    """Return the name of the one input that takes texts, None if there is not exactly one."""
    texts = [one for one in reading.items(inputs) if _holds_strings(one) and not _is_base64(one)]
    return str(reading.entry(texts[0], "name")) if len(texts) == 1 else None


def text_tensor(name: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return texts as the protocol's input."""
    return {"name": name, "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}


def _picture_input(inputs: list[Any], chosen: str | None) -> Any:
    """Return the input for pictures: the one that was chosen, that has rows and columns, or that
    is alone.
    """
    names = [str(reading.entry(one, "name")) for one in inputs]
    if chosen in names:
        return inputs[names.index(chosen)]
    tensors = [one for one in inputs if not _holds_strings(one)]
    for candidates in (tensors, inputs):
        if len(candidates) == 1 and chosen is None:
            return candidates[0]
    if not names:
        raise ModelError(
            "The provider does not describe the model's inputs. Ask the person who runs it to add "
            "them, with names, shapes and datatypes, to the model's metadata."
        )
    raise ModelError(
        f"The model's inputs are {reading.listed(names)}. Add ;input= with the name of the one "
        "that takes pictures."
    )


def _holds_strings(one: Any) -> bool:
    return bool(reading.entry(one, "datatype") == "BYTES")


def _is_base64(one: Any) -> bool:
    parameters = one.get("parameters")
    return isinstance(parameters, dict) and parameters.get("content_type") == "base64"


def _layout(name: str, dims: list[int]) -> tuple[bool, int | None]:
    """Return whether colours come first, and the side of the square, from an input's shape."""
    inner = dims[-3:]
    for first, colours, sides in ((True, inner[:1], inner[1:]), (False, inner[2:], inner[:2])):
        known = {side for side in sides if side > 0}
        if len(dims) in (3, 4) and colours == [3] and len(known) < 2:
            side = known.pop() if known else None
            if side is None or side in SIZES:
                return first, side
    raise ModelError(
        f"The model's input {shown(name)} has the shape {dims[:6]}. Only square colour pictures "
        "can be sent: [pictures, 3, side, side] or [pictures, side, side, 3]."
    )


def _scale(parameters: Mapping[str, Any], settings: Mapping[str, str]) -> str:
    scale = settings.get("scale", parameters.get("scale"))
    if not isinstance(scale, str) or scale not in SCALES:
        raise ModelError(
            "The model takes numbers, and nothing tells how pixels become those. Add ;scale= with "
            f"one of {', '.join(SCALES)}, as its documentation says."
        )
    return scale


def _table(scale: str) -> NDArray[np.float64]:
    """Return the number for each pixel value and channel, shape (256, 3).

    Each is the shortest decimal that float32 reads back to the same value: short to send, exact.
    """
    mean, deviation = (np.array(part) for part in SCALES[scale])
    exact = ((np.arange(256)[:, None] / 255 - mean) / deviation).astype(np.float32)
    return np.array([[float(str(value)) for value in row] for row in exact])
