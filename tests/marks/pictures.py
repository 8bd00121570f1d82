"""Real photographs for the tests of marks, from scikit-image."""

import io

import numpy as np
from PIL import Image
from skimage import data

COLOUR = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field")
GREY = "camera"


def photograph(name: str, longest: int = 448) -> np.ndarray:
    """Return one of them as an audit copy, (H, W, 3) uint8."""
    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    scale = longest / max(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Shrink a picture by averaging areas, (height, width, 3) float."""
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image).astype(float)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Compress and read again."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
