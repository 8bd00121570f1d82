"""What a model remembers: scores of pictures it was trained on beside others, epoch by epoch.

Members and non-members are drawn at random from one source, so that they differ by the training
alone. The person's own photos are left out: they are of another source. An indication at best.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.experiments import Snapshot
from auditcore.passive.evaluation import Auc, Rate, Roc, auc, roc, tpr_at

FEW_WRONG = 0.05
"""The share of strangers wrongly called members at which the members found are counted."""

_BINS = 24


@dataclass(frozen=True)
class Seen:
    """How well members are told from strangers after an epoch.

    Attributes:
        epoch: of the training.
        edges: bounds of the bins, the same for every epoch, shape (B + 1,).
        members, strangers: share of either in each bin, shape (B,) each, sum 1.
        auc: the chance that a member scores above a stranger.
        found: members found where at most FEW_WRONG of the strangers are; None with too few.
        curve: both error rates at every threshold.
    """

    epoch: int
    edges: NDArray[np.float64]
    members: NDArray[np.float64]
    strangers: NDArray[np.float64]
    auc: Auc
    found: Rate | None
    curve: Roc


def seen(snapshots: Sequence[Snapshot]) -> tuple[Seen, ...]:
    """Return what each snapshot shows, in bins that fit all of them.

    Raises:
        PassiveError: a snapshot without members or non-members, or with a score that is no number.
    """
    every = [score for one in snapshots for score in (*one.members, *one.non_members)]
    edges = np.linspace(min(every, default=0.0), max(every, default=1.0) + 1e-9, _BINS + 1)
    return tuple(_seen(one, edges) for one in snapshots)


def _seen(one: Snapshot, edges: NDArray[np.float64]) -> Seen:
    return Seen(
        epoch=one.epoch,
        edges=edges,
        auc=auc(one.members, one.non_members),
        found=tpr_at(one.members, one.non_members, FEW_WRONG),
        curve=roc(one.members, one.non_members),
        members=_shares(one.members, edges),
        strangers=_shares(one.non_members, edges),
    )


def _shares(scores: Sequence[float], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counts, _ = np.histogram(scores, edges)
    return counts / len(scores)
