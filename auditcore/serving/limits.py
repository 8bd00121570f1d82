"""What one request may hold, and how much a minute may."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from auditcore.photos import MAX_PIXELS
from auditcore.serving.refusing import Refused


@dataclass(frozen=True)
class Limits:
    """What is refused before it costs anything.

    Attributes:
        body_bytes: most bytes of a request; JSON may take up many times its length in memory.
        tensor_bytes: most bytes of a request with pictures as numbers, which need more letters.
        items: most pictures and texts in a request.
        pixels: most pixels of a request's pictures together, counted before any is decoded.
        text_letters: most letters of a text.
        per_minute: pictures and texts answered in a minute; None for no limit.
        waiting: most requests that are read, or wait for the model, at once.
        read_seconds: longest time that sending a request may take.
    """

    body_bytes: int = 16_000_000
    tensor_bytes: int = 64_000_000
    items: int = 32
    pixels: int = MAX_PIXELS
    text_letters: int = 2_000
    per_minute: int | None = None
    waiting: int = 32
    read_seconds: float = 60.0


class Rate:
    """Counts what is answered: an allowance that refills evenly, a minute's worth at most."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = float(per_minute or 0)
        self._counted_at = clock()

    def spend(self, items: int) -> None:
        """Take so many pictures and texts off the allowance.

        Raises:
            Refused: 429, with the seconds until there is enough (Retry-After); 400 for a request
                that is more than a minute's worth.
        """
        if self._per_minute is None:
            return
        if items > self._per_minute:
            raise Refused(400, f"At most {self._per_minute} pictures and texts fit in a request.")
        now = self._clock()
        gained = (now - self._counted_at) * self._per_minute / 60
        self._left = min(float(self._per_minute), self._left + gained)
        self._counted_at = now
        if self._left < items:
            seconds = math.ceil((items - self._left) * 60 / self._per_minute)
            raise Refused(
                429,
                f"At most {self._per_minute} pictures and texts are answered in a minute. "
                f"Ask again in {seconds} s.",
                {"Retry-After": str(seconds)},
            )
        self._left -= items
