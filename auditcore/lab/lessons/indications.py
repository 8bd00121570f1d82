"""Indication or guarantee: what both say of a model that never saw the pictures.

An indication compares my pictures with a reference that the model cannot know, and takes what lies
higher for use. When mine lie higher for another reason (sharper, simpler, another camera), it is
wrong, and nobody knows how often. The rank test compares each picture with versions of itself,
which share all of that; only the drawn mark differs. Source of the argument: Zhang, Das, Kamath and
Tramer, arXiv 2409.19798.

The indication is the product's own reading of EncoderMI's similarities (passive.encodermi), which
is to stand out once in 200 where mine and the reference are alike; the rank test is the claim about
a collection at the same 1 in 200.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.lessons.audits import collection_paths
from auditcore.lab.lessons.photos_needed import rounds_of
from auditcore.lab.lessons.shapes import VERSIONS
from auditcore.lab.registries import LabError
from auditcore.passive.encodermi.comparing import UNUSUAL, Reading, compare
from auditcore.passive.encodermi.shape import PAIRS
from auditcore.sequential import AnytimeCollection

LEVEL = Fraction(1, 200)
assert float(LEVEL) == UNUSUAL
DIFFERENCES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
"""How much higher my pictures lie, in standard deviations of pictures of one kind."""

REFERENCE = 100
"""Pictures in the reference."""

MARK = 0.2
"""What parts the versions of one picture, in standard deviations of what parts pictures."""

_USUAL, _SPREAD = 0.6, 0.05

Flags = NDArray[np.bool_]


def false_alarms(pictures: int, first: int, count: int, seed: int = 1) -> Flags:
    """Ask about models that never saw my pictures, at every difference, in both ways.

    Args:
        pictures: mine, 5 to 100.
        first: number of the first model; with the seed it fixes every draw.
        count: of models.
        seed: another seed, other models.

    Returns:
        Whether the model was taken for a user, shape (count, differences, 2): by the indication,
        by the rank test.

    Raises:
        LabError: too few pictures for an indication to say anything, or too many.
    """
    if not 5 <= pictures <= 100:
        raise LabError("This lesson compares 5 to 100 pictures.")
    test = AnytimeCollection(pictures, VERSIONS, LEVEL)
    models = range(first, first + count)
    found = [[_both(test, (seed, model), d) for d in DIFFERENCES] for model in models]
    return np.array(found, dtype=np.bool_).reshape(count, len(DIFFERENCES), 2)


def _both(test: AnytimeCollection, number: tuple[int, int], difference: float) -> tuple[bool, bool]:
    rng = np.random.default_rng([*number, DIFFERENCES.index(difference)])
    mine = rng.normal(loc=difference, size=test.m)
    reference = rng.normal(size=REFERENCE)
    stands_out = compare(_similarities(mine), _similarities(reference)).reading
    return stands_out is Reading.STANDS_OUT, _rank_test(test, mine, rng)


def _similarities(familiar: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return similarities of the views of pictures that look so familiar, shape (N, PAIRS)."""
    means = np.clip(_USUAL + _SPREAD * familiar, -1, 1)
    return np.repeat(means[:, None], PAIRS, axis=1).astype(np.float32)


def _rank_test(
    test: AnytimeCollection, mine: NDArray[np.float64], rng: np.random.Generator
) -> bool:
    """Audit pictures whose versions share what makes the picture familiar."""
    rounds = rounds_of(test.m, test.p)
    scores = mine[:, None] + MARK * rng.normal(size=(test.m, rounds[-1] + 1))
    paths = collection_paths((scores[:, 1:] > scores[:, :1])[None], rounds)
    return bool((paths >= test.log_threshold).any())
