"""Many audits side by side, from scores: what the simulations of these tests share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditcore.sequential import RankTest
from auditcore.sequential.collection import LOG_WEIGHTS, log_factors


def ever_rejects(test: RankTest, beats: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each audit ever crosses. beats: (audits, hidden), in the order of the queries."""
    steps = np.array([*test.staircase, test.n])
    counts = np.minimum(np.cumsum(beats, axis=1), steps.size - 1)
    return (np.arange(1, beats.shape[1] + 1) >= steps[counts]).any(axis=1)


def collection_paths(beats: NDArray[np.bool_], looks_at: Sequence[int]) -> NDArray[np.float64]:
    """Log e-values of collections asked breadth first, looked at after every photo of a round.

    beats: (audits, photos, hidden); looks_at: hidden versions a photo after each round.
    Returns (audits, looks), looks = photos * rounds.
    """
    audits, photos, _ = beats.shape
    counts = np.cumsum(beats, axis=2)
    now = np.broadcast_to(log_factors(0, 0), (audits, photos, LOG_WEIGHTS.size))
    paths = []
    for t in looks_at:
        table = np.array([log_factors(t, k) for k in range(t + 1)])
        after = table[counts[:, :, t - 1]]
        gain = np.cumsum(after - now, axis=1) + now.sum(axis=1, keepdims=True)
        paths.append(np.logaddexp.reduce(gain + LOG_WEIGHTS, axis=2))
        now = after
    return np.concatenate(paths, axis=1)


def scored_beats(
    rng: np.random.Generator, audits: int, photos: int, hidden: int, shift: float, used: int
) -> NDArray[np.bool_]:
    """Who beats the published version, its score shifted in the first `used` photos."""
    published = rng.normal(size=(audits, photos, 1))
    published[:, :used] += shift
    return rng.normal(size=(audits, photos, hidden)) > published
