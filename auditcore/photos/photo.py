"""What a photo is once it has been read safely."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Format = Literal["JPEG", "PNG", "WEBP"]

MAX_PIXELS = 50_000_000
"""Most pixels a photo may have; checked before anything is decoded."""

AUDIT_SIDE = 448
"""Longest side, in pixels, of the copy that versions are made from for an audit."""


@dataclass(frozen=True)
class Photo:
    """One photo, upright, in sRGB, without metadata.

    Attributes:
        name: safe file name, also the name of the published file.
        format: container of the file as given and as published.
        pixels: (H, W, 3) uint8 sRGB, not to be written to.
        alpha: (H, W) uint8 transparency, or None when the photo is opaque.
        grey: the photo is black and white (the three channels are equal) and must get no tint.
        original_sha256: hex SHA-256 of the file as given.
        notes: one sentence for each thing that happened to the photo on the way in.
    """

    name: str
    format: Format
    pixels: Pixels
    alpha: NDArray[np.uint8] | None
    grey: bool
    original_sha256: str
    notes: tuple[str, ...] = ()


def audit_size(width: int, height: int) -> tuple[int, int]:
    """Return the (width, height) of the audit copy of a photo of that width and height."""
    longest = max(width, height)
    if longest <= AUDIT_SIDE:
        return width, height
    half = longest // 2
    return (
        max(1, (width * AUDIT_SIDE + half) // longest),
        max(1, (height * AUDIT_SIDE + half) // longest),
    )


def audit_copy(photo: Photo) -> Pixels:
    """Return the photo with its longest side at most AUDIT_SIDE, shape (h, w, 3).

    Every version that an audit shows to a model, published or hidden, is made from this copy.
    """
    height, width = photo.pixels.shape[:2]
    size = audit_size(width, height)
    if size == (width, height):
        return photo.pixels.copy()
    small = Image.fromarray(photo.pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(small)
