"""The tests by name."""

from fractions import Fraction

from auditcore.errors import DesignError
from auditcore.sequential.base import RankTest, StaircaseTest
from auditcore.sequential.besag_clifford import BesagClifford
from auditcore.sequential.betting import Betting
from auditcore.sequential.conditional_rank import ConditionalRank
from auditcore.sequential.full_rank import FullRank
from auditcore.sequential.one_batch import OneBatch
from auditcore.sequential.pprm import PPRM, PPRMBestSplit

_KINDS: tuple[type[StaircaseTest], ...] = (
    ConditionalRank,
    PPRM,
    PPRMBestSplit,
    Betting,
    BesagClifford,
    FullRank,
    OneBatch,
)
TESTS: tuple[str, ...] = tuple(kind.name for kind in _KINDS)
DEFAULT_TEST = ConditionalRank.name
HOSTED_TEST = OneBatch.name
"""The default for a model that somebody else runs, which is asked in one batch a photo."""


def make_test(name: str, n: int, p: Fraction, **options: int) -> RankTest:
    """Make the test called `name` for n versions at level p.

    Args:
        name: one of TESTS.
        n: versions of the photo, at least ceil(1/p).
        p: level, 0 < p < 1.
        options: h for "besag-clifford"; the other tests have none.

    Raises:
        DesignError: unknown name, or a level that n versions cannot reach.
    """
    for kind in _KINDS:
        if kind.name == name:
            return kind(n, p, **options)
    raise DesignError(f"There is no test called {name!r}. Choose one of: {', '.join(TESTS)}.")
