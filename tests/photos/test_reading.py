"""What comes in: any size, any colours, upright, and nothing silently."""

import hashlib
import warnings

import numpy as np
import pytest
from hostile import encoded, exif, picture, png_claiming, swapped_profile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from auditcore.errors import PhotoError
from auditcore.photos import AUDIT_SIDE, MAX_PIXELS, audit_copy, audit_size, read_photo
from auditcore.photos import reading as reading_room

SIDE = st.integers(1, 70)


def corners() -> Image.Image:
    """Return a picture whose four corners tell which way is up: red, green / blue, white."""
    image = Image.new("RGB", (40, 30), "red")
    image.paste("lime", (20, 0, 40, 15))
    image.paste("blue", (0, 15, 20, 30))
    image.paste("white", (20, 15, 40, 30))
    return image


@given(SIDE, SIDE, st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_any_size_is_read_as_it_is(width: int, height: int, kind: str, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(pixels), kind)
    photo = read_photo(data, "a.jpg")
    assert photo.pixels.shape == (height, width, 3) and photo.pixels.dtype == np.uint8
    assert photo.format == kind and photo.alpha is None
    assert photo.original_sha256 == hashlib.sha256(data).hexdigest()
    if kind == "PNG" and not photo.grey:
        assert np.array_equal(photo.pixels, pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_ends_upright(orientation: int, kind: str) -> None:
    undo = dict(reading_room._TURNS)
    stored = corners()
    if orientation in undo:
        back = {Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90}
        back |= {turn: code for code, turn in back.items()}
        stored = stored.transpose(back.get(undo[orientation], undo[orientation]))
    photo = read_photo(encoded(stored, kind, exif=exif(orientation)), "a")
    expected = np.asarray(corners()).astype(int)
    assert photo.pixels.shape == (30, 40, 3)
    for y, x in ((4, 4), (4, 35), (25, 4), (25, 35)):
        assert np.abs(photo.pixels[y, x] - expected[y, x]).max() < 30
    assert any("upright" in note for note in photo.notes) == (orientation != 1)


MODES = {
    "JPEG": ["L", "RGB", "CMYK"],
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "WEBP": ["L", "P", "RGB", "RGBA"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind in MODES for mode in MODES[kind]])
def test_every_kind_of_colour_comes_out_the_same_picture(kind: str, mode: str) -> None:
    grey = np.asarray(picture().convert("L"))
    image = picture().convert(mode) if mode != "I;16" else Image.fromarray(grey.astype("u2") * 257)
    photo = read_photo(encoded(image, kind), "a")
    assert photo.grey == (mode in ("L", "LA", "1", "I;16"))
    wanted = np.stack([grey] * 3, axis=2) if photo.grey else np.asarray(picture())
    difference = photo.pixels.astype(int) - wanted
    if mode == "1":
        assert abs(difference.mean()) < 3 and set(np.unique(photo.pixels)) == {0, 255}
    else:
        assert np.abs(difference).mean() < (15 if mode == "P" else 5)


def test_sixteen_bits_are_rounded_not_cut() -> None:
    values = np.array([[0, 128, 129, 257, 65535, 65406]], dtype=np.uint16)
    photo = read_photo(encoded(Image.fromarray(values), "PNG"), "a")
    assert photo.pixels[0, :, 0].tolist() == [0, 0, 1, 1, 255, 254]
    assert "Sixteen bits a colour became eight." in photo.notes


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_kept_apart(kind: str) -> None:
    image = picture().convert("RGBA")
    alpha = np.tile(np.arange(60, dtype=np.uint8) * 4, (44, 1))
    image.putalpha(Image.fromarray(alpha))
    photo = read_photo(encoded(image, kind, lossless=True, exact=True), "a")
    assert photo.alpha is not None and np.array_equal(photo.alpha, alpha)
    assert np.array_equal(photo.pixels, np.asarray(picture()))
    image.putalpha(255)
    assert read_photo(encoded(image, kind), "a").alpha is None


def test_one_transparent_colour_of_a_palette_or_of_grey() -> None:
    few = picture().quantize(8)
    photo = read_photo(encoded(few, "PNG", transparency=3), "a")
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha == 0, np.asarray(few) == 3)
    deep = Image.fromarray(np.array([[500, 40_000]], dtype=np.uint16))
    alpha = read_photo(encoded(deep, "PNG", transparency=500), "a").alpha
    assert alpha is not None and alpha.tolist() == [[0, 255]]


def test_a_colour_profile_is_applied() -> None:
    plain = read_photo(encoded(picture(), "PNG"), "a").pixels
    swapped = read_photo(encoded(picture(), "PNG", icc_profile=swapped_profile()), "a").pixels
    assert np.abs(swapped[..., [1, 0, 2]].astype(int) - plain).mean() < 12
    assert np.abs(swapped.astype(int) - plain).mean() > 12


def test_a_black_and_white_photo_saved_in_colour_is_grey() -> None:
    noisy = np.asarray(picture().convert("L").convert("RGB")).copy()
    noisy[::3, ::3, 0] //= 8
    noisy[::3, ::3, 0] *= 8
    for image in (picture().convert("L").convert("RGB"), Image.new("RGB", (9, 9), (5, 8, 6))):
        photo = read_photo(encoded(image, "PNG"), "a")
        assert photo.grey and np.ptp(photo.pixels, axis=2).max() == 0
    assert not read_photo(encoded(Image.fromarray(noisy), "PNG"), "a").grey
    red_dot = picture().convert("L").convert("RGB")
    red_dot.putpixel((3, 3), (255, 0, 0))
    assert not read_photo(encoded(red_dot, "PNG"), "a").grey


def test_the_ceiling_is_checked_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    for width, height in ((10_000, 5_001), (10_000, 9_500), (60_000, 60_000)):
        with pytest.raises(PhotoError, match="too large"):
            read_photo(png_claiming(width, height), "a.png")
    assert MAX_PIXELS == 50_000_000


def test_a_file_of_half_a_gigabyte_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_room, "MAX_FILE_BYTES", 1000)
    with pytest.raises(PhotoError, match="too large a file"):
        read_photo(encoded(picture()), "a.jpg")


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(self: Image.Image) -> None:
        raise MemoryError

    data = encoded(picture(), "PNG")
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", no_memory)
    with pytest.raises(PhotoError, match="memory that is free"):
        read_photo(data, "a.png")


