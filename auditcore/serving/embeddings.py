"""OpenAI-style embeddings: POST /v1/embeddings in three request forms, GET /v1/models.

The forms (as documented by their makers, November 2026): Infinity's ("input" with "modality"),
vLLM's ("messages" with image_url parts) and Jina's ("input" with {"image"} and {"text"} parts).
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.serving.numbers import exact
from auditcore.serving.offer import Offer, read_json
from auditcore.serving.pictures import from_text
from auditcore.serving.refusing import Refused

Item = bytes | str  # a picture's file or a text


def models(offer: Offer) -> dict[str, Any]:
    """Return the list of models: one, with its input size and what it gives."""
    model = {
        "id": offer.name,
        "object": "model",
        "created": 0,
        "owned_by": "telltale",
        "input_size": offer.model.input_size,
        "gives": sorted(offer.model.capabilities),
        "preprocessing": offer.model.identity.details.get("preprocessing", ""),
    }
    return {"object": "list", "data": [model]}


def answer(offer: Offer, body: bytes) -> dict[str, Any]:
    """Return one embedding for each picture or text of the request, in its order."""
    request = read_json(body)
    offer.check_name(request.get("model"))
    items = _items(request)
    write = _writer(request)
    offer.accept(len(items))
    rows = _rows(offer, items)
    if request.get("normalized") is True:
        rows = [_unit(row) for row in rows]
    data = [
        {"object": "embedding", "index": index, "embedding": write(row)}
        for index, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0, "items": len(items)}
    return {"object": "list", "data": data, "model": offer.name, "usage": usage}


def _rows(offer: Offer, items: list[Item]) -> list[NDArray[np.float32]]:
    files = [item for item in items if isinstance(item, bytes)]
    texts = [item for item in items if isinstance(item, str)]
    pictured = iter(offer.features_of(files) if files else ())
    written = iter(offer.text_features(texts) if texts else ())
    return [next(pictured if isinstance(item, bytes) else written) for item in items]


def _items(request: dict[str, Any]) -> list[Item]:
    if "messages" in request:
        return [_message(request["messages"])]
    parts = request.get("input")
    parts = parts if isinstance(parts, list) else [parts]
    modality = request.get("modality", "text")
    if modality not in ("text", "image"):
        raise Refused(400, f"The modality must be text or image, not {modality!r}.")
    return [_part(part, modality == "image") for part in parts]


def _part(part: object, pictured: bool) -> Item:
    """Return one element of "input": a string (Infinity's form), or an object (Jina's)."""
    if isinstance(part, str):
        return from_text(part) if pictured else part
    if isinstance(part, dict) and len(part) == 1:
        (kind, value), *_ = part.items()
        if kind in ("image", "text") and isinstance(value, str):
            return from_text(value) if kind == "image" else value
    raise Refused(400, '"input" must hold texts, pictures, {"image": ...} or {"text": ...}.')


def _message(messages: object) -> Item:
    """Return the one picture or text of vLLM's form."""
    match messages:
        case [{"content": str(text)}] | [{"content": [{"type": "text", "text": str(text)}]}]:
            return text
        case [{"content": [{"type": "image_url", "image_url": {"url": str(url)}}]}]:
            return from_text(url)
    raise Refused(400, '"messages" must hold one message with one picture (image_url) or one text.')


def _writer(request: dict[str, Any]) -> Any:
    """Return how the request wants its vectors written: numbers, or base64 of float32."""
    form = request.get("encoding_format", request.get("embedding_type", "float"))
    writers = {"float": exact, "base64": _base64}
    if form not in ("float", "base64"):
        raise Refused(400, f"Embeddings are written as float or base64, not as {form!r}.")
    return writers[form]


def _base64(row: NDArray[np.float32]) -> str:
    exact(row)  # refuses what is not a number
    return base64.b64encode(row.astype("<f4").tobytes()).decode()


def _unit(row: NDArray[np.float32]) -> NDArray[np.float32]:
    wide = row.astype(np.float64)
    unit: NDArray[np.float32] = (wide / (np.linalg.norm(wide) or 1.0)).astype(np.float32)
    return unit
