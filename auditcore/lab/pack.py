"""The rest of the training set."""

from dataclasses import dataclass

from auditcore.photos import Pixels


@dataclass(frozen=True)
class Example:
    """One picture to train on.

    Attributes:
        pixels: shape (H, W, 3), uint8.
        caption: what it shows, in English.
        label: one of CLASSES, or "" where it belongs to none.
    """

    pixels: Pixels
    caption: str
    label: str
