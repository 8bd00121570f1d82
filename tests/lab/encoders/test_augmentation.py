import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import RandomResizedCrop, functional

from auditcore.lab.encoders.augmentation import augment, crop, luma, turn_hue


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(3)


def _pictures(count: int, channels: int = 3, side: int = 28) -> torch.Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(1))


def test_each_picture_of_a_batch_gets_draws_of_its_own() -> None:
    one = _pictures(1).expand(32, -1, -1, -1)
    views = augment(one, 32).flatten(1)
    assert torch.cdist(views, views).fill_diagonal_(9).min() > 1e-3


def test_the_same_draws_give_the_same_views() -> None:
    first = augment(_pictures(6), 32)
    torch.manual_seed(3)
    assert torch.equal(first, augment(_pictures(6), 32))


@pytest.mark.parametrize("channels", [1, 3])
def test_views_have_the_side_asked_for_and_stay_colours(channels: int) -> None:
    views = augment(_pictures(64, channels), 20)
    assert views.shape == (64, channels, 20, 20)
    assert views.min() >= 0 and views.max() <= 1


def test_crops_keep_a_fifth_to_all_of_the_area_inside_of_the_picture() -> None:
    """A picture whose colours are its coordinates tells what was cut out of it."""
    side = 64
    place = (torch.arange(side) + 0.5) / side
    coordinates = torch.stack([place.expand(side, side), place[:, None].expand(side, side)])
    pictures = torch.cat([coordinates, coordinates[:1]])[None].expand(2000, -1, -1, -1)
    cut = crop(pictures, 16)
    wide = (cut[:, 0, 0, 15] - cut[:, 0, 0, 0]) * 16 / 15
    high = (cut[:, 1, 15, 0] - cut[:, 1, 0, 0]) * 16 / 15
    area, aspect = wide.abs() * high, wide.abs() / high
    assert area.min() > 0.17 and area.max() <= 1.01
    assert aspect.min() > 0.7 and aspect.max() < 1.4
    assert abs(area.mean() - _torchvisions_mean_area()) < 0.025
    assert abs((wide < 0).float().mean() - 0.5) < 0.04  # mirrored


def _torchvisions_mean_area() -> float:
    whole = torch.zeros(1, 1000, 1000)
    boxes = [RandomResizedCrop.get_params(whole, (0.2, 1), (3 / 4, 4 / 3)) for _ in range(2000)]
    return sum(high * wide for _, _, high, wide in boxes) / len(boxes) / 1e6


def test_one_picture_in_five_of_those_with_colour_becomes_grey() -> None:
    views = augment(_pictures(3000, side=8), 8)
    grey = (views.max(dim=1).values - views.min(dim=1).values).amax(dim=(1, 2)) < 1e-6
    assert abs(grey.float().mean() - 0.2) < 0.025


@pytest.mark.parametrize("shift", [-0.1, 0.03, 0.1])
def test_hue_turns_as_torchvision_turns_it(shift: float) -> None:
    pictures = _pictures(4)
    expected = functional.adjust_hue(pictures, shift)
    found = turn_hue(pictures, torch.full((4, 1, 1), shift))
    assert torch.allclose(found, expected, atol=1e-4)


def test_grey_pictures_have_no_hue_to_turn() -> None:
    grey = _pictures(4, 1).expand(-1, 3, -1, -1)
    assert torch.allclose(turn_hue(grey, torch.full((4, 1, 1), 0.1)), grey)


def test_lightness_is_pillows() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)
    ours = luma(torch.from_numpy(pixels).permute(2, 0, 1)[None].float())[0, 0]
    theirs = np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.float32)
    assert np.abs(ours.numpy() - theirs).max() <= 1
