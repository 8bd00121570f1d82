"""Waiting for a provider: at its rate, after its refusals, and no longer than a person wants."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from auditcore.errors import Cancelled

_SLICE = 0.25  # seconds between two looks at whether to stop
_MINUTE = 60.0


@dataclass(frozen=True)
class Clock:
    """Where time comes from; tests bring their own.

    Attributes:
        now: seconds that only grow.
        today: seconds since 1970, to read dates by.
        sleep: lets seconds pass.
        jitter: a number in [0, 1) that differs from caller to caller, so that not all come back at
            the same moment. No evidence depends on it.
    """

    now: Callable[[], float] = time.monotonic
    today: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.SystemRandom().random


class Pace:
    """When the next request may leave. Shared by all threads that ask one provider.

    Attributes:
        should_stop: asked while waiting; True ends the wait with Cancelled.
        each: seconds that one picture or text takes at the provider's rate.
    """

    def __init__(self, clock: Clock, per_minute: int | None) -> None:
        """Allow `per_minute` pictures and texts a minute; any number if None."""
        self.should_stop: Callable[[], bool] = lambda: False
        self._clock = clock
        self.each = _MINUTE / per_minute if per_minute else 0.0
        self._free_at = clock.now()
        self._lock = threading.Lock()

    def admit(self, things: int) -> None:
        """Wait until so many pictures or texts may leave, and take their place in the queue.

        Raises:
            Cancelled: the person stopped.
        """
        while True:
            with self._lock:
                left = self._free_at - self._clock.now()
                if left <= 0:
                    self._free_at = self._clock.now() + things * self.each
            self._wait(left)
            if left <= 0:
                return

    def hold(self, seconds: float) -> None:
        """Let nothing leave for so long."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock.now() + seconds)

    def _wait(self, seconds: float) -> None:
        end = self._clock.now() + seconds
        while True:
            if self.should_stop():
                raise Cancelled("Stopped while asking the provider.")
            left = end - self._clock.now()
            if left <= 0:
                return
            self._clock.sleep(min(left, _SLICE))
