"""Figures of visibility, and the knob."""

import numpy as np
import pytest

from auditcore.errors import MarkError
from auditcore.marks import LEVELS, VISIBILITY_DEFAULT, VISIBILITY_MAX, VISIBILITY_MIN, measure


def test_a_picture_does_not_differ_from_itself() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 40, 3), dtype=np.uint8)
    seen = measure(pixels, pixels)
    assert seen.psnr == float("inf")
    assert seen.ssim == pytest.approx(1)
    assert (seen.ciede2000_mean, seen.ciede2000_p95) == (0, 0)


def test_ten_grey_levels_give_the_known_figures() -> None:
    before = np.full((16, 16, 3), 120, np.uint8)
    seen = measure(before, before + np.uint8(10))
    assert seen.psnr == pytest.approx(20 * np.log10(255 / 10))
    # L* of sRGB grey 120 and 130 is 50.43 and 54.37; S_L at their mean is 1.009
    assert seen.ciede2000_mean == pytest.approx(3.9, abs=0.1)


def test_too_small_for_ssim_says_so_with_nan() -> None:
    tiny = np.zeros((3, 3, 3), np.uint8)
    assert np.isnan(measure(tiny, tiny).ssim)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(MarkError, match="same size"):
        measure(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8))


def test_the_knob_climbs_within_its_limits_and_has_the_default() -> None:
    steps = [level.visibility for level in LEVELS]
    assert steps == sorted(set(steps))
    assert steps[0] >= VISIBILITY_MIN and steps[-1] <= VISIBILITY_MAX
    assert VISIBILITY_DEFAULT in steps
