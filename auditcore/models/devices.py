"""The processor a local model runs on, and how to make it answer the same way every time."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

DEVICE_TITLES = {"cuda": "graphics card (CUDA)", "mps": "graphics processor (Apple)", "cpu": "CPU"}


def choose_device() -> torch.device:
    """Return the fastest processor of this machine that torch can use: CUDA, MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def steady() -> Iterator[None]:
    """Within this block torch keeps no gradients, uses full float32 and picks fixed kernels."""
    exact = torch.backends.cudnn.flags(benchmark=False, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        yield
