import math

import numpy as np
import pytest
from PIL import Image
from skimage import data

from auditcore.randomness import derive
from auditcore.scores.views import Crop, View, cut_views, draw_views


def drawn(crop: Crop, count: int = 2000) -> tuple[View, ...]:
    return draw_views(derive(b"seed", "views"), count, crop)


@pytest.mark.parametrize("least_area", [0.2, 0.8, 1.0])
def test_views_keep_their_share_and_stay_inside(least_area: float) -> None:
    views = drawn(Crop(least_area))
    areas = np.array([(v.right - v.left) * (v.bottom - v.top) for v in views])
    assert areas.min() >= least_area - 1e-12
    assert all(0 <= v.left < v.right <= 1 and 0 <= v.top < v.bottom <= 1 for v in views)
    if least_area < 1:
        assert areas.min() < least_area + 0.02
        ratios = np.array([(v.right - v.left) / (v.bottom - v.top) for v in views])
        assert 3 / 4 - 1e-9 <= ratios.min() < 0.85
        assert 1.15 < ratios.max() <= 4 / 3 + 1e-9
        assert abs(np.log(ratios).mean()) < 0.02


def test_every_place_is_as_likely() -> None:
    views = drawn(Crop(0.5))
    places = np.array([v.left / (1 - (v.right - v.left)) for v in views if v.right - v.left < 0.99])
    assert abs(places.mean() - 0.5) < 0.03
    assert abs(places.std() - math.sqrt(1 / 12)) < 0.03


def test_every_other_view_is_mirrored_when_asked() -> None:
    assert 0.45 < np.mean([view.mirrored for view in drawn(Crop(0.8, flip=True))]) < 0.55
    assert not any(view.mirrored for view in drawn(Crop(0.8)))


def test_views_follow_from_the_stream_and_fewer_are_the_first_of_more() -> None:
    assert drawn(Crop(0.8), 16) == drawn(Crop(0.8), 16)
    assert drawn(Crop(0.8), 16)[:4] == drawn(Crop(0.8), 4)
    other = draw_views(derive(b"seed", "other"), 16, Crop(0.8))
    assert other != drawn(Crop(0.8), 16)


def test_a_view_is_pillows_crop_and_resize() -> None:
    picture = data.chelsea()  # (300, 451, 3)
    view = View(0.1, 0.2, 0.8, 0.9)
    box = (45.1, 60.0, 0.8 * 451, 270.0)
    expected = Image.fromarray(picture).resize((160, 160), Image.Resampling.BICUBIC, box=box)
    (cut,) = cut_views(picture, [view], 160)
    assert np.array_equal(cut, np.asarray(expected))
    (mirrored,) = cut_views(picture, [View(0.1, 0.2, 0.8, 0.9, mirrored=True)], 160)
    assert np.array_equal(mirrored, cut[:, ::-1])


def test_a_view_of_a_much_larger_picture_is_pillows_to_less_than_a_grey_level() -> None:
    picture = data.astronaut()
    plain = Image.fromarray(picture).resize((64, 64), Image.Resampling.BICUBIC)
    (cut,) = cut_views(picture, [View(0, 0, 1, 1)], 64)
    assert np.abs(cut.astype(float) - np.asarray(plain)).mean() < 1


def test_the_whole_picture_at_its_own_size_is_untouched() -> None:
    picture = data.astronaut()[:64, :64]
    (cut,) = cut_views(picture, [View(0, 0, 1, 1)], 64)
    assert np.array_equal(cut, picture)


GOLDEN = (0.0983545758, 0.0034034637, 0.9228661327, 0.9950614242)


def test_known_views() -> None:
    """Golden: a change here changes what every audit asks."""
    (view, *_) = draw_views(derive(b"telltale", "views", "caption-cosine", 0), 1, Crop(0.8))
    found = (view.left, view.top, view.right, view.bottom)
    assert found == pytest.approx(GOLDEN, abs=1e-9)
