"""The views of a picture that EncoderMI compares: MoCo's transformations, drawn from a stream.

Source: He et al., "Momentum contrast" (arXiv 1911.05722) and its code for CIFAR; the parameters are
those of EncoderMI (arXiv 2108.11023). The arithmetic on pictures is torchvision's, its draws are
not: they would come from global state.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps
from torchvision.transforms import functional

from auditcore.passive.encodermi.copies import kept
from auditcore.passive.encodermi.shape import VIEWS
from auditcore.photos import Pixels
from auditcore.randomness import Stream, derive

_AREAS = (0.2, 1.0)
_ASPECTS = (3 / 4, 4 / 3)
_ATTEMPTS = 10
_FLIPPED, _JITTERED, _GREY = 0.5, 0.8, 0.2
_STRENGTH, _HUE = 0.4, 0.1
_REDUCING_GAP = 2.0
_JITTER = {
    "brightness": functional.adjust_brightness,
    "contrast": functional.adjust_contrast,
    "saturation": functional.adjust_saturation,
    "hue": functional.adjust_hue,
}


@dataclass(frozen=True)
class Transformation:
    """One draw of all transformations, in the order in which they are done.

    Attributes:
        box: what is cut out: left, top, right, bottom in whole pixels.
        mirrored: then turned left to right.
        jitter: then these changes of colour, name (a key of _JITTER) and factor; often none.
        grey: then made grey.
    """

    box: tuple[int, int, int, int]
    mirrored: bool
    jitter: tuple[tuple[str, float], ...]
    grey: bool

    def apply(self, picture: Image.Image, size: int) -> Pixels:
        """Return the view, shape (size, size, 3)."""
        view = picture.resize(
            (size, size), Image.Resampling.BILINEAR, box=self.box, reducing_gap=_REDUCING_GAP
        )
        if self.mirrored:
            view = ImageOps.mirror(view)
        for name, factor in self.jitter:
            view = _JITTER[name](view, factor)
        return np.asarray(functional.rgb_to_grayscale(view, 3) if self.grey else view)


def views(picture: Pixels, seed: bytes, size: int) -> list[Pixels]:
    """Return the VIEWS views of a picture, shape (size, size, 3) each.

    They follow from the seed and the picture's own content, so that a picture gets the same views
    whatever stands beside it, today and tomorrow.

    Args:
        picture: sRGB, shape (H, W, 3).
        seed: of the comparison; pictures that are compared share it.
        size: side in pixels of what the encoder looks at.
    """
    small = kept(picture)
    digest = hashlib.sha256(repr(small.shape).encode() + small.tobytes()).hexdigest()
    stream = derive(seed, "encodermi-views", digest)
    image = Image.fromarray(small)
    return [draw(stream, image.width, image.height).apply(image, size) for _ in range(VIEWS)]


def draw(stream: Stream, width: int, height: int) -> Transformation:
    """Draw one transformation for a picture of that size in pixels."""
    return Transformation(
        box=_draw_box(stream, width, height),
        mirrored=stream.unit() < _FLIPPED,
        jitter=_draw_jitter(stream) if stream.unit() < _JITTERED else (),
        grey=stream.unit() < _GREY,
    )


def _draw_box(stream: Stream, width: int, height: int) -> tuple[int, int, int, int]:
    """Draw a crop as torchvision's RandomResizedCrop: area uniform, aspect log-uniform.

    After ten that do not fit: the largest centred one whose aspect is allowed.
    """
    for _ in range(_ATTEMPTS):
        area = width * height * _between(stream, *_AREAS)
        aspect = math.exp(_between(stream, *map(math.log, _ASPECTS)))
        wide, high = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < wide <= width and 0 < high <= height:
            left, top = stream.below(width - wide + 1), stream.below(height - high + 1)
            return left, top, left + wide, top + high
    aspect = min(max(width / height, _ASPECTS[0]), _ASPECTS[1])
    wide, high = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - max(1, wide)) // 2, (height - max(1, high)) // 2
    return left, top, left + max(1, wide), top + max(1, high)


def _draw_jitter(stream: Stream) -> tuple[tuple[str, float], ...]:
    """Draw changes of brightness, contrast, saturation and hue, in a random order."""
    factors = [
        (name, _between(stream, -_HUE, _HUE))
        if name == "hue"
        else (name, _between(stream, 1 - _STRENGTH, 1 + _STRENGTH))
        for name in _JITTER
    ]
    return tuple(stream.shuffled(factors))


def _between(stream: Stream, low: float, high: float) -> float:
    return low + (high - low) * stream.unit()
