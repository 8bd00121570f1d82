"""The same seed and label give the same draws everywhere, and nothing else does."""

import hashlib
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from auditcore.randomness import SEED_BYTES, Stream, derive, first_bytes

SEED = bytes(range(SEED_BYTES))
LABEL = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 99)), max_size=3).map(tuple)


def test_golden_vectors_written_from_the_description() -> None:
    key = hashlib.sha256(b"telltale/randomness/1")
    for part in (SEED, b"'order'", b"7"):
        key.update(len(part).to_bytes(8, "big") + part)
    expected = b"".join(
        hashlib.shake_256(key.digest() + block.to_bytes(8, "big")).digest(4096)
        for block in range(3)
    )
    assert derive(SEED, "order", 7).read(3 * 4096) == expected


def test_golden_vectors_never_change() -> None:
    assert derive(SEED).read(16).hex() == "e61d4b9c146eeea7b522978755ecef41"
    assert derive(SEED, "published", 3).below(1000) == 909
    assert derive(SEED, "order", 0).shuffled(range(10)) == [2, 0, 5, 3, 7, 6, 1, 4, 8, 9]
    assert derive(SEED, "x").integers(6, 100).tolist() == [50, 85, 75, 18, 19, 26]
    assert derive(SEED, "y").unit() == 0.37594515444305165


@given(st.lists(st.integers(0, 9000), max_size=8))
def test_reading_in_pieces_gives_the_same_bytes(sizes: list[int]) -> None:
    whole, pieces = derive(SEED, "a"), derive(SEED, "a")
    assert b"".join(pieces.read(size) for size in sizes) == whole.read(sum(sizes))


@given(st.integers(0, 4096), LABEL)
def test_the_first_bytes_of_a_stream_can_be_had_alone(count: int, label: tuple[str]) -> None:
    assert first_bytes(SEED, count, *label) == derive(SEED, *label).read(count)


@pytest.mark.parametrize("count", [-1, 4097])
def test_no_more_than_a_block_can_be_had_alone(count: int) -> None:
    with pytest.raises(ValueError, match="count"):
        first_bytes(SEED, count, "a")


@given(LABEL, LABEL)
def test_different_labels_give_different_streams(one: tuple[str], other: tuple[str]) -> None:
    same = derive(SEED, *one).read(16) == derive(SEED, *other).read(16)
    assert same == (repr(one) == repr(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "b"), ("ab",)), ((1,), ("1",)), (("a", 1), ("a1",)), (("",), ()), ((1, 2), (12,))],
)
def test_labels_that_read_alike_when_joined_are_kept_apart(
    one: tuple[str | int, ...], other: tuple[str | int, ...]
) -> None:
    assert derive(SEED, *one).read(32) != derive(SEED, *other).read(32)


def test_seeds_are_kept_apart_from_labels_and_from_each_other() -> None:
    streams = [derive(b"", "a"), derive(b"'a'"), derive(b"a"), derive(b"a\0"), derive(b"")]
    assert len({stream.read(16) for stream in streams}) == len(streams)


@given(st.integers(1, 2**64))
def test_below_stays_below(bound: int) -> None:
    assert 0 <= derive(SEED, bound).below(bound) < bound


@given(st.integers(0, 300), st.integers(1, 2**32))
def test_integers_stay_below(count: int, bound: int) -> None:
    drawn = derive(SEED, "i", bound).integers(count, bound)
    assert drawn.shape == (count,) and drawn.dtype == np.int64
    assert np.all((drawn >= 0) & (drawn < bound))


@pytest.mark.parametrize("bound", [0, -1, 2**64 + 1])
def test_impossible_bounds_are_defects_of_the_caller(bound: int) -> None:
    with pytest.raises(ValueError, match="bound"):
        derive(SEED).below(bound)
    with pytest.raises(ValueError, match="bound"):
        derive(SEED).integers(1, bound)


class Fixed(Stream):
    """A stream that gives chosen bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(b"")
        self._buffer = data


def test_values_that_would_bias_the_remainder_are_thrown_away() -> None:
    top, five = b"\xff" * 8, (5).to_bytes(8, "big")
    assert Fixed(top + five).below(3) == 2
    assert Fixed(top).below(2**63) == 2**63 - 1
    top, five = b"\xff" * 4, (5).to_bytes(4, "big")
    assert Fixed(top + five + five).integers(2, 3).tolist() == [2, 2]


@pytest.mark.parametrize("bound", [2, 3, 7, 20, 1000])
def test_draws_are_uniform(bound: int) -> None:
    draws = derive(SEED, "uniform", bound).integers(40 * bound + 20_000, bound)
    assert chisquare(np.bincount(draws, minlength=bound)).pvalue > 1e-4
    ones = [derive(SEED, "each", number).below(bound) for number in range(4000)]
    assert chisquare(np.bincount(ones, minlength=bound)).pvalue > 1e-4


def test_units_are_uniform_and_exact() -> None:
    stream = derive(SEED, "unit")
    units = [stream.unit() for _ in range(20_000)]
    assert all(0 <= unit < 1 and (unit * 2**53).is_integer() for unit in units)
    assert chisquare(np.histogram(units, bins=50, range=(0, 1))[0]).pvalue > 1e-4


def test_every_order_is_equally_likely() -> None:
    counts = Counter(tuple(derive(SEED, "s", i).shuffled(range(4))) for i in range(12_000))
    assert set(counts) == set(permutations(range(4)))
    assert chisquare(list(counts.values())).pvalue > 1e-4


@given(st.lists(st.integers(), max_size=30))
def test_shuffling_keeps_every_item_and_the_list(items: list[int]) -> None:
    before = list(items)
    assert sorted(derive(SEED).shuffled(items)) == sorted(items)
    assert items == before


@given(st.binary(max_size=8), st.integers(0, 40))
def test_shuffling_draws_one_after_the_other(seed: bytes, count: int) -> None:
    together, apart = derive(seed), derive(seed)
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = apart.below(last + 1)
        order[last], order[other] = order[other], order[last]
    assert together.shuffled(range(count)) == order
    assert together.read(9) == apart.read(9)


def test_shuffling_throws_away_what_would_bias_it() -> None:
    top, five = b"\xff" * 8, (5).to_bytes(8, "big")
    assert Fixed(top + five + five).shuffled("abc") == Fixed(five + five).shuffled("abc")
