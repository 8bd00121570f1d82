"""The same rule over fewer photos and over larger tau: how steady a result is.

As published (arXiv 2209.07341): for each number of photos, 20 draws of that many without
replacement. The draws are always the same, so that a result can be repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.passive.idia.answers import Answers
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.rule import NOBODY, named, votes
from auditcore.randomness import derive

SIZES = (1, 3, 5, 10, 20, 30)
"""Numbers of photos that are drawn, as far as there are so many."""

DRAWS = 20

_SEED = b"telltale/idia/draws/1"


@dataclass(frozen=True)
class Curve:
    """How often the true name is recognised with fewer photos.

    Attributes:
        sizes: numbers of photos, rising; all photos are the last.
        named: wordings that name the person, int shape (len(sizes), DRAWS).
        decoys: share of the decoys recognised at tau = 1, 2, ..., mean over the draws, shape
            (len(sizes), 21).
    """

    sizes: tuple[int, ...]
    named: NDArray[np.int64]
    decoys: NDArray[np.float64]

    def recognised(self, tau: int) -> NDArray[np.float64]:
        """Return the share of the draws in which at least tau wordings name the person, (S,)."""
        shares: NDArray[np.float64] = (self.named >= tau).mean(axis=1)
        return shares

    def to_json(self) -> dict[str, Any]:
        """Return the curve as plain JSON values."""
        return {
            "photos": list(self.sizes),
            "wordings_naming_the_person": self.named.tolist(),
            "share_of_decoys_by_tau": np.round(self.decoys, 6).tolist(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Curve":
        """Read back what `to_json` wrote."""
        return cls(
            tuple(values["photos"]),
            np.array(values["wordings_naming_the_person"], dtype=np.int64),
            np.array(values["share_of_decoys_by_tau"], dtype=np.float64),
        )


def curve(answers: Answers, name: str) -> Curve:
    """Ask the rule about draws of fewer photos.

    Args:
        answers: about all photos of one person.
        name: the true name, one of the candidates.

    Raises:
        PassiveError: it is none of them.
    """
    person, decoys = answers.names.index(name), len(answers.names.decoys)
    given, best = np.unique(answers.best, return_inverse=True)  # few of the candidates occur
    best = best.reshape(answers.best.shape)
    sizes = tuple(sorted({size for size in SIZES if size < answers.photos} | {answers.photos}))
    wordings = np.empty((len(sizes), DRAWS), dtype=np.int64)
    shares = np.empty((len(sizes), len(TEMPLATES)))
    taus = np.arange(1, len(TEMPLATES) + 1)
    for row, size in enumerate(sizes):
        counted = _votes(best, size, len(given))
        wordings[row] = counted[:, given == person].sum(axis=1)
        over = counted[:, given < decoys, None] >= taus
        shares[row] = over.sum(axis=(0, 1)) / (DRAWS * decoys)
    return Curve(sizes, wordings, shares)


@cache
def draws(photos: int, size: int) -> NDArray[np.int64]:
    """Return DRAWS draws of `size` among so many photos, sorted, shape (DRAWS, size)."""
    stream = derive(_SEED, photos, size)
    drawn = [sorted(stream.shuffled(range(photos))[:size]) for _ in range(DRAWS)]
    return np.array(drawn, dtype=np.int64)


def _votes(best: NDArray[np.integer], size: int, candidates: int) -> NDArray[np.int64]:
    """Return each candidate's wordings in each draw, shape (DRAWS, candidates)."""
    photos = best.shape[1]
    if size == photos:  # every draw is all of them
        return np.tile(votes(best, candidates), (DRAWS, 1))
    drawn = best[:, draws(photos, size)].swapaxes(0, 1)  # (DRAWS, T, size)
    whom = named(drawn.reshape(-1, size), candidates).reshape(DRAWS, -1)
    counted = [np.bincount(row[row != NOBODY], minlength=candidates) for row in whom]
    return np.stack(counted)
