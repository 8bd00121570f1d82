"""Offers a model of this machine to others, in the protocols of hosted models.

    from auditcore.serving import Limits, application
    app = application(open_model("demo:with"), "demo-with", key="...")

`application` is an ASGI application that speaks OpenAI-style embeddings, Hugging Face Inference and
the Open Inference Protocol v2; `serve` runs it until it is stopped.
"""

from auditcore.serving.application import application
from auditcore.serving.limits import Limits
from auditcore.serving.running import check_place, is_loopback, listening, new_key, serve

__all__ = [
    "Limits",
    "application",
    "check_place",
    "is_loopback",
    "listening",
    "new_key",
    "serve",
]
