"""What all families promise."""

import numpy as np
import pytest

from auditcore.errors import MarkError
from auditcore.marks import (
    DEFAULT_FAMILY,
    FAMILIES,
    VERSIONS_MAX,
    VERSIONS_MIN,
    VISIBILITY_MAX,
    VISIBILITY_MIN,
    find_family,
)
from auditcore.marks.budget import LEVELS_MAX
from auditcore.marks.grids import LEVEL

PIXELS = np.full((16, 16, 3), 128, np.uint8)


def prepare(family: str, visibility: float, versions: int) -> None:
    find_family(family).prepare(
        PIXELS, grey=False, visibility=visibility, versions=versions, seed=b"s", photo=0
    )


def test_families_are_found_by_name() -> None:
    assert DEFAULT_FAMILY in FAMILIES
    assert all(find_family(name).name == name for name in FAMILIES)
    with pytest.raises(MarkError, match="smooth"):
        find_family("rough")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("visibility", [0, VISIBILITY_MIN / 2, VISIBILITY_MAX * 2, float("nan")])
def test_visibility_has_limits(family: str, visibility: float) -> None:
    with pytest.raises(MarkError, match="visibility"):
        prepare(family, visibility, VERSIONS_MIN)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("versions", [0, 1, VERSIONS_MIN - 1, VERSIONS_MAX + 1])
def test_the_number_of_versions_has_limits(family: str, versions: int) -> None:
    with pytest.raises(MarkError, match="versions"):
        prepare(family, 2.0, versions)


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_grids_of_many_versions_are_what_is_spread_over_each(
    family: str, grey: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = find_family(family).prepare(
        PIXELS, grey=grey, visibility=3.0, versions=VERSIONS_MIN, seed=b"s", photo=2
    )
    spread: list[np.ndarray] = []
    module = f"auditcore.marks.{family}.add_grid"
    monkeypatch.setattr(module, lambda _, grid: spread.append(grid.transpose(2, 0, 1)))
    versions = [7, 0, 19, 7, *range(12)]
    for version in versions:
        mark.render(PIXELS, version)
    assert np.array_equal(mark.grids(versions), np.stack(spread))
    assert np.array_equal(mark.grids([19]), np.stack(spread[2:3]))
    assert np.abs(mark.grids(versions)).max() <= LEVELS_MAX * LEVEL + 1
    with pytest.raises(MarkError, match="does not exist"):
        mark.grids([0, VERSIONS_MIN])


@pytest.mark.parametrize("version", [-1, VERSIONS_MIN])
def test_versions_that_do_not_exist_are_refused(version: int) -> None:
    mark = find_family("smooth").prepare(
        PIXELS, grey=False, visibility=2.0, versions=VERSIONS_MIN, seed=b"s", photo=0
    )
    with pytest.raises(MarkError, match="does not exist"):
        mark.render(PIXELS, version)


@pytest.mark.parametrize(
    "pixels",
    [PIXELS[..., 0], PIXELS[..., :2], PIXELS.astype(np.float32), PIXELS[:0]],
    ids=["grey", "two channels", "floats", "empty"],
)
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    mark = find_family("smooth").prepare(
        PIXELS, grey=False, visibility=2.0, versions=VERSIONS_MIN, seed=b"s", photo=0
    )
    with pytest.raises(MarkError, match="picture"):
        mark.render(pixels, 0)
