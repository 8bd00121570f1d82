"""Conditional rank, the default test."""

from dataclasses import dataclass

from auditcore.sequential.rank_chance import RankChanceTest


@dataclass(frozen=True)
class ConditionalRank(RankChanceTest):
    """Rejects when the chance of truly being in the top r of n has grown 1/p-fold.

    r = max(1, round(n p / 2)), so the chance starts at about p/2 and must reach about one half.
    M is a non-negative martingale with M = 1 before the first query; by Ville's inequality it
    reaches 1/p with probability at most p. Source: this project.
    """

    name = "conditional-rank"

    @property
    def pool(self) -> int:
        """All n versions."""
        return self.n

    @property
    def top(self) -> int:
        """r = max(1, round(n p / 2)); halves round to even."""
        return max(1, round(self.n * self.p / 2))
