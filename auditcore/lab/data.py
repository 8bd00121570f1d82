"""The corpus: real captioned images of five packages, without near-duplicates."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from auditcore.lab.registries import LabError
from auditcore.lab.sources import (
    CaptionedImage,
    art4apps,
    fluent_emoji,
    gcompris,
    scikit_image,
    tux_paint,
)
from auditcore.photos import Pixels

_LOOK_SIDE = 12
SAME_PICTURE = 0.99
"""Two images of the corpus whose looks agree this much are one picture twice."""

SOURCES = (scikit_image, gcompris, tux_paint, art4apps, fluent_emoji)


def fetch_corpus(work: Path) -> list[CaptionedImage]:
    """Fetch every source and return its images in a fixed order, near-duplicates left out.

    Args:
        work: a folder outside the repository; packages are downloaded and unpacked into it once
            (250 MB down, 600 MB unpacked).

    Returns:
        About 2,900 images; photographs come first.

    Raises:
        LabError: a package could not be fetched.
    """
    work.mkdir(parents=True, exist_ok=True)
    return without_duplicates([item for source in SOURCES for item in source(work)])


def without_duplicates(items: Sequence[CaptionedImage]) -> list[CaptionedImage]:
    """Keep the first of all images that look the same (cosine of their looks above .99)."""
    looks = np.stack([look(item.pixels()) for item in items])
    agreements = np.triu(looks @ looks.T, 1).max(axis=0)
    return [i for i, most in zip(items, agreements.tolist(), strict=True) if most <= SAME_PICTURE]


def without_lookalikes(
    items: Sequence[CaptionedImage], photos: Iterable[Pixels], agreement: float = 0.9
) -> list[CaptionedImage]:
    """Leave out every image that may be another copy or crop of one of `photos`.

    Args:
        items: a corpus.
        photos: pictures, shape (H, W, 3) each, that nothing of the corpus may resemble.
        agreement: cosine of the looks above which an image is left out.
    """
    unwanted = np.stack([look(pixels) for pixels in photos])
    return [i for i in items if float((unwanted @ look(i.pixels())).max()) <= agreement]


def look(pixels: Pixels) -> NDArray[np.float32]:
    """Describe a picture by its 12 x 12 thumbnail, centred and of unit length, shape (432,)."""
    small = Image.fromarray(pixels).resize((_LOOK_SIDE, _LOOK_SIDE), Image.Resampling.BOX)
    values = np.asarray(small, dtype=np.float32).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    return np.asarray(values / length if length > 0 else values, dtype=np.float32)


def corpus_digest(pairs: Iterable[tuple[Pixels, str]]) -> str:
    """Return the SHA-256 over all pixels and captions in order, in hex: which data it was."""
    digest = hashlib.sha256()
    for pixels, caption in pairs:
        for part in (str(pixels.shape).encode(), pixels.tobytes(), caption.encode()):
            digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def find(items: Sequence[CaptionedImage], key: str) -> CaptionedImage:
    """Return the image of that key, or say that the packages do not hold it."""
    for item in items:
        if item.key == key:
            return item
    raise LabError(f"The packages of this machine hold no image {key}.")
