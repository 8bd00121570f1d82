"""Where and how a local model runs: what a person may choose."""

from dataclasses import dataclass

from auditcore.errors import ModelError

DEVICE_TITLES = {"cuda": "graphics card (CUDA)", "mps": "graphics processor (Apple)", "cpu": "CPU"}
PRECISION_TITLES = {
    "float32": "32 bits, exact",
    "bfloat16": "16 bits (bfloat16), often faster",
    "float16": "16 bits (float16), often faster on graphics cards",
}


@dataclass(frozen=True)
class Running:
    """Where and how a local model runs. It never is part of a model's fingerprint.

    Attributes:
        device: "cuda", "mps" or "cpu"; None for the fastest there is.
        precision: "float32", "bfloat16" or "float16"; None to choose by measuring once, see
            `auditcore.models.precision`.
    """

    device: str | None = None
    precision: str | None = None

    def __post_init__(self) -> None:
        for word, value, known in (
            ("processor", self.device, DEVICE_TITLES),
            ("precision", self.precision, PRECISION_TITLES),
        ):
            if value is not None and value not in known:
                raise ModelError(f"There is no {word} '{value}'. Choose {', '.join(known)}.")
