"""Write the photo that is published: same format, same size, nothing but the picture."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from auditcore.photos.metadata import find_metadata
from auditcore.photos.photo import Photo, Pixels

# JPEG 95 with full colour resolution keeps a mark's amplitude and correlation above .98 (marks.md).
_LOSSY_QUALITY = 95
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": _LOSSY_QUALITY, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": _LOSSY_QUALITY, "method": 4, "exact": True},
}
# Lossy WebP cannot hold R = G = B exactly, and a black-and-white photo gets no tint.
_GREY_WEBP = {"lossless": True, "method": 0, "quality": 0, "exact": True}


def encode_photo(photo: Photo, pixels: Pixels) -> bytes:
    """Return the file that is published: `pixels` in the photo's format, without any metadata.

    Args:
        photo: gives format, transparency and whether it is black and white.
        pixels: (H, W, 3) uint8 of the photo's own size.

    Raises:
        ValueError: another size than the photo's, or a tint on a black-and-white photo: both are
            defects of the caller.
    """
    if pixels.shape != photo.pixels.shape or pixels.dtype != np.uint8:
        raise ValueError(f"{pixels.dtype} {pixels.shape} is not a version of {photo.pixels.shape}")
    if photo.grey and not (pixels == pixels[:, :, :1]).all():
        raise ValueError("a black-and-white photo was given a tint")
    options = _GREY_WEBP if photo.grey and photo.format == "WEBP" else _OPTIONS[photo.format]
    buffer = BytesIO()
    _image(photo, pixels).save(buffer, format=photo.format, **options)
    data = buffer.getvalue()
    if left := find_metadata(data):
        raise AssertionError(f"the published file holds more than its picture: {left}")
    return data


def _image(photo: Photo, pixels: Pixels) -> Image.Image:
    colour = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0]) if photo.grey else pixels)
    if photo.alpha is None:
        return colour
    return Image.merge(
        "LA" if photo.grey else "RGBA", (*colour.split(), Image.fromarray(photo.alpha))
    )
