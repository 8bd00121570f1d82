"""A thousand innocent models: the random draw alone makes the false-alarm rate.

Each model gives fixed scores to all versions of a photo that it never saw. One version is drawn
and counts as published; the product's own test then audits the model, answer by answer. The
counterexample publishes the version that somebody liked best, and the guarantee is gone.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.lessons.settling import counted
from auditcore.lab.lessons.shapes import SHAPES, VERSIONS, Scores, shape_called
from auditcore.lab.registries import LabError
from auditcore.passive.evaluation import Rate
from auditcore.sequential import (
    DEFAULT_TEST,
    RankTest,
    Walk,
    make_test,
    operating_characteristics,
)

MODELS = 1000
TASTE = 0.5
"""How strongly what people find nice goes with what models find familiar: a correlation."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """Which thousand.

    Attributes:
        shape: one of SHAPES.
        p: the accepted chance of a false alarm.
        nicest: the person publishes the version they like best instead of one drawn at random.
        seed: another seed, another thousand.

    Raises:
        LabError: no such shape.
        DesignError: a level that VERSIONS versions cannot reach.
    """

    shape: str = "measured"
    p: Fraction = Fraction(1, 20)
    nicest: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        shape_called(self.shape)
        make_test(DEFAULT_TEST, VERSIONS, self.p)


def audit_models(case: Case, first: int, count: int) -> Flags:
    """Audit models first .. first + count - 1 and return which were accused, shape (count,).

    What happens to a model depends on the case and its number alone, not on how they are shared
    out over calls.

    Raises:
        LabError: a negative number.
    """
    if first < 0 or count < 0:
        raise LabError("Models are counted from 0 on.")
    test = make_test(DEFAULT_TEST, VERSIONS, case.p)
    return np.array([_accused(case, test, model) for model in range(first, first + count)], bool)


def rate_of(case: Case) -> Rate:
    """Return how many of the thousand were accused, with the exact 95 % interval."""
    return counted(audit_models(case, 0, MODELS))


def exact_rate_of(p: Fraction) -> float:
    """Return the rate that a fair draw gives, computed and not counted (see sequential.exact)."""
    return operating_characteristics(make_test(DEFAULT_TEST, VERSIONS, p)).rate


def _accused(case: Case, test: RankTest, model: int) -> bool:
    rng = np.random.default_rng([case.seed, list(SHAPES).index(case.shape), model])
    scores = shape_called(case.shape).draw(rng)
    priorities = rng.permutation(VERSIONS)
    order = rng.permutation(VERSIONS)
    if case.nicest:
        nicest = _nicest(scores, priorities, rng)
        order = np.concatenate([[nicest], order[order != nicest]])
    ranks = np.empty(VERSIONS, dtype=np.int64)
    ranks[np.lexsort((priorities, scores))] = np.arange(VERSIONS)
    published, hidden = ranks[order[0]], ranks[order[1:]]
    walk = Walk(test)
    walk.observe((hidden > published).tolist())
    return walk.state == "rejected"


def _nicest(scores: Scores, priorities: NDArray[np.int64], rng: np.random.Generator) -> int:
    """Return the version that is liked best, where liking goes with the scores as far as TASTE."""
    familiar = np.empty(VERSIONS)
    familiar[np.lexsort((priorities, scores))] = np.sort(rng.normal(size=VERSIONS))
    liked = TASTE * familiar + (1 - TASTE**2) ** 0.5 * rng.normal(size=VERSIONS)
    return int(liked.argmax())
