"""What every rank test offers, and the staircase they are all decided by.

The state of one photo's test is (t, k): t hidden versions scored, k of them beat the published
one. It is sufficient (see null.py). Every test here rejects exactly when t >= step(k), where
step(0) < step(1) < ... is its staircase. A path that stands on or beyond a step has just crossed
one, or crossed one before; later beats may lead it off the staircase again, so who follows a path
keeps its first crossing (walk.py).
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from auditcore.errors import DesignError


class RankTest(Protocol):
    """A sequential test of "the model does not depend on which version was published".

    Its false-detection rate is at most `p`, however often one looks and whenever one stops.
    """

    @property
    def name(self) -> str:
        """The name under which `make_test` knows the test."""

    @property
    def n(self) -> int:
        """Versions of the photo, the published one included."""

    @property
    def p(self) -> Fraction:
        """The level: the bound on the false-detection rate."""

    @property
    def threshold(self) -> Fraction:
        """What `statistic` must reach (1/p for martingales; documented where it is not)."""

    @property
    def log_threshold(self) -> float:
        """What `log_statistic` must reach: the line to draw in a plot of it."""

    @property
    def statistic_name(self) -> str:
        """What `statistic` counts, in words for a person."""

    @property
    def staircase(self) -> tuple[int, ...]:
        """Smallest t that rejects with k = 0, 1, 2, ..., as far as it exists (t <= n - 1)."""

    def log_statistic(self, t: int, k: int) -> float:
        """Natural log of the statistic that is followed, -inf where it is 0."""

    def statistic(self, t: int, k: int) -> float:
        """The statistic in the unit a person is shown."""

    def step(self, k: int) -> int | None:
        """Smallest t that rejects with k beats, None where there is none."""

    def give_up_until(self, k: int) -> int:
        """Largest t at which giving up is advised with k beats, -1 where there is none."""

    def rejects(self, t: int, k: int) -> bool:
        """Whether the test rejects at (t, k); exact."""

    def gives_up(self, t: int, k: int) -> bool:
        """Whether going on is advised against. Ignoring it leaves the guarantee as it is."""


def first_true(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """Return the smallest i in low .. high with holds(i), for `holds` that never turns back.

    Gallops from `low`, because steps of a staircase lie close to one another.
    """
    stride, start = 1, low
    while start <= high:
        end = min(start + stride - 1, high)
        if holds(end):
            return start + bisect_left(range(start, end), True, key=holds)
        start, stride = end + 1, 2 * stride
    return None


@dataclass(frozen=True)
class StaircaseTest(ABC):
    """A test that rejects at (t, k) when t >= step(k). Steps are found when first asked for.

    Args:
        n: versions of the photo, at least ceil(1/p).
        p: level, 0 < p < 1.

    Raises:
        DesignError: p outside (0, 1), or fewer versions than the level needs.
    """

    n: int
    p: Fraction
    _steps: list[int | None] = field(default_factory=list, init=False, repr=False, compare=False)
    _last_give_up: dict[int, int] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    name = ""

    def __post_init__(self) -> None:
        check_level(self.n, self.p)

    @property
    @abstractmethod
    def threshold(self) -> Fraction:
        """What `statistic` must reach."""

    @property
    @abstractmethod
    def log_threshold(self) -> float:
        """What `log_statistic` must reach."""

    @property
    @abstractmethod
    def statistic_name(self) -> str:
        """What `statistic` counts, in words for a person."""

    @abstractmethod
    def log_statistic(self, t: int, k: int) -> float:
        """Natural log of the statistic that is followed."""

    @abstractmethod
    def statistic(self, t: int, k: int) -> float:
        """The statistic in the unit a person is shown."""

    @abstractmethod
    def _first_rejection(self, k: int, low: int) -> int | None:
        """Smallest t in low .. n-1 that rejects with k beats."""

    def _advised_until(self, k: int) -> int:
        """Largest t at which giving up is advised, while rejection is still possible."""
        return -1

    def step(self, k: int) -> int | None:
        """Smallest t that rejects with k beats, None where there is none up to n - 1."""
        while len(self._steps) <= k:
            previous = self._steps[-1] if self._steps else -1
            found = None if previous is None else self._next_step(previous)
            self._steps.append(found)
            if found is None:
                break
        return self._steps[min(k, len(self._steps) - 1)]

    def _next_step(self, previous: int) -> int | None:
        k = len(self._steps)
        return self._first_rejection(k, max(k, previous + 1))

    @property
    def staircase(self) -> tuple[int, ...]:
        """Smallest t that rejects with k = 0, 1, 2, ..., as far as it exists (t <= n - 1)."""
        self.step(self.n)
        return tuple(step for step in self._steps if step is not None)

    def rejects(self, t: int, k: int) -> bool:
        """Whether the test rejects at (t, k); exact. ValueError outside 0 <= k <= t < n."""
        self._check_state(t, k)
        step = self.step(k)
        return step is not None and t >= step

    def give_up_until(self, k: int) -> int:
        """Largest t at which giving up is advised with k beats (n - 1 once all is lost, or -1)."""
        if k not in self._last_give_up:
            lost = self.step(k) is None
            self._last_give_up[k] = self.n - 1 if lost else self._advised_until(k)
        return self._last_give_up[k]

    def gives_up(self, t: int, k: int) -> bool:
        """Whether going on is advised against; always so once rejection is impossible."""
        self._check_state(t, k)
        return t <= self.give_up_until(k)

    def _check_state(self, t: int, k: int) -> None:
        if not 0 <= k <= t < self.n:
            raise ValueError(f"no state has t={t}, k={k} with {self.n} versions")


def check_level(n: int, p: Fraction) -> None:
    """Raise DesignError unless 0 < p < 1 and n versions can reach level p (n >= ceil(1/p))."""
    if not 0 < p < 1:
        raise DesignError(
            f"A false-alarm level must lie between 0 and 1, not {float(p):g}. "
            "Choose for example 0.05 (1 in 20)."
        )
    needed = -(-p.denominator // p.numerator)
    if n < needed:
        raise DesignError(
            f"A false-alarm level of 1 in {float(1 / p):g} needs at least {needed} versions of "
            f"each photo, and this kit has {n}. Choose a less strict level or make a kit with "
            "more versions."
        )
