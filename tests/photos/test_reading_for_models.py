"""A picture that is read for a model keeps every value, and is read as safely as a photo."""

import numpy as np
import pytest
from hostile import encoded, exif, png_claiming
from PIL import Image

from auditcore.errors import PhotoError
from auditcore.photos import read_photo, read_pixels, read_size


def faint() -> Image.Image:
    """A picture that a photo to be marked would lose its tint from."""
    pixels = np.full((20, 30, 3), 100, np.uint8)
    pixels[:, :, 0] = 104
    return Image.fromarray(pixels)


def test_a_faint_tint_is_kept() -> None:
    data = encoded(faint(), "PNG")
    assert read_photo(data, "a.png").grey
    assert np.array_equal(read_pixels(data, "a.png"), np.asarray(faint()))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_size_is_what_the_file_says(kind: str) -> None:
    assert read_size(encoded(faint(), kind), "a") == (30, 20)


def test_the_size_is_known_although_the_picture_is_damaged() -> None:
    data = bytearray(encoded(faint(), "PNG"))
    data[60:] = bytes(len(data) - 60)
    assert read_size(bytes(data), "a") == (30, 20)
    with pytest.raises(PhotoError, match="damaged"):
        read_pixels(bytes(data), "a")


def test_upright_as_the_file_says() -> None:
    data = encoded(faint(), "JPEG", exif=exif(orientation=6))
    assert read_pixels(data, "a").shape == (30, 20, 3)


@pytest.mark.parametrize("reader", [read_size, read_pixels])
def test_what_is_too_large_or_no_picture_is_refused(reader: object) -> None:
    assert callable(reader)
    with pytest.raises(PhotoError, match="too large"):
        reader(png_claiming(60_000, 60_000), "a.png")
    with pytest.raises(PhotoError, match="holds text"):
        reader(b"a text", "a.png")
