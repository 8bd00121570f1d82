"""The Open Inference Protocol v2, JSON only: metadata and POST /v2/models/NAME/infer.

Pictures come as UINT8 in NHWC ("images"; all of one size) or as files in base64 ("png", BYTES;
JPEG and WebP too), texts as BYTES ("texts"). One of the two picture inputs, or the texts, or both.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore import __version__
from auditcore.models import Capability
from auditcore.photos import Pixels
from auditcore.serving.numbers import exact
from auditcore.serving.offer import Offer, read_json
from auditcore.serving.pictures import check_pixels, from_text
from auditcore.serving.refusing import Refused

_FEATURES, _TEXT_FEATURES, _PROBABILITIES = "features", "text_features", "probabilities"


def server() -> dict[str, Any]:
    """Return the metadata of the server."""
    return {"name": "telltale", "version": __version__, "extensions": []}


def model(offer: Offer, name: str) -> dict[str, Any]:
    """Return the metadata of the model: inputs, outputs, and in `parameters` what they mean."""
    offer.check_name(name)
    size, outputs = offer.model.input_size, _outputs(offer)
    inputs = [_tensor("images", "UINT8", -1, size, size, 3)]
    inputs.append(_tensor("png", "BYTES", -1) | {"parameters": {"content_type": "base64"}})
    if offer.gives(Capability.TEXT_FEATURES):
        inputs.append(_tensor("texts", "BYTES", -1))
    return {
        "name": offer.name,
        "versions": [],
        "platform": "telltale",
        "inputs": inputs,
        "outputs": outputs,
        "parameters": {
            "size": size,
            "scale": "0-255",
            "layout": "NHWC",
            "gives": {output["name"]: output["name"] for output in outputs},
            "labels": list(offer.model.labels),
            "preprocessing": offer.model.identity.details.get("preprocessing", ""),
            "inputs": "one of images and png, or texts; all of them together are not needed",
        },
    }


def infer(offer: Offer, name: str, body: bytes) -> dict[str, Any]:
    """Return the outputs that were asked for, all that the inputs allow when none was named."""
    offer.check_name(name)
    request = read_json(body)
    given = _inputs(request)
    wanted = _wanted(offer, request, given)
    offer.accept(sum(_count(tensor) for tensor in given.values()))
    answers = _answers(offer, given)
    outputs = [_output(name, answers[name]()) for name in wanted]
    named = {"id": request["id"]} if isinstance(request.get("id"), str) else {}
    return {"model_name": offer.name, **named, "outputs": outputs}


def _outputs(offer: Offer) -> list[dict[str, Any]]:
    outputs = []
    if offer.gives(Capability.IMAGE_FEATURES):
        outputs.append(_tensor(_FEATURES, "FP32", -1, offer.length))
    if offer.gives(Capability.TEXT_FEATURES):
        outputs.append(_tensor(_TEXT_FEATURES, "FP32", -1, offer.length))
    if offer.gives(Capability.PROBABILITIES):
        outputs.append(_tensor(_PROBABILITIES, "FP64", -1, len(offer.model.labels)))
    return outputs


def _tensor(name: str, datatype: str, *shape: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape)}


def _inputs(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the request's inputs by name, their form checked, their data not."""
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        raise Refused(400, '"inputs" must be a list of tensors.')
    named = {str(one.get("name")): one for one in inputs}
    types = {"images": "UINT8", "png": "BYTES", "texts": "BYTES"}
    for name, tensor in named.items():
        if name not in types:
            raise Refused(400, f"There is no input {name!r}: only images, png and texts.")
        if tensor.get("datatype") != types[name]:
            raise Refused(400, f"The input {name} has the datatype {types[name]}.")
        _check_shape(name, tensor)
    if len(named) != len(inputs) or not named or {"images", "png"} <= named.keys():
        raise Refused(400, "Send one input of pictures (images or png), or texts, or one of both.")
    return named


def _check_shape(name: str, tensor: dict[str, Any]) -> None:
    shape, sides = tensor.get("shape"), 4 if name == "images" else 1
    whole = isinstance(shape, list) and all(type(side) is int and side >= 1 for side in shape)
    if not whole or len(tensor["shape"]) != sides or (sides == 4 and tensor["shape"][3] != 3):
        form = "[B, H, W, 3]" if sides == 4 else "[B]"
        raise Refused(400, f"The input {name} has the shape {form}, not {shape!r:.60}.")
    if not isinstance(tensor.get("data"), list):
        raise Refused(400, f'The "data" of the input {name} must be a list.')


def _count(tensor: dict[str, Any]) -> int:
    return int(tensor["shape"][0])


def _wanted(offer: Offer, request: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """Return the names of the outputs to give."""
    pictured = bool({"images", "png"} & given.keys())
    possible = [
        output["name"]
        for output in _outputs(offer)
        if ("texts" in given if output["name"] == _TEXT_FEATURES else pictured)
    ]
    named = request.get("outputs") or [{"name": name} for name in possible]
    if not isinstance(named, list) or not all(isinstance(one, dict) for one in named):
        raise Refused(400, '"outputs" must be a list of {"name": ...}.')
    wanted = [str(one.get("name")) for one in named]
    if not possible or not set(wanted) <= set(possible):
        known = ", ".join(possible) or "nothing"
        raise Refused(400, f"From these inputs the model {offer.name} gives: {known}.")
    return wanted


def _answers(
    offer: Offer, given: dict[str, dict[str, Any]]
) -> dict[str, Callable[[], NDArray[Any]]]:
    """Return how each output is found; the pictures are decoded once."""
    pictures = _pictures(offer, given)
    texts = _strings("texts", given["texts"]) if "texts" in given else []
    return {
        _FEATURES: lambda: offer.model.image_features(pictures),
        _PROBABILITIES: lambda: offer.model.probabilities(pictures),
        _TEXT_FEATURES: lambda: offer.text_features(texts),
    }


def _pictures(offer: Offer, given: dict[str, dict[str, Any]]) -> list[Pixels]:
    if "png" in given:
        return offer.pixels([from_text(text) for text in _strings("png", given["png"])])
    return _raw(offer, given["images"]) if "images" in given else []


def _raw(offer: Offer, tensor: dict[str, Any]) -> list[Pixels]:
    """Return pictures that are sent as numbers."""
    shape = tuple(tensor["shape"])
    check_pixels(shape[0] * shape[1] * shape[2], offer.limits.pixels)
    try:
        # As objects: numpy would widen every entry to the longest text among them.
        values = np.array(tensor["data"], dtype=object).reshape(shape)
        if set(map(type, values.flat)) != {int} or values.min() < 0 or values.max() > 255:
            raise ValueError("not bytes")
        return list(values.astype(np.uint8))
    except (ValueError, OverflowError, TypeError) as error:
        raise Refused(
            400, f"The input images must hold whole numbers from 0 to 255 that fill {list(shape)}."
        ) from error


def _strings(name: str, tensor: dict[str, Any]) -> list[str]:
    data = tensor["data"]
    if len(data) != _count(tensor) or not all(isinstance(one, str) for one in data):
        raise Refused(400, f"The input {name} must hold {_count(tensor)} texts, as its shape says.")
    return list(data)


def _output(name: str, values: NDArray[Any]) -> dict[str, Any]:
    datatype = "FP32" if values.dtype == np.float32 else "FP64"
    return {
        "name": name,
        "datatype": datatype,
        "shape": list(values.shape),
        "data": exact(values),
    }
