"""The papers' family: versions move the features their own way, and come back from the kit."""

import zlib

import numpy as np
import pytest
import torch
from skimage import data
from skimage.transform import resize

from auditcore.errors import MarkError
from auditcore.marks import VERSIONS_MIN, measure
from auditcore.marks.extractor import FEATURES, as_input, load_extractor
from auditcore.marks.spread import SpreadFamily, SpreadMark
from auditcore.marks.spread_search import _aims

SEED = bytes(range(32))
FAMILY = SpreadFamily(steps=2)


def photo(grey: bool = False) -> np.ndarray:
    pixels = (resize(data.chelsea(), (96, 144), anti_aliasing=True) * 255).astype(np.uint8)
    return np.repeat(pixels[..., 1:2], 3, axis=2) if grey else pixels


def prepare(grey: bool = False, progress: list[tuple[int, int]] | None = None) -> SpreadMark:
    return FAMILY.prepare(
        photo(grey),
        grey=grey,
        visibility=3.0,
        versions=VERSIONS_MIN,
        seed=SEED,
        photo=0,
        on_progress=None if progress is None else lambda *step: progress.append(step),
    )


@pytest.fixture(scope="module")
def mark() -> SpreadMark:
    return prepare()


def restore(parts: dict[str, bytes], versions: int = VERSIONS_MIN) -> SpreadMark:
    return FAMILY.restore(parts, grey=False, visibility=3.0, versions=versions, seed=SEED, photo=0)


def test_each_version_moves_the_features_along_its_own_vector(mark: SpreadMark) -> None:
    extract = load_extractor()
    before = extract(as_input(photo()))
    after = torch.cat([extract(as_input(mark.render(photo(), v))) for v in range(VERSIONS_MIN)])
    advance = ((after - before) @ _aims(SEED, 0, VERSIONS_MIN).T).numpy()
    others = advance[~np.eye(VERSIONS_MIN, dtype=bool)]
    assert np.diag(advance).mean() > others.mean() + 2 * others.std()


def test_the_vectors_are_spread_over_the_sphere() -> None:
    aims = _aims(SEED, 0, 200)
    assert aims.shape == (200, FEATURES)
    angles = (aims @ aims.T - torch.eye(200)).abs()
    assert float(angles.max()) < 0.2


def test_the_visibility_is_met(mark: SpreadMark) -> None:
    seen = [measure(photo(), mark.render(photo(), v)).ciede2000_mean for v in range(VERSIONS_MIN)]
    assert np.mean(seen) == pytest.approx(3.0, rel=0.08)


def test_a_restored_mark_renders_the_same_bits(mark: SpreadMark) -> None:
    again = restore(mark.parts())
    for version in range(VERSIONS_MIN):
        assert np.array_equal(again.render(photo(), version), mark.render(photo(), version))


def test_grey_stays_grey_and_progress_is_told() -> None:
    progress: list[tuple[int, int]] = []
    marked = prepare(grey=True, progress=progress).render(photo(grey=True), 3)
    assert (marked == marked[..., :1]).all()
    assert not np.array_equal(marked, photo(grey=True))
    assert progress[-1] == (VERSIONS_MIN, VERSIONS_MIN)


def test_damaged_parts_are_refused(mark: SpreadMark) -> None:
    parts = mark.parts()
    damaged = [
        {},
        {"strength": parts["strength"]},
        parts | {"grids": b"not compressed"},
        parts | {"grids": zlib.compress(b"short")},
        parts | {"grids": zlib.compress(bytes(10_000_000))},
        parts | {"grids": parts["grids"][:-40]},
        parts | {"strength": parts["strength"][:-1]},
    ]
    for one in damaged:
        with pytest.raises(MarkError):
            restore(one)
    with pytest.raises(MarkError):
        restore(parts, versions=VERSIONS_MIN + 1)
