"""Randomness that anyone can repeat: every draw follows from a seed and a label.

SHAKE-256 in counter mode, read as integers only, so that the same (seed, label) gives the same
draws on every machine and with every version of every library. There is no global state.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SEED_BYTES = 32
_BLOCK_BYTES = 4096
_DOMAIN = b"telltale/randomness/1"

T = TypeVar("T")


class Stream:
    """An endless stream of uniform bytes that depends on (seed, label) alone.

    Not thread-safe: each user derives a stream of its own.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._buffer = b""
        self._blocks = 0

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes of the stream."""
        parts = [self._buffer]
        missing = count - len(self._buffer)
        while missing > 0:
            block = hashlib.shake_256(self._key + self._blocks.to_bytes(8, "big"))
            parts.append(block.digest(_BLOCK_BYTES))
            self._blocks += 1
            missing -= _BLOCK_BYTES
        joined = b"".join(parts)
        self._buffer = joined[count:]
        return joined[:count]

    def below(self, bound: int) -> int:
        """Draw one integer uniform on 0 .. bound-1, without modulo bias (1 <= bound <= 2**64)."""
        if not 1 <= bound <= 1 << 64:
            raise ValueError(f"bound must be between 1 and 2**64, not {bound}")
        limit = (1 << 64) - (1 << 64) % bound
        while True:
            value = int.from_bytes(self.read(8), "big")
            if value < limit:
                return value % bound

    def integers(self, count: int, bound: int) -> NDArray[np.int64]:
        """Draw `count` integers uniform on 0 .. bound-1, shape (count,) (1 <= bound <= 2**32)."""
        if not 1 <= bound <= 1 << 32:
            raise ValueError(f"bound must be between 1 and 2**32, not {bound}")
        limit = (1 << 32) - (1 << 32) % bound
        kept = np.empty(0, dtype=np.int64)
        while kept.size < count:
            words = np.frombuffer(self.read(4 * (count - kept.size)), dtype=">u4").astype(np.int64)
            kept = np.concatenate([kept, words[words < limit] % bound])
        return kept

    def unit(self) -> float:
        """Draw one number uniform on [0, 1), a multiple of 2**-53 (exact on every machine)."""
        return (int.from_bytes(self.read(8), "big") >> 11) * 2.0**-53

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a uniformly random order (Fisher-Yates)."""
        order = list(items)
        lasts = range(len(order) - 1, 0, -1)
        for last, other in zip(lasts, self._each_below(len(order)), strict=True):
            order[last], order[other] = order[other], order[last]
        return order

    def _each_below(self, most: int) -> list[int]:
        """Return what `below` gives for most, most - 1, ..., 2, drawn together."""
        drawn = self.read(8 * max(most - 1, 0))
        bounds = np.arange(most, 1, -1, dtype=np.uint64)
        words = np.frombuffer(drawn, dtype=">u8").astype(np.uint64)
        largest = np.uint64((1 << 64) - 1)
        if (words <= largest - (largest % bounds + np.uint64(1)) % bounds).all():
            return [int(value) for value in words % bounds]
        self._buffer = drawn + self._buffer  # a draw too high for its bound: one after the other
        return [self.below(bound) for bound in range(most, 1, -1)]


def derive(seed: bytes, *label: str | int) -> Stream:
    """Derive the stream named by `label` from a seed.

    Args:
        seed: any bytes; kits use SEED_BYTES of operating-system entropy.
        label: what the draws are for, such as ("order", photo index). Different labels, also ones
            that would read alike when joined, give independent streams.
    """
    return Stream(_key(seed, label))


def first_bytes(seed: bytes, count: int, *label: str | int) -> bytes:
    """Return what `derive(seed, *label).read(count)` gives, without the rest of its first block.

    Args:
        seed: see `derive`.
        count: up to 4096.
        label: see `derive`.
    """
    if not 0 <= count <= _BLOCK_BYTES:
        raise ValueError(f"count must be between 0 and {_BLOCK_BYTES}, not {count}")
    return hashlib.shake_256(_key(seed, label) + bytes(8)).digest(count)


def _key(seed: bytes, label: tuple[str | int, ...]) -> bytes:
    key = hashlib.sha256(_DOMAIN)
    for part in (seed, *(repr(item).encode() for item in label)):
        key.update(len(part).to_bytes(8, "big") + part)
    return key.digest()
