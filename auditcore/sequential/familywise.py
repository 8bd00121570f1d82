"""Every photo its own verdict, with a false alarm about any of them in at most p of the audits.

Closed testing (Marcus, Peritz, Gabriel 1976): photo i is claimed once every hypothesis "no photo
of S was used" with i in S is rejected at level p. Each such hypothesis has its test fixed before
the audit:

    one photo           the photo's own test at p
    s >= 2 photos       some photo's own test at 9p/(10s) (Bonferroni), or the anytime collection
                        e-value of S at p/10; all of p where 9p/(10s) needs more versions than
                        there are

The first finds few used photos among many, the second makes claims cheap where many were used
(measured in tests/benchmarks/results/sequential_tables.md).
All m photos together are one of these sets, so no photo is claimed before the collection is.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import DesignError
from auditcore.sequential.base import RankTest
from auditcore.sequential.collection import (
    LOG_WEIGHTS,
    RunningEvidence,
    State,
    log_factors,
)
from auditcore.sequential.logmath import TOLERANCE, log_fraction
from auditcore.sequential.registry import DEFAULT_TEST, make_test

BONFERRONI_SHARE = Fraction(9, 10)

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SizeTest:
    """How "no photo of S was used" is tested for every S of one size.

    Attributes:
        own: the test that some photo of S must pass, None where n versions cannot reach its level.
        log_threshold: what the log e-value of S must reach instead; inf for single photos.
    """

    own: RankTest | None
    log_threshold: float


@dataclass(frozen=True)
class ClosedTest:
    """The statement "these photos were used", right about all of them but in p of the audits.

    Args:
        m: photos.
        n: versions of each.
        p: level of the whole statement, n >= ceil(1/p).
        name: the photos' own test, one of TESTS.

    Raises:
        DesignError: no photos, or a level that n versions cannot reach for a single photo.
    """

    m: int
    n: int
    p: Fraction
    name: str = DEFAULT_TEST
    sizes: tuple[SizeTest, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.m < 1:
            raise DesignError("There is no photo to make a statement about.")
        sizes = tuple(self._size_test(size) for size in range(1, self.m + 1))
        object.__setattr__(self, "sizes", sizes)

    def _size_test(self, size: int) -> SizeTest:
        if size == 1:
            return SizeTest(make_test(self.name, self.n, self.p), math.inf)
        share = BONFERRONI_SHARE * self.p / size
        if self.n * share < 1:
            return SizeTest(None, -log_fraction(self.p))
        own = make_test(self.name, self.n, share)
        return SizeTest(own, -log_fraction((1 - BONFERRONI_SHARE) * self.p))

    @property
    def own(self) -> RankTest:
        """The test that every claimed photo must have passed by itself, at level p."""
        own = self.sizes[0].own
        assert own is not None  # single photos always have one: see _size_test
        return own

    @property
    def log_threshold(self) -> float:
        """What the collection's log e-value must reach to open the gate (if no photo alone does).

        inf for a single photo, which has its own test only.
        """
        return self.sizes[-1].log_threshold

    def fired(self, t: int, k: int) -> Flags:
        """Whether the own test of each size rejects at (t, k), shape (m,)."""
        flags = np.zeros(self.m, dtype=np.bool_)
        for size, one in enumerate(self.sizes):
            if one.own is None:  # nor has any larger size a test of its own
                break
            flags[size] = one.own.rejects(t, k)
        return flags

    def claims(self, factors: NDArray[np.float64], fired: Flags, among: Flags) -> Flags:
        """Return whether each photo can be claimed, shape (m,).

        Args:
            factors: `log_factors` of the photos' states now, shape (m, alternatives).
            fired: whether photo i's own test of size s has ever rejected, shape (m, m).
            among: the photos to look at, shape (m,); the others come back as False.
        """
        claimed = fired[:, 0] & among
        # The largest or the smallest sets are nearly always the ones that hold out: ask them first.
        for size in {self.m, min(2, self.m)}:
            if claimed.any() and size > 1:
                claimed = self._rejected([size], factors, fired[:, size - 1], claimed)
        waiting = list(range(self.m - 1, 2, -1))
        while waiting and claimed.any():
            column = fired[:, waiting[0] - 1]
            alike = [size for size in waiting if (fired[:, size - 1] == column).all()]
            claimed = self._rejected(alike, factors, column, claimed)
            waiting = [size for size in waiting if size not in alike]
        return claimed

    def _rejected(
        self, sizes: Sequence[int], factors: NDArray[np.float64], fired: Flags, among: Flags
    ) -> Flags:
        """For each photo: is every set that holds it, of these sizes, rejected? Shape (m,).

        fired: shape (m,), the same for the own tests of all these sizes.
        """
        quiet = np.flatnonzero(~fired)
        asked = np.flatnonzero(~fired & among)
        small = np.array([size for size in sizes if size <= quiet.size], dtype=np.int64)
        result = among.copy()
        if small.size and asked.size:
            needed = np.array([self.sizes[size - 1].log_threshold for size in small]) + TOLERANCE
            lowest = lowest_log_e(factors[quiet], factors[asked], small)
            result[asked] = (lowest >= needed[:, None]).all(axis=0)
        return result


def lowest_log_e(
    factors: NDArray[np.float64], asked: NDArray[np.float64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Bound from below, for each size and photo, the log e-value of all sets that hold the photo.

    Each alternative is given the set that suits it worst, so the bound may be a little low, which
    can only delay a claim.

    Args:
        factors: `log_factors` of the photos that make up the sets, shape (photos, alternatives).
        asked: those of them to bound, shape (asked, alternatives).
        sizes: of the sets, each from 1 to the number of photos.

    Returns:
        Bounds, shape (sizes, asked).
    """
    ordered = np.sort(factors, axis=0)
    sums = np.vstack([np.zeros(factors.shape[1]), np.cumsum(ordered, axis=0)])
    among_lowest = asked <= ordered[sizes - 1][:, None]
    lowest = np.where(among_lowest, sums[sizes][:, None], sums[sizes - 1][:, None] + asked)
    weighted = lowest + LOG_WEIGHTS
    top = weighted.max(axis=2)
    bound: NDArray[np.float64] = top + np.log(np.exp(weighted - top[..., None]).sum(axis=2))
    return bound


