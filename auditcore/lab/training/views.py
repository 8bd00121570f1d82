"""How pictures look at each sight, for a whole batch at once: untouched, cropped, or changed."""

import torch
from torch import Tensor

from auditcore.lab.encoders.augmentation import augment, crop


def normalised(
    pictures: Tensor, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> Tensor:
    """Return pictures as a network looks at them.

    Args:
        pictures: uint8 or values 0 .. 1, shape (B, 3, S, S).
        mean: subtracted from each channel on the scale 0 .. 1.
        std: each channel is divided by it after that.
        device: where they are wanted.
    """
    values = pictures.to(device)
    if values.dtype == torch.uint8:
        values = values.float() / 255
    return (values - values.new_tensor(mean).view(1, 3, 1, 1)) / values.new_tensor(std).view(
        1, 3, 1, 1
    )


def seen(
    pictures: Tensor, side: int, augmentation: str, least_area: float, mirrored: bool
) -> Tensor:
    """Return one view of each picture, values 0 .. 1, shape (B, 3, side, side).

    Args:
        pictures: uint8, shape (B, 3, S, S).
        side: of the views; S itself where nothing is changed.
        augmentation: "none": untouched; "usual": a random crop; "strong": MoCo's transformations.
        least_area: the smallest share of a picture that a usual crop keeps.
        mirrored: whether a usual crop is mirrored every other time.
    """
    values = pictures.float() / 255
    if augmentation == "none":
        return values
    if augmentation == "usual":
        return crop(values, side, least_area, mirrored)
    return augment(values, side)
