"""Scores that a model may give to the versions of a photo that it never saw.

An innocent model's scores depend on the picture and on nothing else. They may look like anything:
the guarantee rests on the draw of the published version alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.registries import LabError
from auditcore.paths import assets_dir

VERSIONS = 1000
"""Versions of a photo in these lessons, as in a kit by default."""

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """One way in which the scores of a photo's versions may be spread.

    Attributes:
        title: its name on a button.
        sentence: what it stands for.
        draw: returns the scores of all VERSIONS of one photo, shape (VERSIONS,).
    """

    title: str
    sentence: str
    draw: Callable[[np.random.Generator], Scores]


def measured_file() -> Path:
    """Return the file of measured scores; `measured.py` makes it."""
    return assets_dir() / "lessons" / "innocent-scores.npz"


@lru_cache(maxsize=1)
def measured_scores() -> Scores:
    """Return the scores a real model gave to photos it never saw, shape (photos, VERSIONS).

    Raises:
        LabError: the file that is shipped with the app is missing or is not what it should be.
    """
    try:
        with np.load(measured_file()) as file:
            scores = np.asarray(file["scores"], dtype=np.float64)
    except (OSError, ValueError, KeyError) as error:
        raise LabError(_MISSING) from error
    if scores.ndim != 2 or scores.shape[1] != VERSIONS or not np.isfinite(scores).all():
        raise LabError(_MISSING)
    scores.setflags(write=False)
    return scores


_MISSING = (
    "The measured scores of this lesson are missing or damaged. Install the app again, or make "
    "them with: python -m auditcore.lab.lessons.measured"
)


def _bell(rng: np.random.Generator) -> Scores:
    return rng.normal(size=VERSIONS)


def _ties(rng: np.random.Generator) -> Scores:
    """One model says yes often, another hardly ever; all that is seen of a version is yes or no."""
    return rng.binomial(1, rng.random(), size=VERSIONS).astype(np.float64)


def _lopsided(rng: np.random.Generator) -> Scores:
    return rng.lognormal(sigma=2.0, size=VERSIONS)


def _measured(rng: np.random.Generator) -> Scores:
    scores = measured_scores()
    return np.asarray(scores[rng.integers(len(scores))])


SHAPES = {
    "measured": Shape(
        "Real model",
        "Scores that a real model, trained without the sample photos, gave to their versions.",
        _measured,
    ),
    "bell": Shape("Bell curve", "Scores spread evenly to both sides of a middle.", _bell),
    "lopsided": Shape(
        "Lopsided", "Most scores close together, a few of them far above all others.", _lopsided
    ),
    "ties": Shape(
        "Yes or no",
        "The model says only yes or no, so that most versions share their score with others.",
        _ties,
    ),
}


def shape_called(name: str) -> Shape:
    """Return one of SHAPES.

    Raises:
        LabError: no such shape.
    """
    if name not in SHAPES:
        raise LabError(f"There is no shape called {name!r}. Choose one of: {', '.join(SHAPES)}.")
    return SHAPES[name]
