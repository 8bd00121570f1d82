"""Everything in a photo file that is not the picture, found by walking the file's own structure.

Nothing is decoded and no library's idea of "known metadata" is relied on: whatever is not needed
to draw the picture is reported, so that what is published can be proved clean.
Formats: ITU-T T.81 annex B (JPEG), W3C PNG 3rd edition, RFC 9649 (WebP).
"""

import re
from collections.abc import Iterator

EXIF, LOCATION, XMP, IPTC = "camera details", "location", "editing history", "press captions"
PROFILE, TEXT, PREVIEW = "colour profile", "text notes", "small preview picture"
OTHER, TRAILING, DENSITY = "other hidden data", "data after the end of the picture", "print size"

_PNG_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"}
_PNG_KINDS = {
    b"eXIf": EXIF, b"tEXt": TEXT, b"zTXt": TEXT, b"iTXt": TEXT, b"iCCP": PROFILE, b"gAMA": PROFILE,
    b"cHRM": PROFILE, b"sRGB": PROFILE, b"cICP": PROFILE, b"pHYs": DENSITY,
}  # fmt: skip
_WEBP_PICTURE = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
_WEBP_KINDS = {b"ICCP": PROFILE}
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_GPS = re.compile(
    rb"\x88\x25\x00\x04\x00\x00\x00\x01|\x25\x88\x04\x00\x01\x00\x00\x00|GPSL(at|ong)itude"
)


def find_metadata(data: bytes) -> tuple[str, ...]:
    """Name what a JPEG, PNG or WebP file holds besides its picture; () when it is clean.

    Args:
        data: the whole file; a file cut short is reported as far as it goes.

    Returns:
        Plain names without repeats, the location first ("location", "camera details", ...).
    """
    walk = _jpeg if data[:2] == b"\xff\xd8" else _png if data[:4] == b"\x89PNG" else _webp
    found = dict.fromkeys(walk(data))
    return tuple(sorted(found, key=lambda kind: (kind != LOCATION, list(found).index(kind))))


def _jpeg(data: bytes) -> Iterator[str]:
    position = 2
    while match := _JPEG_MARKER.search(data, position):
        marker, start = data[match.start() + 1], match.end()
        if marker == 0xD9:
            if data[start:]:
                yield TRAILING
            return
        length = int.from_bytes(data[start : start + 2], "big")
        yield from _jpeg_segment(marker, data[start + 2 : start + length])
        position = start + max(length, 2)


def _jpeg_segment(marker: int, body: bytes) -> Iterator[str]:
    if marker == 0xE0 and body.startswith(b"JFIF\0"):
        if len(body) != 14:
            yield PREVIEW
    elif marker == 0xE1 and body.startswith(b"Exif\0"):
        yield from _details(EXIF, body)
    elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/x"):
        yield from _details(XMP, body)
    elif marker == 0xED:
        yield IPTC
    elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        yield PROFILE
    elif marker == 0xE2 and body.startswith(b"MPF\0"):
        yield PREVIEW
    elif marker == 0xFE:
        yield TEXT
    elif 0xE0 <= marker <= 0xEF and not (marker == 0xEE and body.startswith(b"Adobe")):
        yield OTHER


def _details(kind: str, body: bytes) -> Iterator[str]:
    yield kind
    if _GPS.search(body):
        yield LOCATION


def _png(data: bytes) -> Iterator[str]:
    position = 8
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + length]
        if kind == b"eXIf":
            yield from _details(EXIF, body)
        elif kind == b"iTXt" and body.startswith(b"XML:com.adobe.xmp"):
            yield from _details(XMP, body)
        elif kind not in _PNG_PICTURE:
            yield _PNG_KINDS.get(kind, OTHER)
        position += 12 + length
        if kind == b"IEND":
            if position < len(data):
                yield TRAILING
            return


def _webp(data: bytes) -> Iterator[str]:
    end = 8 + int.from_bytes(data[4:8], "little")
    position = 12
    while position + 8 <= min(end, len(data)):
        kind = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        if kind in (b"EXIF", b"XMP "):
            body = data[position + 8 : position + 8 + length]
            yield from _details(EXIF if kind == b"EXIF" else XMP, body)
        elif kind not in _WEBP_PICTURE:
            yield _WEBP_KINDS.get(kind, OTHER)
        position += 8 + length + length % 2
    if data[end + end % 2 :]:
        yield TRAILING
