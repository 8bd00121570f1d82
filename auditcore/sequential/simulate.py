"""Simulated audits of one photo, answer by answer."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import DesignError
from auditcore.sequential.alternatives import chances, upper_tail
from auditcore.sequential.base import RankTest
from auditcore.sequential.exact import operating_characteristics
from auditcore.sequential.registry import make_test

Z95 = 1.959963984540054


@dataclass(frozen=True)
class SimulationResult:
    """What `audits` simulated audits did.

    Attributes:
        rate: share that rejected.
        ci95: its 95 % interval (Wilson).
        exact_rate: the same by recursion.
        mean_hidden_queries: of all audits, whatever their end.
        median_hidden_queries: likewise.
    """

    rate: float
    ci95: tuple[float, float]
    exact_rate: float
    mean_hidden_queries: float
    median_hidden_queries: float


def simulate(
    name: str,
    n: int,
    p: Fraction,
    audits: int,
    *,
    q: float | None = None,
    shift: float | None = None,
    seed: int = 0,
) -> SimulationResult:
    """Simulate audits that heed the advice to give up.

    Under H0 (neither q nor shift) the published score is a draw like every other.

    Args:
        name: one of TESTS.
        n: versions of the photo.
        p: level.
        audits: how many, at least 1.
        q: chance that a hidden version beats the published one.
        shift: of the published score, in SDs of the hidden scores.
        seed: the same seed gives the same audits.

    Raises:
        DesignError: an unknown test, a level out of reach, or no audits.
    """
    if audits < 1:
        raise DesignError("At least one audit must be simulated.")
    test = make_test(name, n, p)
    exact = operating_characteristics(test, q, shift)
    rng = np.random.default_rng(seed)
    rejected, queries = _run(test, _draw_chances(rng, audits, q, shift), rng)
    rate = float(rejected.mean())
    return SimulationResult(
        rate=rate,
        ci95=wilson(rate, audits),
        exact_rate=exact.rate,
        mean_hidden_queries=float(queries.mean()),
        median_hidden_queries=float(np.median(queries)),
    )


def _draw_chances(
    rng: np.random.Generator, audits: int, q: float | None, shift: float | None
) -> NDArray[np.float64]:
    """Each audit's chance that a hidden version beats the published one; uniform under H0."""
    if q is not None:
        return np.full(audits, chances(q, shift).values[0])
    if shift is not None:
        return upper_tail(rng.normal(shift, 1.0, audits))
    return rng.random(audits)


def _run(
    test: RankTest, beat_chances: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Walk all audits side by side; return who rejected and the hidden queries of each."""
    steps = np.array([*test.staircase, test.n], dtype=np.int64)
    give_up = np.array([test.give_up_until(k) for k in range(steps.size)], dtype=np.int64)
    rejected = np.zeros(beat_chances.size, dtype=np.bool_)
    queries = np.zeros(beat_chances.size, dtype=np.int64)
    running = np.arange(beat_chances.size)
    beats = np.zeros(beat_chances.size, dtype=np.int64)
    for t in range(test.n):
        fires = t >= steps[beats]
        stops = fires | (t <= give_up[beats]) | (t == test.n - 1)
        rejected[running[fires]] = True
        queries[running[stops]] = t
        running, beats = running[~stops], beats[~stops]
        if not running.size:
            break
        beats = beats + (rng.random(running.size) < beat_chances[running])
    return rejected, queries


def wilson(rate: float, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a rate seen in `trials` trials."""
    spread = Z95**2 / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = (spread * (rate * (1 - rate) + spread / 4)) ** 0.5 / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