def test_reading_leaves_the_process_as_it_was() -> None:
    before = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    read_photo(encoded(picture(), exif=exif(6)), "a")
    assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS) == before


@given(st.binary(max_size=60), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF"]))
@settings(deadline=None)
def test_any_bytes_give_a_photo_or_a_sentence(tail: bytes, head: bytes) -> None:
    with pytest.raises(PhotoError, match=r"“a.jpg” (is|holds) "):
        read_photo(head + tail, "a.jpg")


@given(st.integers(0, 3000), st.integers(0, 255), st.sampled_from(["JPEG", "PNG", "WEBP"]))
@settings(deadline=None)
def test_a_changed_byte_gives_a_photo_or_a_sentence(place: int, value: int, kind: str) -> None:
    data = bytearray(encoded(picture(), kind, exif=exif(3, gps=True)))
    data[place % len(data)] = value
    try:
        assert read_photo(bytes(data), "a").pixels.ndim == 3
    except PhotoError as error:
        assert str(error).startswith("“a”")


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_audit_copy_keeps_the_shape(width: int, height: int) -> None:
    small_width, small_height = audit_size(width, height)
    assert max(small_width, small_height) == min(AUDIT_SIDE, max(width, height))
    scale = max(small_width, small_height) / max(width, height)
    assert abs(small_width - width * scale) <= 0.5 or small_width == 1
    assert abs(small_height - height * scale) <= 0.5 or small_height == 1


@pytest.mark.parametrize("size", [(900, 601), (601, 900), (2000, 1), (448, 300), (7, 5)])
def test_the_audit_copy_is_the_same_picture(size: tuple[int, int]) -> None:
    photo = read_photo(encoded(picture(*size), "PNG"), "a")
    copy = audit_copy(photo)
    assert copy.shape[1::-1] == audit_size(*size)
    assert not np.shares_memory(copy, photo.pixels)
    assert np.abs(copy.mean(axis=(0, 1)) - photo.pixels.mean(axis=(0, 1))).max() < 2
