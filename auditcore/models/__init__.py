"""Which models can be audited, and how to open one.

    from auditcore.models import open_model
    model = open_model("demo:with")

A further kind of local model is one module here with `open_spec(place, spec)` and `entries()`, and
one line in KINDS. A further protocol of hosted models is one module and one line in `hosted`.
"""

import os
from importlib import import_module
from typing import Protocol, cast

from auditcore.errors import ModelError
from auditcore.models.access import Access, Budget
from auditcore.models.base import Capability, Model, ModelEntry, ModelIdentity
from auditcore.models.suggest import did_you_mean

__all__ = [
    "HOSTED",
    "KINDS",
    "Access",
    "Budget",
    "Capability",
    "Model",
    "ModelEntry",
    "ModelIdentity",
    "list_models",
    "open_model",
]

# On a busy machine torch's threads wait for each other in a loop that eats the processor: ten times
# the work for one small picture (measured). They sleep instead. Read when torch is first loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# What stands before the colon of a spec -> the module of that kind. Modules load when they are
# first needed, because torch and open_clip take seconds.
KINDS = {
    "demo": "auditcore.models.demo",
    "efficientnet-lite0": "auditcore.models.efficientnet",
    "openclip": "auditcore.models.openclip",
}

# What stands before the colon of a hosted model's spec.
HOSTED = ("openai", "hf", "oip")


class _Kind(Protocol):
    def open_spec(self, place: str, spec: str) -> Model: ...

    def entries(self) -> list[ModelEntry]: ...


def open_model(spec: str, access: Access | None = None) -> Model:
    """Open the model that a spec names.

    Args:
        spec: KIND or KIND:PLACE, such as "demo:with", "openclip:ViT-B-32/laion2b_s34b_b79k",
            "timm:my-folder", "onnx:FILE", "efficientnet-lite0" or "openai:https://HOST#MODEL".
        access: keys, addresses and budget for a hosted model; what the environment allows if None.
            Opening one sends it a test picture (see `hosted.connect`).

    Raises:
        ModelError: an unknown kind or model (with the nearest names), a model that cannot be
            opened safely, one that is damaged, or no network where one is needed.
    """
    spec = spec.strip()
    kind, _, place = spec.partition(":")
    if kind in HOSTED:
        from auditcore.models.hosted import connect

        return connect(spec, access or Access())
    if kind not in KINDS:
        known = ["demo:with", "demo:without", "efficientnet-lite0"]
        known += [f"{name}:{place}" for name in (*KINDS, *HOSTED)]
        raise ModelError(
            f"There is no model '{spec}'.{did_you_mean(spec, known)} A model is named by its "
            f"kind first ({', '.join((*KINDS, *HOSTED))}), such as demo:with or "
            "openclip:ViT-B-32/laion2b_s34b_b79k."
        )
    return _kind(kind).open_spec(place, spec)


def list_models() -> list[ModelEntry]:
    """Return every model that can be audited by name: those on this machine first."""
    found = [entry for name in KINDS for entry in _kind(name).entries()]
    return sorted(found, key=lambda entry: not entry.on_this_machine)


def _kind(name: str) -> _Kind:
    return cast(_Kind, import_module(KINDS[name]))
