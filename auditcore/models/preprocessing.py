"""From pictures to the tensor a model looks at, equal to the model's own transform to the last bit.

Only the geometry differs between models and runs picture by picture (Pillow, in a few threads);
the arithmetic after it is done once for the whole batch.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from auditcore.errors import ModelError
from auditcore.models.prepared import Images, Prepared
from auditcore.photos import Pixels

_THREADS = ThreadPoolExecutor(
    max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="preprocessing"
)


@dataclass(frozen=True)
class Preprocessing:
    """One model's preprocessing.

    Attributes:
        size: side of the square the geometry gives, in pixels.
        geometry: resize and crop, from any RGB picture to (size, size).
        mean: subtracted from each channel, on the scale 0..1.
        std: each channel is divided by it after that.
        words: what happens to a picture, for a person.
    """

    size: int
    geometry: Callable[[Image.Image], Image.Image]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    words: str

    def batch(self, images: Images, device: torch.device | None = None) -> torch.Tensor:
        """Return the pictures as the model's input, shape (B, 3, size, size), float32.

        Args:
            images: pictures of any size, or prepared ones.
            device: where the input is to be; None for the CPU. Prepared pictures are there already.
        """
        levels = images.levels if isinstance(images, Prepared) else self._levels(images, device)
        levels = levels.contiguous()  # another order in memory gives other last bits
        mean, std = _on(levels.device, self.mean), _on(levels.device, self.std)
        return levels.div(255).sub_(mean).div_(std)

    def _levels(self, images: Sequence[Pixels], device: torch.device | None) -> torch.Tensor:
        """Return the pictures' grey levels at the model's size, shape (B, 3, size, size)."""
        pixels = torch.from_numpy(fitted(images, self.size, self.geometry))
        if device is not None and device.type == "cuda":  # copied while this thread goes on
            pixels = pixels.pin_memory().to(device, non_blocking=True)
        elif device is not None:
            pixels = pixels.to(device)
        return pixels.permute(0, 3, 1, 2).to(torch.float32)


@lru_cache(maxsize=64)
def _on(device: torch.device, numbers: tuple[float, float, float]) -> torch.Tensor:
    """Return one number a colour, kept on a device: bringing it there waits for a graphics card."""
    with torch.inference_mode(mode=False):
        return torch.tensor(numbers, device=device).view(3, 1, 1)


def fitted(
    images: Sequence[Pixels], size: int, geometry: Callable[[Image.Image], Image.Image]
) -> NDArray[np.uint8]:
    """Return pictures at a model's size, shape (B, size, size, 3); those that have it stay."""

    if all(image.shape == (size, size, 3) for image in images):
        return np.stack(list(images))

    def fit(image: Pixels) -> NDArray[np.uint8]:
        if image.shape == (size, size, 3):
            return image
        return np.asarray(geometry(Image.fromarray(image)))

    return np.stack(list(_THREADS.map(fit, images)))


def describe(resize: str, size: int, mean: Sequence[float], std: Sequence[float]) -> str:
    """Return one line on a preprocessing, such as the screen shows before an audit."""
    numbers = [", ".join(f"{value:.4g}" for value in values) for values in (mean, std)]
    return f"{resize} to {size} x {size} px; mean {numbers[0]}; deviation {numbers[1]}"


def in_turn(
    steps: Sequence[Callable[[Image.Image], Image.Image]],
) -> Callable[[Image.Image], Image.Image]:
    """Return several steps of geometry as one."""

    def run(picture: Image.Image) -> Image.Image:
        for step in steps:
            picture = step(picture)
        return picture

    return run


def three_numbers(
    value: object, name: str, where: str, *, positive: bool = False
) -> tuple[float, float, float]:
    """Return one number a colour as a configuration gives them.

    Args:
        value: what stands there.
        name: what it is called there, and `where` the file it is from, for messages.
        positive: each must be above 0.

    Raises:
        ModelError: not three (positive) numbers.
    """
    if isinstance(value, list | tuple) and len(value) == 3:
        numbers = [float(x) for x in value if isinstance(x, int | float) and abs(x) < 1e3]
        if len(numbers) == 3 and (not positive or min(numbers) > 0):
            return numbers[0], numbers[1], numbers[2]
    kind = "three positive numbers" if positive else "three numbers"
    raise ModelError(f"{where}: {name} of the preprocessing must be {kind}.")
