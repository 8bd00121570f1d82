"""One photo's path through a test: answers one by one, decided at the first crossing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from auditcore.sequential.base import RankTest

WalkState = Literal["running", "rejected", "gave up", "exhausted"]


@dataclass
class Walk:
    """A walk over (t, k) that ends at its first crossing and then stays as it is.

    Args:
        test: the test to walk through.
        heed_advice: end with "gave up" where the test advises it; otherwise only rejection or the
            last hidden version ends the walk. The guarantee holds either way.

    Attributes:
        t: hidden versions applied; k: how many of them beat the published one.
        state: "running" until a crossing; "exhausted" when no hidden version is left.
        fired_at: the t at which the test rejected, None while it has not.
    """

    test: RankTest
    heed_advice: bool = True
    t: int = 0
    k: int = 0
    state: WalkState = "running"
    fired_at: int | None = None

    def __post_init__(self) -> None:
        self._judge()

    def observe(self, beats: Iterable[bool]) -> int:
        """Apply answers in their committed order and return how many were used.

        True means that the hidden version beats the published one. What comes after the first
        crossing is not used, so a batch decides exactly as its answers would one by one.
        """
        used = 0
        for beat in beats:
            if self.state != "running":
                break
            self.t, self.k, used = self.t + 1, self.k + bool(beat), used + 1
            self._judge()
        return used

    def _judge(self) -> None:
        if self.test.rejects(self.t, self.k):
            self.state, self.fired_at = "rejected", self.t
        elif self.heed_advice and self.test.gives_up(self.t, self.k):
            self.state = "gave up"
        elif self.t == self.test.n - 1:
            self.state = "exhausted"
