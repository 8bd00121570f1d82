"""How many photos it takes: the chance to find a use by one photo, by ten, by fifty.

The trace of use is a shift: hidden versions score N(0, 1), the published one of each photo N(d, 1).
One photo is decided by the default test, exactly (sequential.exact). Several are one claim,
AnytimeCollection, simulated breadth first in the rounds and within the budget of a real audit; it
is looked at after every answer of a round, and no photo is given up.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from auditcore.audit.plan import ANYTIME, COLLECTION, Claim, max_hidden_for
from auditcore.lab.lessons.audits import collection_paths
from auditcore.lab.lessons.shapes import VERSIONS
from auditcore.lab.registries import LabError
from auditcore.sequential import (
    DEFAULT_TEST,
    AnytimeCollection,
    make_test,
    operating_characteristics,
)

SIZES = (1, 10, 50)
"""Numbers of photos that are compared."""

TRACES = tuple(step / 4 for step in range(15))
"""Shifts d at which the chance is told, in standard deviations of the hidden scores: 0 to 3.5."""

AUDITS = 300
"""Simulated audits for each number of photos above one and each trace."""


@dataclass(frozen=True)
class Power:
    """The chance that use is found, by the strength of its trace.

    Attributes:
        photos: used, all of them.
        traces: shifts d, shape (K,).
        found: the chance at each, 0 to 1, shape (K,). At d = 0 it is the false-alarm rate.
        exact: computed rather than counted over AUDITS audits.
    """

    photos: int
    traces: tuple[float, ...]
    found: tuple[float, ...]
    exact: bool


def power(photos: int, p: Fraction, *, audits: int = AUDITS, seed: int = 1) -> Power:
    """Return the chance that a claim about so many photos finds their use.

    Args:
        photos: at least 1, each with VERSIONS versions.
        p: the accepted chance of a false alarm.
        audits: simulated at each trace, for several photos.
        seed: another seed, other audits.

    Raises:
        LabError: no photo, or no audit.
        DesignError: a level out of reach.
    """
    if photos < 1 or audits < 1:
        raise LabError("At least one photo and one audit are needed.")
    if photos == 1:
        test = make_test(DEFAULT_TEST, VERSIONS, p)
        exact = (operating_characteristics(test, shift=trace).rate for trace in TRACES)
        return Power(1, TRACES, tuple(exact), exact=True)
    test_together = AnytimeCollection(photos, VERSIONS, p)
    rng = np.random.default_rng([seed, photos])
    counted = (_found(test_together, trace, audits, rng) for trace in TRACES)
    return Power(photos, TRACES, tuple(counted), exact=False)


def enough(found: Power, wanted: float = 0.9) -> float | None:
    """Return the weakest of its traces that is found with the chance wanted, None if none is."""
    return next(
        (
            trace
            for trace, chance in zip(found.traces, found.found, strict=True)
            if chance >= wanted
        ),
        None,
    )


def _found(test: AnytimeCollection, trace: float, audits: int, rng: np.random.Generator) -> float:
    rounds = rounds_of(test.m, test.p)
    beats = _beats(rng, (audits, test.m, rounds[-1]), trace)
    paths = collection_paths(beats, rounds)
    return float((paths >= test.log_threshold).any(axis=1).mean())


def _beats(
    rng: np.random.Generator, shape: tuple[int, int, int], trace: float
) -> NDArray[np.bool_]:
    published = rng.normal(loc=trace, size=(*shape[:2], 1))
    return rng.normal(size=shape) > published


@lru_cache
def rounds_of(photos: int, p: Fraction) -> tuple[int, ...]:
    """Return the hidden versions a photo after each round: 1, 2, 4, ... more, within the budget."""
    most = max_hidden_for(Claim(COLLECTION), ANYTIME, VERSIONS, photos, p)
    ends = accumulate(2**turn for turn in range(most.bit_length()))
    return (*(end for end in ends if end < most), most)
