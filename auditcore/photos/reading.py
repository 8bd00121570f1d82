"""Read an untrusted file as a photo: upright, sRGB, eight bits, nothing hidden.

The order matters: what the file is (its first bytes), how large it says it is, and only then the
decoder. Every way in which a decoder can fail becomes one sentence for the person.
"""

import hashlib
import threading
import warnings
from io import BytesIO
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from auditcore.errors import PhotoError
from auditcore.photos.colour import Colours, separate_colours
from auditcore.photos.kinds import why_not_a_photo
from auditcore.photos.metadata import DENSITY, LOCATION, PREVIEW, PROFILE, find_metadata
from auditcore.photos.names import last_part, safe_name, shown
from auditcore.photos.photo import MAX_PIXELS, Format, Photo, Pixels

MAX_FILE_BYTES = 300_000_000
"""Largest file that is looked into at all: 50 megapixels at their worst stay below it."""

_SMALL_SIDE = 64
_GREY_TOLERANCE = 6
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ENDINGS = {"JPEG": ("jpg", "jpeg", "jpe", "jfif"), "PNG": ("png",), "WEBP": ("webp",)}
_filtering = threading.Lock()


def read_photo(data: bytes, name: str) -> Photo:
    """Read a JPEG, PNG or WebP file, whatever its name says.

    Args:
        data: the whole file.
        name: its name, used for the published file and in sentences; made safe first.

    Raises:
        PhotoError: with one sentence that says what the file is or what is wrong, and what to do.
    """
    image = _opened(data, name)
    file_format = cast(Format, "JPEG" if image.format == "MPO" else image.format)
    image, turn_notes = _turn_upright(_decode(image, name))
    colours = separate_colours(image, _is_sixteen_bit(data))
    del image
    pixels, grey = _without_tint(colours)
    safe = safe_name(name)
    notes = (*_name_notes(safe, name, file_format), *turn_notes, *colours.notes)
    return Photo(
        name=safe,
        format=file_format,
        pixels=pixels,
        alpha=colours.alpha,
        grey=grey,
        original_sha256=hashlib.sha256(data).hexdigest(),
        notes=(*notes, *_size_notes(pixels), *_metadata_notes(data)),
    )


def read_size(data: bytes, name: str) -> tuple[int, int]:
    """Return the (width, height) that a JPEG, PNG or WebP file claims; nothing is decoded.

    Raises:
        PhotoError: it is none, or not one that would be read.
    """
    return _opened(data, name).size


def read_format(data: bytes, name: str) -> str:
    """Return "JPEG", "PNG" or "WEBP", by the content of a file; nothing is decoded.

    Raises:
        PhotoError: as `read_size`.
    """
    return str(_opened(data, name).format)


def read_pixels(data: bytes, name: str) -> Pixels:
    """Read a JPEG, PNG or WebP file as safely as `read_photo`, for a model instead of a mark.

    Only what the file says itself is done (which way is up, its colours): a picture without that
    keeps every value, where a photo to be marked may lose a hardly visible tint.

    Raises:
        PhotoError: as `read_photo`.
    """
    image, _ = _turn_upright(_decode(_opened(data, name), name))
    return separate_colours(image, _is_sixteen_bit(data)).pixels


def _opened(data: bytes, name: str) -> Image.Image:
    """Return the image with its header read and checked, nothing decoded yet."""
    _check_file(data, name)
    image = _open(data, name)
    _check_frames(image, name)
    _check_size(image.size, name)
    return image


