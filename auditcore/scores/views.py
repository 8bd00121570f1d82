"""Views: the crops of a picture that a score asks a model about.

They are drawn once a photo from the kit's seed and shared by all its versions, so that versions
differ by their marks alone: variance that is common to all does not touch a rank. A crop is a
fraction of the picture, so it is the same crop at any size.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image, ImageOps

from auditcore.photos import Pixels
from auditcore.randomness import Stream

_ASPECTS = (3 / 4, 4 / 3)
_ATTEMPTS = 10
REDUCING_GAP = 2.0
"""How much larger than its size a view may be before it is first reduced by averaging."""


@dataclass(frozen=True)
class Crop:
    """How views are drawn: random-resized crops, as in training.

    Attributes:
        least_area: the smallest share of the picture's area that a view keeps; the largest is 1.
        flip: mirror every other view, in the mean.
    """

    least_area: float
    flip: bool = False

    def to_json(self) -> dict[str, float | bool]:
        """Return the settings, for the plan."""
        return asdict(self)


@dataclass(frozen=True)
class View:
    """One crop, as fractions of the picture's width and height (0 <= left < right <= 1)."""

    left: float
    top: float
    right: float
    bottom: float
    mirrored: bool = False

    def cut(self, pixels: Pixels, size: int) -> Pixels:
        """Return the view of a picture, resized (bicubic) to shape (size, size, 3).

        A view much larger than `size` is first halved or so by averaging (Pillow's reducing_gap),
        twice as fast and less than one grey level from the plain resize.
        """
        height, width = pixels.shape[:2]
        box = (self.left * width, self.top * height, self.right * width, self.bottom * height)
        picture = Image.fromarray(pixels).resize(
            (size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=REDUCING_GAP
        )
        return np.asarray(ImageOps.mirror(picture) if self.mirrored else picture)


def draw_views(stream: Stream, count: int, crop: Crop) -> tuple[View, ...]:
    """Draw `count` views; a stream in the same state gives the same views."""
    return tuple(_draw(stream, crop) for _ in range(count))


def cut_views(pixels: Pixels, views: Sequence[View], size: int) -> list[Pixels]:
    """Return all views of one picture, (size, size, 3) each."""
    return [view.cut(pixels, size) for view in views]


def _draw(stream: Stream, crop: Crop) -> View:
    """Draw one view: area uniform, aspect log-uniform, place uniform (torchvision's way).

    After ten crops that do not fit, the whole picture.
    """
    width, height = 1.0, 1.0
    for _ in range(_ATTEMPTS):
        area = crop.least_area + (1 - crop.least_area) * stream.unit()
        low, high = (math.log(bound) for bound in _ASPECTS)
        aspect = math.exp(low + (high - low) * stream.unit())
        if math.sqrt(area * aspect) <= 1 and math.sqrt(area / aspect) <= 1:
            width, height = math.sqrt(area * aspect), math.sqrt(area / aspect)
            break
    left, top = (1 - width) * stream.unit(), (1 - height) * stream.unit()
    mirrored = crop.flip and stream.below(2) == 1
    return View(left, top, min(1.0, left + width), min(1.0, top + height), mirrored)
