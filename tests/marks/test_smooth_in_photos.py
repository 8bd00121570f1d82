"""The default family on real photographs: how it looks, and what is left of it once published."""

import numpy as np
import pytest

from auditcore.marks import FAMILIES, LEVELS, measure
from auditcore.marks.base import Mark
from tests.marks.pictures import COLOUR, GREY, jpeg, photograph, resized

VERSIONS = 40


def prepare(pixels: np.ndarray, visibility: float, grey: bool = False) -> Mark:
    return FAMILIES["smooth"].prepare(
        pixels, grey=grey, visibility=visibility, versions=VERSIONS, seed=b"photos", photo=0
    )


@pytest.mark.parametrize("name", [*COLOUR, GREY])
@pytest.mark.parametrize("visibility", [level.visibility for level in LEVELS])
def test_the_visibility_is_met(name: str, visibility: float) -> None:
    pixels = photograph(name, 160)
    mark = prepare(pixels, visibility, grey=name == GREY)
    seen = [measure(pixels, mark.render(pixels, v)) for v in range(VERSIONS)]
    assert np.mean([s.ciede2000_mean for s in seen]) == pytest.approx(visibility, rel=0.1)
    assert np.mean([s.ciede2000_p95 for s in seen]) < 3 * visibility


def test_grey_stays_grey() -> None:
    pixels = photograph(GREY)
    mark = prepare(pixels, 4.0, grey=True)
    for version in range(VERSIONS):
        marked = mark.render(pixels, version)
        assert (marked == marked[..., :1]).all()
        assert not np.array_equal(marked, pixels)


def test_dark_and_flat_places_get_less() -> None:
    pixels = np.full((128, 192, 3), 120, np.uint8)
    texture = np.random.default_rng(0).integers(-60, 61, (128, 64, 1))
    pixels[:, 64:128] = np.clip(120 + texture, 0, 255)  # flat | textured | dark
    pixels[:, 128:] = 12
    mark = prepare(pixels, 2.0)
    change = np.mean(
        [np.abs(mark.render(pixels, v).astype(int) - pixels) for v in range(VERSIONS)], axis=0
    )
    flat, textured, dark = (change[:, left + 12 : left + 52].mean() for left in (0, 64, 128))
    assert textured > 1.3 * flat
    assert textured > 1.3 * dark


@pytest.mark.parametrize("name", ["astronaut", "rocket"])
def test_the_mark_has_no_edges_of_its_own(name: str) -> None:
    pixels = np.clip(photograph(name), 40, 215)
    mark = prepare(pixels, 4.0)
    for version in range(4):
        change = mark.render(pixels, version).astype(int) - pixels
        for axis in (0, 1):
            assert np.abs(np.diff(change, axis=axis)).max() <= 4


@pytest.mark.parametrize("name", ["chelsea", "coffee"])
def test_the_full_photo_and_its_audit_copy_get_the_same_mark(name: str) -> None:
    small, large = photograph(name, 448), photograph(name, 1344)
    mark = prepare(small, 4.0)
    height, width, _ = small.shape
    for version in range(3):
        on_large = resized(mark.render(large, version), width, height) - resized(
            large, width, height
        )
        on_small = mark.render(small, version).astype(float) - small
        assert np.abs(on_large - on_small).mean() < 0.6
        assert np.corrcoef(on_large.ravel(), on_small.ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("quality", "shrink", "share", "correlation"),
    [(95, 1, 0.97, 0.95), (85, 1, 0.95, 0.93), (85, 2, 0.93, 0.9), (60, 4, 0.85, 0.7)],
)
def test_the_mark_survives_what_happens_to_a_published_photo(
    quality: int, shrink: int, share: float, correlation: float
) -> None:
    pixels = photograph("astronaut")
    height, width = pixels.shape[0] // shrink, pixels.shape[1] // shrink
    mark = prepare(pixels, 2.0)

    def published(picture: np.ndarray) -> np.ndarray:
        small = np.rint(resized(picture, width, height)).astype(np.uint8)
        return resized(jpeg(small, quality), 56, 56)

    for version in range(3):
        marked = mark.render(pixels, version)
        before = resized(marked, 56, 56) - resized(pixels, 56, 56)
        after = published(marked) - published(pixels)
        assert (before * after).sum() / (before**2).sum() > share
        assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > correlation


def test_versions_are_exchangeable_draws() -> None:
    """No version is stronger or liker the others than chance allows, whatever its number."""
    pixels = np.full((48, 48, 3), 128, np.uint8)
    versions = 600
    mark = FAMILIES["smooth"].prepare(
        pixels, grey=False, visibility=4.0, versions=versions, seed=b"draws", photo=0
    )
    change = np.stack([mark.render(pixels, v) for v in range(versions)]).astype(float) - pixels
    flat = change.reshape(versions, -1)
    strength = np.linalg.norm(flat, axis=1)
    half = versions // 2
    gap = strength[:half].mean() - strength[half:].mean()
    assert abs(gap) < 4 * strength.std() * (2 / half) ** 0.5
    mean_strength = np.linalg.norm(flat.mean(axis=0)) * versions**0.5
    assert mean_strength < 1.3 * np.sqrt((strength**2).mean())
    unit = flat / strength[:, None]
    nearest = (unit @ unit.T - 2 * np.eye(versions)).max()
    assert nearest < 0.95
