"""How much of a processor's matrix rate a model's pictures use."""

import time

import torch

_SECONDS = 0.5


def matrix_rate(device: torch.device, dtype: torch.dtype, side: int) -> float:
    """Return the operations a second of a large product of matrices: the best of five turns.

    Args:
        device: the processor.
        dtype: of both factors.
        side: rows and columns of both factors.
    """
    left = torch.randn(side, side, device=device).to(dtype)
    right = torch.randn(side, side, device=device).to(dtype)
    left @ right
    return max(_rate(left, right) for _ in range(5))


def _rate(left: torch.Tensor, right: torch.Tensor) -> float:
    _settle(left.device)
    start, turns = time.perf_counter(), 0
    while not turns or time.perf_counter() - start < _SECONDS / 5:
        for _ in range(4):
            left @ right
        turns += 4
        _settle(left.device)
    return product_operations(len(left)) * turns / (time.perf_counter() - start)


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def product_operations(side: int) -> int:
    """Return the operations of the product of two square matrices: a multiplication and an addition
    for each of side**3 pairs."""
    return 2 * side**3


def fraction(images_per_second: float, operations: int, rate: float) -> float:
    """Return which share of `rate` the pictures use, at `operations` each."""
    return images_per_second * operations / rate
