"""An anytime-valid p-value: the smallest level, on a ladder fixed before the audit, that fired."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from auditcore.errors import DesignError
from auditcore.sequential.base import RankTest
from auditcore.sequential.registry import make_test


@dataclass(frozen=True)
class Ladder:
    """One test at several levels. P0(p-value ever <= level) <= level for each of them.

    Args:
        name: one of TESTS.
        n: versions of the photo.
        levels: the ladder, in any order.

    Raises:
        DesignError: no level, a level that n versions cannot reach, or levels that are not
            nested: a path would reject at the stricter level and not at the milder one.
    """

    name: str
    n: int
    levels: Sequence[Fraction]
    tests: tuple[RankTest, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.levels:
            raise DesignError("A ladder of levels needs at least one level.")
        ordered = tuple(sorted(set(self.levels)))
        object.__setattr__(self, "levels", ordered)
        object.__setattr__(self, "tests", tuple(make_test(self.name, self.n, p) for p in ordered))
        for strict, mild in pairwise(self.tests):
            if not nested(strict, mild):
                raise DesignError(
                    f"The levels {float(strict.p):g} and {float(mild.p):g} cannot stand on one "
                    f"ladder with {self.n} versions: some audits would reach the stricter one "
                    "first. Leave one of them out."
                )

    def p_value(self, history: Iterable[tuple[int, int]]) -> Fraction:
        """Return the smallest level that has fired, 1 where none has.

        Args:
            history: every state (t, k) passed through, t rising by one: `states(answers)`.

        Raises:
            ValueError: a history that jumps, since a crossing could be missed.
        """
        visited = list(history)
        if any(later[0] != earlier[0] + 1 for earlier, later in pairwise(visited)):
            raise ValueError("a history must hold every state, one hidden version apart")
        fired = (test.p for test in self.tests if any(test.rejects(t, k) for t, k in visited))
        return next(fired, Fraction(1))


def states(answers: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """Yield (t, k) before the first answer and after each (True: the hidden version beats)."""
    t = k = 0
    yield t, k
    for beats in answers:
        t, k = t + 1, k + bool(beats)
        yield t, k


def nested(strict: RankTest, mild: RankTest) -> bool:
    """Whether every path that rejects in `strict` rejects in `mild` no later; exact."""
    steep, flat = strict.staircase, mild.staircase
    return len(steep) <= len(flat) and all(
        high >= low for high, low in zip(steep, flat, strict=False)
    )
