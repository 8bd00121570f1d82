"""The tests, one file each; pure mathematics on (t, k).

One photo: `make_test` and `TESTS` (registry), `RankTest` (base), `Walk`, batch sizes (batching),
`Ladder` for p-values. A collection: `AnytimeCollection`; `RankSum` and `Fisher` for one look at
the end (fixed_budget). Every photo: `ClosedTest` and `ClosedWalk` (familywise). What a test
costs and finds: `operating_characteristics` and `exact_rate` (exact), `simulate`.
"""

from auditcore.sequential.base import RankTest
from auditcore.sequential.batching import next_batch_size, shortest_clean_run
from auditcore.sequential.collection import AnytimeCollection
from auditcore.sequential.exact import Characteristics, exact_rate, operating_characteristics
from auditcore.sequential.familywise import ClosedTest, ClosedWalk
from auditcore.sequential.fixed_budget import Fisher, RankSum
from auditcore.sequential.ladder import Ladder
from auditcore.sequential.registry import DEFAULT_TEST, HOSTED_TEST, TESTS, make_test
from auditcore.sequential.simulate import SimulationResult, simulate
from auditcore.sequential.walk import Walk, WalkState

__all__ = [
    "DEFAULT_TEST",
    "HOSTED_TEST",
    "TESTS",
    "AnytimeCollection",
    "Characteristics",
    "ClosedTest",
    "ClosedWalk",
    "Fisher",
    "Ladder",
    "RankSum",
    "RankTest",
    "SimulationResult",
    "Walk",
    "WalkState",
    "exact_rate",
    "make_test",
    "next_batch_size",
    "operating_characteristics",
    "shortest_clean_run",
    "simulate",
]
