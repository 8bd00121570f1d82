"""Scores of classifiers: how sure the model is of a version, and of its true label.

A version is shown as several views; the probabilities are averaged over them first. Logarithms are
exact at 0 and near 1: x log x is 0 at 0, and 1 - p of the most probable class is the sum of the
others, so that a model that is sure to nine digits is still ranked by the ninth.

Sources: modified entropy, Song and Mittal, USENIX Security 2021, section 4.2; its use on mean
probabilities over augmented views and on label histograms, arXiv 2503.22413 and its code.
"""

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ScoreError

HISTOGRAM_FLOOR = 1e-5  # what an empty bin of a label histogram counts as
_TINY = np.finfo(np.float64).tiny
_SUM_TOLERANCE = 1e-3

Probabilities = NDArray[np.float64]


def modified_entropy_score(probabilities: Probabilities, label: int) -> float:
    """Return (1 - p_y) log p_y + sum over i != y of p_i log(1 - p_i), at most 0.

    Args:
        probabilities: one row, shape (C,), that sums to 1.
        label: index y of the true class.
    """
    rest = complements(probabilities)
    others = np.delete(np.arange(len(probabilities)), label)
    own = rest[label] * _log(probabilities, rest)[label]
    return float(own + (probabilities * _log(rest, probabilities))[others].sum())


def negative_entropy_score(probabilities: Probabilities) -> float:
    """Return the sum over i of p_i log p_i, between -log C and 0."""
    return float((probabilities * _log(probabilities, complements(probabilities))).sum())


def complements(probabilities: Probabilities) -> Probabilities:
    """Return 1 - p_i for each i, without cancellation where p_i is near 1."""
    rest = 1 - probabilities
    top = int(probabilities.argmax())
    rest[top] = np.delete(probabilities, top).sum()
    return rest


def _log(values: Probabilities, rest: Probabilities) -> Probabilities:
    """Return log of `values`, where `rest` is 1 - values to full precision; finite at 0."""
    near_one = np.log1p(-np.minimum(rest, 0.5))
    logs: Probabilities = np.where(rest < 0.5, near_one, np.log(np.maximum(values, _TINY)))
    return logs


def mean_probabilities(rows: NDArray[np.float64]) -> Probabilities:
    """Return the mean over views, shape (C,), of probabilities of shape (V, C).

    Raises:
        ScoreError: a row that is no probability distribution.
    """
    sums = rows.sum(axis=1)
    if rows.min() < 0 or np.abs(sums - 1).max() > _SUM_TOLERANCE:
        raise ScoreError(
            "The model's answers are not class probabilities: each must be at least 0 and "
            f"together they must be 1, but they were between {rows.min():.3g} and "
            f"{rows.max():.3g} with a sum of {sums[np.abs(sums - 1).argmax()]:.3g}."
        )
    mean: Probabilities = (rows / sums[:, None]).mean(axis=0)
    return mean


def label_histogram(labels: NDArray[np.int64], classes: int) -> Probabilities:
    """Return how often each label was predicted over the views, shape (C,), zeros at the floor.

    The floor stands for what so few views cannot tell from 0 (arXiv 2503.22413's code); the row
    is divided by its sum afterwards. Labels beyond the last class, where a model turns out to have
    more than it was taken to have, get a bin each behind the others.
    """
    beyond = np.unique(labels[labels >= classes])
    bins = np.where(labels < classes, labels, classes + np.searchsorted(beyond, labels))
    shares = np.bincount(bins, minlength=classes) / len(labels)
    floored = np.maximum(shares, HISTOGRAM_FLOOR)
    histogram: Probabilities = floored / floored.sum()
    return histogram
