"""The processor a local model runs on, and how to make it answer the same way every time."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from auditcore.errors import ModelError
from auditcore.models.running import DEVICE_TITLES

PRECISIONS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}

# What is worth trying instead of float32, the closer one first. CPUs have no fast float16: it ran
# 4 to 11 times slower than float32 where this was measured.
FASTER = {"cuda": ("float16", "bfloat16"), "mps": ("float16",), "cpu": ("bfloat16",)}


def available_devices() -> tuple[str, ...]:
    """Return the processors of this machine that torch can use, the fastest first."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return tuple(name for name, usable in there.items() if usable)


def choose_device(wanted: str | None = None) -> torch.device:
    """Return the processor that is wanted, or the fastest of this machine.

    Raises:
        ModelError: this machine has no such processor, or torch cannot use it.
    """
    usable = available_devices()
    if wanted is not None and wanted not in usable:
        raise ModelError(
            f"This computer has no {DEVICE_TITLES[wanted]} that can be used. "
            f"Choose {' or '.join(usable)}."
        )
    return torch.device(wanted or usable[0])


@contextmanager
def steady() -> Iterator[None]:
    """Within this block torch keeps no gradients, uses full float32 and picks fixed kernels."""
    exact = torch.backends.cudnn.flags(benchmark=False, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        yield
