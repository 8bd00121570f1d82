"""Where and how a local model runs: what a person may choose."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditcore.errors import ModelError

DEVICE_TITLES = {"cuda": "graphics card (CUDA)", "mps": "graphics processor (Apple)", "cpu": "CPU"}
PRECISION_TITLES = {
    "float32": "32 bits, exact",
    "bfloat16": "16 bits (bfloat16), often faster",
    "float16": "16 bits (float16), often faster on graphics cards",
}
RUNTIME_TITLES = {
    "torch": "PyTorch",
    "torch-channels-last": "PyTorch, colours side by side in memory",
    "openvino": "OpenVINO, often faster on a CPU",
    "onnxruntime": "ONNX Runtime",
}
CALLS_MOST = 4096  # pictures a call


@dataclass(frozen=True)
class Running:
    """Where and how a local model runs. It never is part of a model's fingerprint.

    What is None is chosen by measuring once, see `auditcore.models.choosing`.

    Attributes:
        device: "cuda", "mps" or "cpu"; None for the fastest there is.
        precision: "float32", "bfloat16" or "float16".
        runtime: the program that computes, a key of RUNTIME_TITLES.
        calls: pictures that go through the network in one call.
    """

    device: str | None = None
    precision: str | None = None
    runtime: str | None = None
    calls: int | None = None

    def __post_init__(self) -> None:
        for word, value, known in (
            ("processor", self.device, DEVICE_TITLES),
            ("precision", self.precision, PRECISION_TITLES),
            ("runtime", self.runtime, RUNTIME_TITLES),
        ):
            if value is not None and value not in known:
                raise ModelError(f"There is no {word} '{value}'. Choose {', '.join(known)}.")
        if self.calls is not None and not 1 <= self.calls <= CALLS_MOST:
            raise ModelError(f"A call takes 1 to {CALLS_MOST} pictures, not {self.calls}.")


def as_told(details: Mapping[str, str]) -> Running:
    """Return how a model ran that told these details of its identity, to run it so again.

    The processor stays open: another machine may call it otherwise.
    """
    precision, runtime = details.get("precision"), details.get("engine")
    calls = details.get("call size", "")
    return Running(
        precision=precision if precision in PRECISION_TITLES else None,
        runtime=runtime if runtime in RUNTIME_TITLES else None,
        calls=int(calls) if calls.isdigit() else None,
    )
