"""How visible a mark is: the knob's steps in words, and figures for those who want them."""

from dataclasses import dataclass

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from auditcore.errors import MarkError
from auditcore.photos import Pixels

_SSIM_WINDOW = 7


@dataclass(frozen=True)
class Level:
    """One named step of the knob: its mean CIEDE2000 and what a person will see."""

    name: str
    visibility: float
    explanation: str


LEVELS = (
    Level(
        "hardly",
        1.5,
        "You would not notice it, even side by side. The weakest evidence: protect many photos.",
    ),
    Level(
        "a little",
        3.0,
        "By itself an ordinary photo; side by side its light and colour are slightly different.",
    ),
    Level(
        "clearly",
        5.0,
        "A soft cast of light and colour that you see beside the original. The strongest evidence.",
    ),
)
VISIBILITY_DEFAULT = 3.0


@dataclass(frozen=True)
class Visibility:
    """How far a marked picture is from its original.

    Attributes:
        psnr: peak signal-to-noise ratio in dB; infinite when the two are equal.
        ssim: structural similarity, 1 when equal (7 x 7 windows; NaN below 7 pixels a side).
        ciede2000_mean: mean colour difference; about 1 is the least that a person can see.
        ciede2000_p95: the colour difference that 95 % of the pixels stay under.
    """

    psnr: float
    ssim: float
    ciede2000_mean: float
    ciede2000_p95: float


def measure(before: Pixels, after: Pixels) -> Visibility:
    """Compare two pictures of the same size, (H, W, 3) uint8 sRGB.

    Raises:
        MarkError: when the sizes differ.
    """
    if before.shape != after.shape:
        raise MarkError("Only two pictures of the same size can be compared.")
    difference = deltaE_ciede2000(rgb2lab(before), rgb2lab(after))
    return Visibility(
        psnr=_psnr(before, after),
        ssim=_ssim(before, after),
        ciede2000_mean=float(difference.mean()),
        ciede2000_p95=float(np.percentile(difference, 95)),
    )


def _psnr(before: Pixels, after: Pixels) -> float:
    if np.array_equal(before, after):
        return float("inf")
    return float(peak_signal_noise_ratio(before, after))


def _ssim(before: Pixels, after: Pixels) -> float:
    if min(before.shape[:2]) < _SSIM_WINDOW:
        return float("nan")
    return float(structural_similarity(before, after, channel_axis=2, win_size=_SSIM_WINDOW))
