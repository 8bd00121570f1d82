"""Besag-Clifford: sequential Monte-Carlo p-values."""

import math
from dataclasses import dataclass
from typing import ClassVar

from auditcore.errors import DesignError
from auditcore.sequential.rank_chance import CertainRankTest


@dataclass(frozen=True)
class BesagClifford(CertainRankTest):
    """Rejects when fewer than h of the first ceil(h/p) - 1 hidden versions beat the published one.

    Decided as soon as that is certain either way. h = 1 is the aggressive bet: M = t + 1 while
    nothing beats the published version, 0 afterwards. Source: Besag and Clifford 1991.

    Args:
        h: beats that end the test, 1 <= h <= n p; 0 stands for the usual one,
            min(`usual_beats`, floor(n p)).
    """

    h: int = 0

    name = "besag-clifford"
    usual_beats: ClassVar[int] = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        most = int(self.n * self.p)
        if self.h == 0:
            object.__setattr__(self, "h", min(self.usual_beats, most))
        if not 1 <= self.h <= most:
            raise DesignError(
                f"With {self.n} versions at this level, Besag-Clifford can stop after 1 to {most} "
                f"beats, not {self.h}."
            )

    @property
    def pool(self) -> int:
        """ceil(h / p): the published version and the first ceil(h/p) - 1 hidden ones."""
        return math.ceil(self.h / self.p)

    @property
    def top(self) -> int:
        """The h best ranks."""
        return self.h
