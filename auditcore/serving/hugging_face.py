"""Hugging Face Inference: POST /models/NAME, classification and zero-shot classification.

As `huggingface_hub.InferenceClient` 2.4 sends it: the picture's bytes alone, or JSON with the
picture in base64 and parameters. Five labels are given when `top_k` does not ask for more, as the
pipelines of transformers do.
"""

from typing import Any

from auditcore.serving.numbers import exact
from auditcore.serving.offer import Offer, read_json
from auditcore.serving.pictures import from_text
from auditcore.serving.refusing import Refused

_TOP = 5


def answer(offer: Offer, name: str, content_type: str, body: bytes) -> list[dict[str, Any]]:
    """Return labels with their scores, the most probable first."""
    offer.check_name(name)
    if not content_type.startswith("application/json"):
        return _classified(offer, body, {})
    request = read_json(body)
    inputs, parameters = request.get("inputs"), request.get("parameters") or {}
    if isinstance(inputs, dict):  # the older form {"inputs": {"image": ...}}
        inputs = inputs.get("image")
    if not isinstance(inputs, str) or not isinstance(parameters, dict):
        raise Refused(400, '"inputs" must be a picture in base64, "parameters" an object.')
    file = from_text(inputs)
    if "candidate_labels" in parameters:
        return _chosen(offer, file, parameters)
    return _classified(offer, file, parameters)


def _classified(offer: Offer, file: bytes, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    top = parameters.get("top_k", _TOP)
    if not isinstance(top, int) or isinstance(top, bool) or top < 1:
        raise Refused(400, f'"top_k" must be a whole number from 1 on, not {top!r}.')
    if parameters.get("function_to_apply", "softmax") != "softmax":
        raise Refused(400, "Only softmax can be applied to this model's scores.")
    offer.accept(1)
    scores = exact(offer.probabilities([file])[0])
    return _ranked(offer.model.labels, scores)[:top]


def _chosen(offer: Offer, file: bytes, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    labels = parameters["candidate_labels"]
    template = parameters.get("hypothesis_template") or "{}"
    plain = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    if not plain or not labels:
        raise Refused(400, '"candidate_labels" must be a list of texts.')
    if not isinstance(template, str) or template.count("{}") != 1:
        raise Refused(400, '"hypothesis_template" must be a text with one {}.')
    offer.accept(1 + len(labels))
    texts = [template.replace("{}", label) for label in labels]
    return _ranked(labels, exact(offer.choice(file, texts)))


def _ranked(labels: Any, scores: list[float]) -> list[dict[str, Any]]:
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    return [{"label": labels[index], "score": scores[index]} for index in order]
