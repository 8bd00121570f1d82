"""Many audits side by side, decided by the product's tests: what the simulations here share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditcore.sequential import RankTest
from auditcore.sequential.collection import LOG_WEIGHTS, log_factors

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


def crossings(test: RankTest, beats: Flags) -> Flags:
    """Return whether each audit ever reaches the test's stairs, as one that never gives up.

    Args:
        test: any rank test.
        beats: whether hidden version t + 1 beats the published one, in the order of the
            queries, shape (audits, hidden), hidden <= n - 1.

    Returns:
        Shape (audits,). The level holds with and without giving up; not giving up is the harder
        case.
    """
    return stairs_of(np.array([*test.staircase, test.n]), beats)


def stairs_of(steps: NDArray[np.int64], beats: Flags) -> Flags:
    """Do the same with stairs of one's own.

    Args:
        steps: smallest t that rejects with k = 0, 1, ... beats; the last is out of reach.
        beats: as in `crossings`.
    """
    counts = np.minimum(np.cumsum(beats, axis=1, dtype=np.int32), steps.size - 1)
    return any_of(np.arange(1, beats.shape[1] + 1) >= steps[counts])


def against_first(scores: Scores) -> Flags:
    """Return which hidden versions beat the published one, which comes first.

    Args:
        scores: shape (audits, versions), without ties.

    Returns:
        Shape (audits, versions - 1).
    """
    return scores[:, 1:] > scores[:, :1]


def any_of(flags: Flags) -> Flags:
    """Return whether any of each audit's flags is set: shape (audits, flags) to (audits,)."""
    return np.asarray(flags.any(axis=1), dtype=np.bool_)


def collection_paths(beats: Flags, rounds: Sequence[int]) -> NDArray[np.float64]:
    """Return the log e-values of collections that are asked breadth first.

    The evidence is the one of `AnytimeCollection`, looked at after every photo of every round.

    Args:
        beats: shape (audits, photos, hidden).
        rounds: hidden versions a photo after each round, rising, at most `hidden`.

    Returns:
        Shape (audits, photos * rounds).
    """
    audits, photos, _ = beats.shape
    counts = np.cumsum(beats, axis=2, dtype=np.int32)
    now = np.broadcast_to(log_factors(0, 0), (audits, photos, LOG_WEIGHTS.size))
    paths = []
    for t in rounds:
        table = np.array([log_factors(t, k) for k in range(t + 1)])
        after = table[counts[:, :, t - 1]]
        gain = np.cumsum(after - now, axis=1) + now.sum(axis=1, keepdims=True)
        paths.append(np.logaddexp.reduce(gain + LOG_WEIGHTS, axis=2))
        now = after
    return np.concatenate(paths, axis=1)
