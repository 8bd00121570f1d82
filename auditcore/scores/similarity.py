"""Scores of encoders: how alike the views of a version are, or how near its caption.

Sources: similarity of views, arXiv 2503.22413 and its code (the sum of the K x K cosine matrix);
its idea, EncoderMI, arXiv 2108.11023. Caption cosine: arXiv 2503.22413.
"""

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ScoreError


def view_similarity_score(features: NDArray[np.float32]) -> float:
    """Return the mean of the K x K matrix of cosines between the views, between 0 and 1.

    It is the squared length of the mean of the unit vectors, and ranks as the papers' sum does.

    Args:
        features: one row a view, shape (K, D), of any length.
    """
    mean = unit_rows(features).mean(axis=0)
    return float(mean @ mean)


def caption_cosine_score(features: NDArray[np.float32], caption: NDArray[np.float32]) -> float:
    """Return the mean over views of the cosine between view and caption, between -1 and 1.

    Args:
        features: one row a view, shape (V, D).
        caption: the caption's text features, shape (D,).
    """
    return float((unit_rows(features) @ unit_rows(caption[None])[0]).mean())


def unit_rows(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each row divided by its length, in float64.

    Raises:
        ScoreError: a row of zeros, which has no direction.
    """
    rows = features.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if lengths.min() == 0:
        raise ScoreError("The model answered with features that are all zero.")
    directions: NDArray[np.float64] = rows / lengths
    return directions
