"""Many audits side by side, from scores: what the simulations of these tests share."""

import numpy as np
from numpy.typing import NDArray

from auditcore.sequential import RankTest


def ever_rejects(test: RankTest, beats: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each audit ever crosses. beats: (audits, hidden), in the order of the queries."""
    steps = np.array([*test.staircase, test.n])
    counts = np.minimum(np.cumsum(beats, axis=1), steps.size - 1)
    return (np.arange(1, beats.shape[1] + 1) >= steps[counts]).any(axis=1)
