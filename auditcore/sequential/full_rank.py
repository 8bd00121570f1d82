"""Full rank: the reference for power."""

from dataclasses import dataclass

from auditcore.sequential.rank_chance import CertainRankTest


@dataclass(frozen=True)
class FullRank(CertainRankTest):
    """Rejects when the published version is in the top floor(n p) of all n, once that is certain.

    The false-detection rate is exactly floor(n p) / n.
    """

    name = "full-rank"

    @property
    def pool(self) -> int:
        """All n versions."""
        return self.n

    @property
    def top(self) -> int:
        """floor(n p)."""
        return int(self.n * self.p)
