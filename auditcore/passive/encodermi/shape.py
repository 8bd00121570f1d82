"""What similarities look like, and what is asked for them; light, so that a page can import it."""

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import PassiveError

VIEWS = 10
"""Views of a picture: n = 10 in the paper (arXiv 2108.11023)."""

PAIRS = VIEWS * (VIEWS - 1) // 2
"""Similarities of a picture: one for each pair of its views, 45."""

VARIANTS = ("V", "S", "T")
"""The attacks: on the vector, on the set, with a threshold."""

Similarities = NDArray[np.float32]


def check_similarities(values: Similarities) -> Similarities:
    """Return similarities as float32, shape (N, 45).

    Raises:
        PassiveError: another shape, none at all, or values that are no cosines.
    """
    found = np.ascontiguousarray(values, dtype=np.float32)
    if found.ndim != 2 or found.shape[1] != PAIRS or not len(found):
        raise PassiveError(f"Similarities are {PAIRS} numbers a picture, for one or more pictures.")
    if not np.isfinite(found).all() or np.abs(found).max() > 1.001:
        raise PassiveError("Similarities are cosines: numbers between -1 and 1. These are not.")
    return found


def pictures_sent(pictures: int) -> int:
    """Return how many pictures a hosted encoder is sent for so many pictures."""
    return pictures * VIEWS
