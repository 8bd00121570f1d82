import math

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import functional

from auditcore.passive.encodermi.copies import KEPT_SIDE, kept
from auditcore.passive.encodermi.shape import VIEWS
from auditcore.passive.encodermi.views import Transformation, draw, views
from auditcore.randomness import derive
from tests.passive.encodermi.encoders import pictures


def test_a_picture_has_the_same_ten_views_always() -> None:
    one, other = pictures(2)
    first, again = views(one, b"seed", 16), views(one.copy(), b"seed", 16)
    assert len(first) == VIEWS == 10
    assert all(view.shape == (16, 16, 3) and view.dtype == np.uint8 for view in first)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len({view.tobytes() for view in first}) == VIEWS
    assert not np.array_equal(first[0], views(one, b"another", 16)[0])
    assert not np.array_equal(first[0], views(other, b"seed", 16)[0])


def test_draws_follow_mocos_distribution() -> None:
    stream = derive(b"views", "distribution")
    drawn = [draw(stream, 400, 300) for _ in range(3000)]
    boxes = np.array([one.box for one in drawn], dtype=float)
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    assert boxes.min() >= 0 and boxes[:, 2].max() <= 400 and boxes[:, 3].max() <= 300
    areas = wide * high / (400 * 300)
    assert 0.195 < areas.min() < 0.22 and areas.max() <= 1
    assert np.abs(np.log(wide / high)).max() < math.log(4 / 3) + 0.02
    assert abs(np.mean([one.mirrored for one in drawn]) - 0.5) < 0.04
    assert abs(np.mean([one.grey for one in drawn]) - 0.2) < 0.03
    jittered = [dict(one.jitter) for one in drawn if one.jitter]
    assert abs(len(jittered) / len(drawn) - 0.8) < 0.03
    for name, low, high_end in (
        ("brightness", 0.6, 1.4), ("contrast", 0.6, 1.4), ("saturation", 0.6, 1.4),
        ("hue", -0.1, 0.1),
    ):  # fmt: skip
        factors = np.array([one[name] for one in jittered])
        assert low <= factors.min() and factors.max() <= high_end
        assert abs(factors.mean() - (low + high_end) / 2) < 0.03 * (high_end - low)
    first = [next(iter(one)) for one in jittered]
    assert all(500 < first.count(name) < 700 for name in set(first))  # any of four comes first


def test_a_view_is_what_torchvision_makes_of_the_same_draw() -> None:
    picture = Image.fromarray(pictures(1, size=(40, 40))[0])
    chosen = Transformation((4, 6, 36, 38), True, (("hue", 0.05), ("contrast", 1.2)), False)
    expected = functional.hflip(functional.resized_crop(picture, 6, 4, 32, 32, [32, 32]))
    expected = functional.adjust_contrast(functional.adjust_hue(expected, 0.05), 1.2)
    assert np.array_equal(chosen.apply(picture, 32), np.asarray(expected))
    grey = Transformation((0, 0, 40, 40), False, (), True).apply(picture, 16)
    assert np.array_equal(grey[..., 0], grey[..., 1]) and np.array_equal(grey[..., 0], grey[..., 2])


@pytest.mark.parametrize("size", [(1, 500), (500, 1), (1, 1), (28, 28)])
def test_narrow_and_tiny_pictures_have_views(size: tuple[int, int]) -> None:
    assert len(views(pictures(1, size=size)[0], b"seed", 32)) == VIEWS


def test_large_pictures_are_kept_small_once() -> None:
    large = pictures(1, size=(900, 1600))[0]
    small = kept(large)
    assert small.shape == (360, KEPT_SIDE, 3)
    assert kept(small) is small
    assert np.array_equal(views(large, b"seed", 16)[3], views(small, b"seed", 16)[3])