def _check_file(data: bytes, name: str) -> None:
    why_not = why_not_a_photo(data)
    if why_not:
        raise PhotoError(f"{shown(name)} {why_not}")
    if len(data) > MAX_FILE_BYTES:
        raise PhotoError(
            f"{shown(name)} is too large a file ({len(data) // 1_000_000:,} MB; at most "
            f"{MAX_FILE_BYTES // 1_000_000} MB). Save it as a JPEG and add that."
        )
    if data.startswith(b"RIFF"):  # Pillow sets a WebP's memory aside as soon as it opens one
        _check_size(_webp_canvas(data), name)


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """Return the width and height that a WebP file claims (RFC 9649, section 2)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    sides = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return next(sides), next(sides)


def _open(data: bytes, name: str) -> Image.Image:
    # Pillow reads the header only. Its bomb warning is an error here; its other warnings are for
    # programmers. Warning filters belong to the whole process, hence the lock.
    try:
        with _filtering, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many_pixels(name) from error
    except Exception as error:  # decoders of untrusted files may raise anything
        raise _damaged(name) from error


def _decode(image: Image.Image, name: str) -> Image.Image:
    try:
        image.load()
    except MemoryError as error:
        raise PhotoError(
            f"{shown(name)} does not fit into the memory that is free. Close other programs, or "
            "add a smaller copy of the photo."
        ) from error
    except Exception as error:  # decoders of untrusted files may raise anything
        raise _damaged(name) from error
    return image


def _damaged(name: str) -> PhotoError:
    return PhotoError(
        f"{shown(name)} is damaged or cut short: it begins like a photo but cannot be read to the "
        "end. Copy it again from where it came from and add it once more."
    )


def _too_many_pixels(name: str, size: str = "") -> PhotoError:
    return PhotoError(
        f"{shown(name)} is too large{size}: at most {MAX_PIXELS // 1_000_000} million pixels "
        "can be protected. Add a smaller copy of the photo."
    )


def _check_frames(image: Image.Image, name: str) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames != 1 and image.format != "MPO":
        raise PhotoError(
            f"{shown(name)} is a moving picture ({frames} frames). "
            "Save the one frame you want to protect as a JPEG or PNG and add that."
        )


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(name, f" ({width:,} × {height:,} pixels)")


def _is_sixteen_bit(data: bytes) -> bool:
    return data.startswith(b"\x89PNG") and data[24:25] == b"\x10"


def _turn_upright(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    try:
        with _filtering, warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            Image.Exif().load(image.info.get("exif", b""))
            orientation = image.getexif().get(0x0112, 1)
    except Exception:  # the block is free text to whoever wrote the file
        return image, (
            "What the camera noted about which way is up could not be read: "
            "check that the photo stands upright.",
        )
    if orientation not in _TURNS:
        return image, ()
    return image.transpose(_TURNS[orientation]), ("Turned upright, as the camera noted.",)


def _without_tint(colours: Colours) -> tuple[Pixels, bool]:
    """Return the pixels, and whether they are black and white (then made exactly so)."""
    pixels = colours.pixels
    if not (colours.grey or _nearly_grey(pixels)):
        return pixels, False
    middle: NDArray[np.uint8] = pixels[:, :, 1:2]
    return np.repeat(middle, 3, axis=2), True


def _nearly_grey(pixels: Pixels) -> bool:
    red, green, blue = (pixels[:, :, channel] for channel in range(3))
    return all(
        int((np.maximum(a, b) - np.minimum(a, b)).max()) <= _GREY_TOLERANCE
        for a, b in ((red, green), (blue, green))
    )


def _name_notes(safe: str, name: str, file_format: Format) -> tuple[str, ...]:
    notes = []
    if safe != last_part(name):
        notes.append(f"Named {shown(safe)}: the name as given was not safe for every system.")
    ending = safe.rpartition(".")[2].lower()
    if ending not in _ENDINGS[file_format]:
        kind = file_format.replace("WEBP", "WebP")
        notes.append(f"By its content this is a {kind} photo, and it stays one under its name.")
    return tuple(notes)


def _size_notes(pixels: Pixels) -> tuple[str, ...]:
    height, width = pixels.shape[:2]
    if min(height, width) >= _SMALL_SIDE:
        return ()
    return (
        f"This photo is very small ({width} × {height} pixels): a mark in it may be too weak to be "
        "found. Use a larger copy if you have one.",
    )


def _metadata_notes(data: bytes) -> tuple[str, ...]:
    notes = []
    kinds = [kind for kind in find_metadata(data) if kind not in (PROFILE, DENSITY)]
    if kinds:
        notes.append(f"Removed from the copy you publish: {', '.join(kinds)}.")
    if LOCATION in kinds:
        notes.append("The original file says where it was taken: do not publish that one.")
    if PREVIEW in kinds:
        notes.append("Only the main picture of the file is kept.")
    return tuple(notes)
