"""How fast a model answers, and so how long the rest will take."""

from collections.abc import Callable

WEIGHT = 0.1
"""Share of the newest answer in the running mean: follows a change of pace within some answers."""


class Pace:
    """A running mean of the seconds per query."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._mark = 0.0
        self._seconds: float | None = None

    def start(self) -> None:
        """Begin to wait for an answer."""
        self._mark = self._timer()

    def lap(self, answers: int) -> None:
        """Note that so many answers have come, and begin to wait for the next."""
        now = self._timer()
        latest, self._mark = (now - self._mark) / answers, now
        before = latest if self._seconds is None else self._seconds
        self._seconds = latest + (1 - WEIGHT) ** answers * (before - latest)

    def seconds_for(self, queries: int) -> float | None:
        """Return how long `queries` more will take, None before anything was answered."""
        return None if self._seconds is None else self._seconds * queries
