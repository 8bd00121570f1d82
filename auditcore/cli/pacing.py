"""Which events of an audit are worth a line: all of a short one, one a second of a long one."""

import time
from collections.abc import Callable

from auditcore.audit import BatchScored, CollectionMoved, Event, PhotoMoved

FEW_QUERIES = 2_000
"""Of an audit with no larger budget, everything is told."""


class Told:
    """Remembers when something was last told."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._last = float("-inf")

    def due(self, event: Event) -> bool:
        """Say whether an event is to be told; what happens once always is."""
        passing = isinstance(event, BatchScored | PhotoMoved | CollectionMoved)
        if passing and event.progress.at_most > FEW_QUERIES and self._timer() < self._last + 1:
            return False
        self._last = self._timer()
        return True
