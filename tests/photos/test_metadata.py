"""What is hidden in a file is found by its structure, whoever wrote it."""

import pytest
from hostile import chunk, encoded, exif, picture, swapped_profile
from PIL import Image

from auditcore.photos import find_metadata

GPS_XMP = b"<x:xmpmeta exif:GPSLatitude='52,31N'/>"


def segment(marker: int, body: bytes) -> bytes:
    """Return one JPEG segment."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def with_segment(marker: int, body: bytes) -> bytes:
    jpeg = encoded(picture())
    return jpeg[:2] + segment(marker, body) + jpeg[2:]


def with_chunk(kind: bytes, body: bytes, image: Image.Image | None = None) -> bytes:
    png = encoded(image or picture(), "PNG")
    return png[:33] + chunk(kind, body) + png[33:]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_plain_file_is_clean(kind: str) -> None:
    for image in (picture(), picture().convert("L"), picture(1, 1)):
        assert find_metadata(encoded(image, kind)) == ()
    assert find_metadata(encoded(picture(), "JPEG", progressive=True)) == ()
    assert find_metadata(encoded(picture().quantize(9), "PNG", transparency=1)) == ()
    assert find_metadata(encoded(picture().convert("CMYK"))) == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_camera_details_location_and_profile_in_every_format(kind: str) -> None:
    data = encoded(picture(), kind, exif=exif(1, gps=True), icc_profile=swapped_profile())
    assert set(find_metadata(data)) == {"location", "camera details", "colour profile"}
    assert find_metadata(data)[0] == "location"
    assert find_metadata(encoded(picture(), kind, exif=exif())) == ("camera details",)


BOTH = ("location", "editing history")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"), ("editing history",)),
        (
            with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + GPS_XMP),
            ("location", "editing history"),
        ),
        (with_segment(0xED, b"Photoshop 3.0\0"), ("press captions",)),
        (with_segment(0xFE, b"made by me"), ("text notes",)),
        (with_segment(0xE2, b"MPF\0"), ("small preview picture",)),
        (with_segment(0xE0, b"JFXX\0\x10"), ("other hidden data",)),
        (with_segment(0xE5, b"whatever"), ("other hidden data",)),
        (with_segment(0xEB, b"JP"), ("other hidden data",)),
        (encoded(picture()) + b"tail", ("data after the end of the picture",)),
        (with_chunk(b"tEXt", b"Author\0me"), ("text notes",)),
        (with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + GPS_XMP), BOTH),
        (with_chunk(b"tIME", bytes(7)), ("other hidden data",)),
        (with_chunk(b"pHYs", bytes(9)), ("print size",)),
        (with_chunk(b"puPP", b"private"), ("other hidden data",)),
        (encoded(picture(), "PNG") + b"tail", ("data after the end of the picture",)),
        (encoded(picture(), "WEBP", xmp=GPS_XMP), ("location", "editing history")),
        (encoded(picture(), "WEBP") + b"tail", ("data after the end of the picture",)),
    ],
)  # fmt: skip
def test_each_hiding_place(data: bytes, found: tuple[str, ...]) -> None:
    assert find_metadata(data) == found


def test_a_thumbnail_in_the_first_segment() -> None:
    jpeg = encoded(picture())
    assert jpeg[2:4] == b"\xff\xe0"
    with_thumbnail = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + b"rgb")
    assert find_metadata(jpeg[:2] + with_thumbnail + jpeg[20:]) == ("small preview picture",)


def test_a_file_cut_short_is_reported_as_far_as_it_goes() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        data = encoded(picture(), kind, exif=exif())
        for end in range(12, len(data), 37):
            assert set(find_metadata(data[:end])) <= {"camera details", "small preview picture"}