@dataclass
class ClosedWalk:
    """The photos' paths through a closed test, judged after every answer; claims are for good.

    Attributes:
        states: (t, k) of each photo.
        claimed: photos claimed so far.
        unclaimed: how many are not.
        collection_rejected: whether "none was used" has been rejected.
        evidence: the e-value of all photos together.
    """

    test: ClosedTest
    states: list[State] = field(init=False)
    claimed: list[bool] = field(init=False)
    unclaimed: int = field(init=False)
    collection_rejected: bool = False
    evidence: RunningEvidence = field(default_factory=RunningEvidence, init=False)
    _fired: Flags = field(init=False, repr=False)
    _factors: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.states = [(0, 0)] * self.test.m
        self.claimed = [False] * self.test.m
        self.unclaimed = self.test.m
        self._fired = np.zeros((self.test.m, self.test.m), dtype=np.bool_)
        self._factors = np.tile(log_factors(0, 0), (self.test.m, 1))

    def observe(self, photo: int, beats: Iterable[bool]) -> int:
        """Apply a photo's answers in committed order and return how many were used.

        True means that the hidden version beats the published one. A claimed photo takes no more.
        """
        used = 0
        for beat in beats:
            if self.claimed[photo] or self.states[photo][0] == self.test.n - 1:
                break
            self.step(photo, beat)
            used += 1
        return used

    def step(self, photo: int, beat: bool) -> list[int]:
        """Apply one answer of a photo that is not claimed; return the photos claimed by it."""
        before = self.states[photo]
        after = self.states[photo] = (before[0] + 1, before[1] + bool(beat))
        self._factors[photo] = log_factors(*after)
        self.evidence.move(before, after)
        if beat:  # no test fires, and no e-value grows, because a hidden version won
            return []
        self._fired[photo] |= self.test.fired(*after)
        self.collection_rejected = self.collection_rejected or self._all_rejected()
        return self._claim() if self.collection_rejected else []

    def _all_rejected(self) -> bool:
        """Whether "none of these photos was used" is rejected now."""
        if self._fired[:, -1].any():
            return True
        return self.evidence.log_e >= self.test.log_threshold + TOLERANCE

    def _claim(self) -> list[int]:
        waiting = ~np.array(self.claimed)
        found = self.test.claims(self._factors, self._fired, waiting)
        now = [int(one) for one in np.flatnonzero(found)]
        for photo in now:
            self.claimed[photo] = True
        self.unclaimed -= len(now)
        return now

    def open_photos(self) -> tuple[int, ...]:
        """Return the photos worth asking about: not claimed, not used up, not lost."""
        return tuple(photo for photo in range(self.test.m) if self.is_open(photo))

    def is_open(self, photo: int) -> bool:
        """Whether a photo is worth asking about.

        A photo is lost when its own test advises giving up before it has ever rejected.
        """
        t, k = self.states[photo]
        lost = not self._fired[photo, 0] and self.test.own.gives_up(t, k)
        return not self.claimed[photo] and not lost and t < self.test.n - 1
