"""The default family: the same bits everywhere, at every size, from the seed and the kit."""

import hashlib

import numpy as np
import pytest

from auditcore.errors import MarkError
from auditcore.marks import FAMILIES, VERSIONS_MIN
from auditcore.marks.budget import CELLS, STRENGTH_BITS, Budget
from auditcore.marks.smooth import Recipe, SmoothMark, draw_pattern

SEED = bytes(range(32))


def prepare(pixels: np.ndarray, *, grey: bool = False, visibility: float = 2.0) -> SmoothMark:
    mark = FAMILIES["smooth"].prepare(
        pixels, grey=grey, visibility=visibility, versions=VERSIONS_MIN, seed=SEED, photo=0
    )
    assert isinstance(mark, SmoothMark)
    return mark


def restore(mark: SmoothMark, parts: dict[str, bytes]) -> SmoothMark:
    restored = FAMILIES["smooth"].restore(
        parts, grey=mark.grey, visibility=2.0, versions=mark.versions, seed=SEED, photo=0
    )
    assert isinstance(restored, SmoothMark)
    return restored


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (2, 3), (5, 448), (64, 64), (131, 77)])
def test_any_shape_can_be_marked(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    mark = prepare(pixels)
    assert mark.render(pixels, 0).shape == pixels.shape


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_without_room_for_a_mark_is_still_marked(level: int) -> None:
    pixels = np.full((40, 60, 3), level, dtype=np.uint8)
    assert prepare(pixels).render(pixels, 1).shape == pixels.shape


def test_a_restored_mark_renders_the_same_bits() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    mark = prepare(pixels)
    again = restore(mark, mark.parts())
    for version in range(VERSIONS_MIN):
        assert np.array_equal(mark.render(pixels, version), again.render(pixels, version))


def test_versions_differ_from_each_other() -> None:
    pixels = np.full((64, 64, 3), 128, dtype=np.uint8)
    mark = prepare(pixels)
    rendered = {mark.render(pixels, version).tobytes() for version in range(VERSIONS_MIN)}
    assert len(rendered) == VERSIONS_MIN


@pytest.mark.parametrize(
    "parts",
    [{}, {"strength": b""}, {"strength": b"\x01short"}, {"strength": b"\x01" + b"\xff" * 4098}],
)
def test_damaged_parts_are_refused(parts: dict[str, bytes]) -> None:
    mark = prepare(np.full((8, 8, 3), 128, dtype=np.uint8))
    with pytest.raises(MarkError):
        restore(mark, parts)


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def golden_mark(grey: bool) -> SmoothMark:
    steps = (np.arange(CELLS * CELLS).reshape(CELLS, CELLS) * 7 % 256).astype(np.uint8)
    return SmoothMark(Recipe(), Budget(1500, steps), grey, VERSIONS_MIN, SEED, photo=3)


@pytest.mark.parametrize(
    ("height", "width", "grey", "expected"),
    [
        (336, 448, False, "fc57b850d0e15b51"),
        (336, 448, True, "3c3826ec43fde13e"),
        (1501, 997, False, "afd77fca4f1a766a"),
        (1, 1, False, "f8a82ab341008c2c"),
    ],
)
def test_versions_are_the_same_bits_on_every_machine(
    height: int, width: int, grey: bool, expected: str
) -> None:
    y, x, channel = np.ogrid[:height, :width, :3]
    pixels = ((3 * x + 5 * y + 40 * channel * (not grey)) % 256).astype(np.uint8)
    assert digest(golden_mark(grey).render(pixels, 7)) == expected


def test_patterns_fill_their_range_and_never_leave_it() -> None:
    drawn = [draw_pattern(Recipe(), grey, SEED, "range", i) for grey in (0, 1) for i in range(200)]
    assert max(int(np.abs(pattern).max()) for pattern in drawn) <= 1 << STRENGTH_BITS
    assert max(int(np.abs(pattern).max()) for pattern in drawn[200:]) > 0.95 * (1 << STRENGTH_BITS)
