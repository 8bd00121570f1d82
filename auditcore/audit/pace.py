"""How fast a model answers, and so how long the rest will take."""

from collections.abc import Callable

WEIGHT = 0.3
"""Share of the newest call in the running mean: follows a change of pace within a few calls."""


class Pace:
    """A running mean of the seconds per query."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._seconds: float | None = None

    def now(self) -> float:
        """Return the time, in seconds from anywhere."""
        return self._timer()

    def note(self, queries: int, begin: float) -> None:
        """Note that `queries` queries were answered since `begin`."""
        latest = (self._timer() - begin) / queries
        before = latest if self._seconds is None else self._seconds
        self._seconds = before + WEIGHT * (latest - before)

    def seconds_for(self, queries: int) -> float | None:
        """Return how long `queries` more will take, None before anything was answered."""
        return None if self._seconds is None else self._seconds * queries
