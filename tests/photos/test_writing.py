"""What goes out: same format, same size, the picture and nothing else."""

import dataclasses
from io import BytesIO

import numpy as np
import pytest
from hostile import encoded, exif, picture, swapped_profile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from auditcore.photos import encode_photo, find_metadata, read_photo
from auditcore.photos import writing as writing_room

KINDS = ["JPEG", "PNG", "WEBP"]


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from(KINDS),
    st.booleans(),
    st.booleans(),
    st.integers(0, 9),
)
@settings(max_examples=80, deadline=None)
def test_same_size_same_format_clean_and_grey_stays_grey(
    width: int, height: int, kind: str, grey: bool, clear: bool, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    channels = 1 if grey else 3
    pixels = np.broadcast_to(
        draw.integers(0, 256, (height, width, channels), dtype=np.uint8), (height, width, 3)
    )
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if clear and kind != "JPEG":
        image.putalpha(Image.fromarray(draw.integers(0, 256, (height, width), dtype=np.uint8)))
    photo = read_photo(encoded(image, kind, exif=exif(1, gps=True), lossless=True), "a")
    marked = np.repeat(255 - photo.pixels[..., :1], 3, axis=2) if photo.grey else 255 - photo.pixels
    data = encode_photo(photo, marked)
    assert find_metadata(data) == ()
    with Image.open(BytesIO(data)) as out:
        assert out.format == kind and out.size == (width, height)
        assert ("A" in out.getbands()) == (photo.alpha is not None)
        colours = np.asarray(out.convert("RGB"))
        if photo.alpha is not None:
            assert np.array_equal(np.asarray(out.getchannel("A")), photo.alpha)
    if photo.grey:
        assert np.ptp(colours, axis=2).max() == 0
    if kind == "PNG":
        assert np.array_equal(colours, marked)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_looks_like_what_was_marked(kind: str) -> None:
    photo = read_photo(encoded(picture(400, 266), kind, quality=95), "a")
    out = read_photo(encode_photo(photo, photo.pixels), "a").pixels
    error = (out.astype(float) - photo.pixels) ** 2
    assert 10 * np.log10(255**2 / max(error.mean(), 1e-9)) > 38


def test_metadata_of_every_kind_is_gone() -> None:
    data = encoded(
        picture(), exif=exif(6, gps=True), icc_profile=swapped_profile(), comment=b"by me",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Berlin</x:xmpmeta>",
    )  # fmt: skip
    photo = read_photo(data, "a")
    out = encode_photo(photo, photo.pixels)
    assert find_metadata(out) == ()
    for secret in (b"Maker", b"by me", b"Berlin", b"Exif", b"ICC_PROFILE", b"JFIF\0\1\1\1\0\x60"):
        assert secret not in out


def test_output_that_is_not_clean_is_never_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = read_photo(encoded(picture()), "a")
    monkeypatch.setitem(writing_room._OPTIONS, "JPEG", {"comment": b"left over"})
    with pytest.raises(AssertionError, match="text notes"):
        encode_photo(photo, photo.pixels)


def test_wrong_sizes_and_tints_are_defects_of_the_caller() -> None:
    photo = read_photo(encoded(picture()), "a")
    with pytest.raises(ValueError, match="not a version"):
        encode_photo(photo, photo.pixels[:-1])
    with pytest.raises(ValueError, match="not a version"):
        encode_photo(photo, photo.pixels.astype(np.float32))
    with pytest.raises(ValueError, match="tint"):
        encode_photo(dataclasses.replace(photo, grey=True), photo.pixels)


def test_twenty_four_megapixels_keep_their_size() -> None:
    photo = read_photo(encoded(picture().resize((6000, 4000))), "big.jpg")
    with Image.open(BytesIO(encode_photo(photo, photo.pixels))) as out:
        assert (out.size, out.format, photo.name) == ((6000, 4000), "JPEG", "big.jpg")
