"""From whatever colours a file uses to eight-bit sRGB, and a sentence for each change."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from auditcore.photos.photo import Pixels

_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")


@dataclass(frozen=True)
class Colours:
    """The picture as (H, W, 3) sRGB, its transparency, and what was done to get there."""

    pixels: Pixels
    alpha: NDArray[np.uint8] | None
    grey: bool
    notes: tuple[str, ...]


def separate_colours(image: Image.Image, sixteen_bit: bool) -> Colours:
    """Convert a decoded image of any mode to sRGB.

    Args:
        image: decoded, upright.
        sixteen_bit: the file stores sixteen bits a channel (Pillow has already cut colour to
            eight; grey is cut here).
    """
    notes = ["Sixteen bits a colour became eight."] if sixteen_bit else []
    grey = image.mode in _GREY_MODES
    profile = image.info.get("icc_profile")
    plain, alpha = _split_alpha(_eight_bit(image))
    if plain.mode == "CMYK":
        notes.append("Print colours (CMYK) became screen colours (RGB).")
    converted = _to_srgb(plain, profile, notes) if profile else _rgb(plain)
    return Colours(np.asarray(converted), _real_alpha(alpha), grey, tuple(notes))


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode not in ("I", "I;16", "I;16B", "I;16L", "F"):
        return image
    values = np.asarray(image).astype(np.int64).clip(0, 65535)
    grey = Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
    if "transparency" not in image.info:
        return grey
    clear = values == image.info["transparency"]
    return Image.merge("LA", (grey, Image.fromarray(np.where(clear, 0, 255).astype(np.uint8))))


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the image without transparency, in mode L, RGB or CMYK, and the transparency."""
    if image.mode in ("RGB", "L", "CMYK") and "transparency" not in image.info:
        return image, None
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        full = image.convert("RGBA")
        return full.convert("RGB"), full.getchannel("A")
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _real_alpha(alpha: Image.Image | None) -> NDArray[np.uint8] | None:
    if alpha is None or alpha.getextrema() == (255, 255):
        return None
    return np.array(alpha)


def _to_srgb(image: Image.Image, profile: bytes, notes: list[str]) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        title = ImageCms.getProfileDescription(source).strip()
        if source.profile.xcolor_space.strip() == "GRAY" and image.mode == "RGB":
            image = image.convert("L")
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), _INTENT, "RGB", flags=_FLAGS
        )
    except Exception:  # lcms and Pillow raise OSError, PyCMSError, TypeError... on bad profiles
        notes.append("The colour profile in the file does not fit it; standard colours are used.")
        return _rgb(image)
    if converted is None:
        raise AssertionError("profileToProfile returns an image unless told to work in place")
    if not title.lower().startswith("srgb"):
        notes.append("Colours converted to the web's standard (sRGB).")
    return converted
