"""Which models can be audited, and how to open one.

    from auditcore.models import open_model
    model = open_model("demo:with")

A further kind of local model is one module here with `open_spec(place, spec, running)` and
`entries()`, and one line in KINDS. A further protocol of hosted models is one module and one line
in `hosted`.
"""

import os
from importlib import import_module
from typing import Protocol, cast

from auditcore.errors import ModelError
from auditcore.models.access import Access, Budget
from auditcore.models.base import Capability, Model, ModelEntry, ModelIdentity
from auditcore.models.running import Running
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
    "Running",
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
    "onnx": "auditcore.models.onnx",
    "openclip": "auditcore.models.openclip",
    "timm": "auditcore.models.timm",
}

# What stands before the colon of a hosted model's spec -> the module of that protocol.
HOSTED = {
    "openai": "auditcore.models.hosted.openai",
    "hf": "auditcore.models.hosted.hf",
    "oip": "auditcore.models.hosted.oip",
}


class _Kind(Protocol):
    def open_spec(self, place: str, spec: str, running: Running) -> Model: ...

    def entries(self) -> list[ModelEntry]: ...


def open_model(spec: str, access: Access | None = None, running: Running | None = None) -> Model:
    """Open the model that a spec names.

    Args:
        spec: KIND or KIND:PLACE, such as "demo:with", "openclip:ViT-B-32/laion2b_s34b_b79k",
            "timm:my-folder", "onnx:FILE", "efficientnet-lite0" or "openai:https://HOST#MODEL".
        access: keys, addresses and budget for a hosted model; what the environment allows if None.
            Opening one sends it a test picture (see `hosted.connect`).
        running: processor and precision of a local model; chosen by measuring if None.

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
        raise ModelError(
            f"There is no model '{spec}'.{_nearest(spec)} A model is named by its "
            f"kind first ({', '.join((*KINDS, *HOSTED))}), such as demo:with or "
            "openclip:ViT-B-32/laion2b_s34b_b79k."
        )
    return _kind(kind).open_spec(place, spec, running or Running())


def list_models() -> list[ModelEntry]:
    """Return every model that can be audited by name: those on this machine first."""
    found = [entry for name in KINDS for entry in _kind(name).entries()]
    return sorted(found, key=lambda entry: not entry.on_this_machine)


def _nearest(spec: str) -> str:
    """Return the did-you-mean for a spec whose kind is unknown."""
    place = spec.partition(":")[2]
    if place:
        return did_you_mean(spec, [f"{kind}:{place}" for kind in (*KINDS, *HOSTED)], count=1)
    return did_you_mean(spec, ["demo:with", "demo:without", *KINDS])


def _kind(name: str) -> _Kind:
    return cast(_Kind, import_module(KINDS[name]))
