"""The copy of a picture that views are cut from."""

import numpy as np
from PIL import Image

from auditcore.photos import Pixels

KEPT_SIDE = 640
"""Longest side, in pixels, of a copy."""


def kept(picture: Pixels) -> Pixels:
    """Return a picture at most KEPT_SIDE pixels long; a smaller one comes back as it is.

    Views never need more, and thousands of pictures must fit into memory. A copy of a copy is the
    same copy, so whoever keeps copies gets the same views of them.
    """
    height, width = picture.shape[:2]
    scale = KEPT_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(
        Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    )
