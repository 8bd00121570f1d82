"""EncoderMI-T: the mean of the 45 similarities, against one threshold.

Source: arXiv 2108.11023, section 4.3: the threshold that tells members from non-members of the
shadow encoder most accurately.
"""

import numpy as np
from numpy.typing import NDArray

from auditcore.passive.encodermi.shape import Similarities


def mean_similarity(similarities: Similarities) -> NDArray[np.float64]:
    """Return the mean over the pairs of views, shape (N,)."""
    means: NDArray[np.float64] = similarities.mean(axis=1, dtype=np.float64)
    return means


def best_threshold(members: NDArray[np.float64], non_members: NDArray[np.float64]) -> float:
    """Return the value that separates two samples best: members are those above it.

    Accuracy counts members and non-members the same however many there are of each. Of several
    best, the highest: it calls the fewest non-members members.

    Args:
        members: shape (N,).
        non_members: shape (M,).
    """
    values = np.unique(np.concatenate([members, non_members]))
    between = np.concatenate([[values[0] - 1], (values[1:] + values[:-1]) / 2, [values[-1] + 1]])
    found = 1 - np.searchsorted(np.sort(members), between, side="right") / members.size
    wrong = 1 - np.searchsorted(np.sort(non_members), between, side="right") / non_members.size
    accuracy = (found + 1 - wrong) / 2
    return float(between[np.flatnonzero(accuracy >= accuracy.max() - 1e-12)[-1]])
