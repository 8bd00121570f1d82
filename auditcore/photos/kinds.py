"""What a file is, by its content, and what to do with one that is not a photo we can read."""

import re
from typing import NamedTuple

_JPEG_HINT = "Save or export it as a JPEG and add that"


class _Kind(NamedTuple):
    pattern: re.Pattern[bytes]
    sentence: str


def _kind(pattern: bytes, sentence: str) -> _Kind:
    return _Kind(re.compile(pattern, re.DOTALL | re.IGNORECASE), sentence)


_RAW = (
    "is a camera's raw file, not a finished photo. "
    "Export it as a JPEG from your photo program and add that."
)
_VIDEO = (
    "is a video. Only photos can be protected here: save a single frame as a JPEG and add that."
)
_SOUND = "is a sound recording, not a photo. Add a JPEG, PNG or WebP photo."
_ARCHIVE = "is an archive, not a photo. Unpack it and add the photos that are inside."
_TEXT = "holds text, not a photo. Add a JPEG, PNG or WebP photo."

_KINDS = (
    _kind(
        rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)",
        "is a HEIC photo, which cannot be read here. Export it as a JPEG and add that. (An iPhone "
        "takes JPEGs after Settings, Camera, Formats, Most Compatible.)",
    ),
    _kind(rb"....ftypavi[fs]", f"is an AVIF picture, which cannot be read here. {_JPEG_HINT}."),
    _kind(rb"....ftypcrx", _RAW),
    _kind(rb"....(ftyp|moov|mdat)", _VIDEO),
    _kind(rb"RIFF....AVI ", _VIDEO),
    _kind(rb"\x1aE\xdf\xa3|\x00\x00\x01[\xb3\xba]|FLV\x01", _VIDEO),
    _kind(
        rb"GIF8",
        "is a GIF, which has too few colours for a photo. "
        "Add the photo it was made from, as a JPEG, PNG or WebP.",
    ),
    _kind(rb"II\*\x00\x10\x00\x00\x00CR|FUJIFILM|IIR[OS]|IIU\x00|MM\x00\x2a.{4}.{0,40}NIKON", _RAW),
    _kind(
        rb"II[*+]\x00|MM\x00[*+]",
        f"is a TIFF picture or a camera's raw file, which cannot be read here. {_JPEG_HINT}.",
    ),
    _kind(rb"BM", f"is a BMP picture, which cannot be read here. {_JPEG_HINT}."),
    _kind(rb"8BPS", f"is a Photoshop file, which cannot be read here. {_JPEG_HINT}."),
    _kind(
        rb"\xff\x0a|\x00\x00\x00\x0cJXL ",
        f"is a JPEG XL picture, which cannot be read here yet. {_JPEG_HINT}.",
    ),
    _kind(
        rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51",
        f"is a JPEG 2000 picture, which cannot be read here. {_JPEG_HINT}.",
    ),
    _kind(rb"\x00\x00[\x01\x02]\x00", f"is an icon, not a photo. {_JPEG_HINT}."),
    _kind(
        rb"%PDF",
        "is a PDF document, not a photo. Export the picture inside it as a JPEG and add that.",
    ),
    _kind(
        rb"PK\x03\x04.{26}READ-ME\.txt",
        "is a kit, the key to photos that are already protected. Keep it, do not publish it, and "
        "add the photos themselves.",
    ),
    _kind(rb"PK\x03\x04|PK\x05\x06|7z\xbc\xaf|Rar!|\x1f\x8b", _ARCHIVE),
    _kind(rb"RIFF....WAVE|ID3|OggS|fLaC|\xff[\xfb\xf3\xf2\xf1\xf9]", _SOUND),
    _kind(rb"MZ|\x7fELF", "is a program, not a photo. Add a JPEG, PNG or WebP photo."),
    _kind(
        rb"\s*(<\?xml.{0,500}|<!--.{0,500})?\s*(<!doctype svg.{0,300})?<svg",
        f"is an SVG drawing, not a photo. {_JPEG_HINT}.",
    ),
    _kind(
        rb"\s*<(!doctype html|html|head|body)",
        "is a web page, not a photo. On the page, save the picture itself (right click, "
        "“Save image as”) and add that.",
    ),
)

_PHOTO = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
_PRINTABLE = re.compile(rb"[\t\r\n\x20-\x7e\x80-\xff]+\Z")


def looks_like_photo(data: bytes) -> bool:
    """Say whether the file begins as a JPEG, PNG or WebP."""
    return _PHOTO.match(data) is not None


def why_not_a_photo(data: bytes) -> str | None:
    """Say what a file is instead of a JPEG, PNG or WebP, and what to do; None if it may be one.

    The sentence starts with "is" or "holds", to be put after the file's name.
    """
    head = data[:4096]
    if not head:
        return "is empty (0 bytes). Copy it again from where it came from and add it once more."
    if looks_like_photo(head):
        return None
    for kind in _KINDS:
        if kind.pattern.match(head):
            return kind.sentence
    if not head.strip(b"\x00"):
        return "holds nothing but zeros: the copy failed. Copy it again from where it came from."
    if _PRINTABLE.match(head):
        return _TEXT
    return "is not a photo that can be read here. Add a JPEG, PNG or WebP photo."
