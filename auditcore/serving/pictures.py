"""From a request to pixels. Nothing is fetched; sizes are checked before anything is decoded."""

import base64
import binascii
import re
from collections.abc import Sequence

from auditcore.errors import PhotoError
from auditcore.photos import Pixels, read_pixels, read_size
from auditcore.serving.refusing import Refused

_DATA_URL = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)


def from_text(text: str) -> bytes:
    """Return the file in a data: URL or in plain base64.

    Raises:
        Refused: 400, for an address (it is not fetched) and for what is not base64.
    """
    if _ADDRESS.match(text):
        raise Refused(
            400,
            "Addresses of pictures are never fetched: send the picture itself, in base64 or as a "
            "data: URL.",
        )
    found = _DATA_URL.match(text)
    try:
        return base64.b64decode(text[found.end() :] if found else text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "A picture in this request is not base64.") from error


def decode(files: Sequence[bytes], most_pixels: int) -> list[Pixels]:
    """Return the pixels of JPEG, PNG or WebP files, in order.

    Raises:
        Refused: 413 when they have too many pixels together; 400 for what is not a picture.
    """
    names = [f"picture {number}" for number in range(1, len(files) + 1)]
    try:
        sizes = [read_size(file, name) for file, name in zip(files, names, strict=True)]
        check_pixels(sum(width * height for width, height in sizes), most_pixels)
        return [read_pixels(file, name) for file, name in zip(files, names, strict=True)]
    except PhotoError as error:
        raise Refused(400, str(error)) from error


def check_pixels(pixels: int, most: int) -> None:
    """Raise Refused (413) when a request's pictures have too many pixels together."""
    if pixels > most:
        raise Refused(
            413,
            f"The pictures of this request have {pixels:,} pixels together; at most {most:,} are "
            "taken. Send fewer or smaller ones.",
        )
