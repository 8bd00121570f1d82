"""What a model remembers: scores of pictures it was trained on beside others, epoch by epoch.

Members and non-members are drawn at random from one source, so that they differ by the training
alone. The person's own photos are left out: they are of another source. An indication at best.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from auditcore.lab.experiments import Snapshot
from auditcore.passive.evaluation import Auc, Rate, Roc, auc, roc, tpr_at

FEW_WRONG = 0.05
"""The share of strangers wrongly called members at which the members found are counted."""


@dataclass(frozen=True)
class Seen:
    """How well members are told from strangers after an epoch.

    Attributes:
        epoch: of the training.
        span: the lowest and the highest score of any epoch.
        members, strangers: scores of either, in their order.
        auc: the chance that a member scores above a stranger.
        found: members found where at most FEW_WRONG of the strangers are; None with too few.
        curve: both error rates at every threshold.
    """

    epoch: int
    span: tuple[float, float]
    members: tuple[float, ...]
    strangers: tuple[float, ...]
    auc: Auc
    found: Rate | None
    curve: Roc


def seen(snapshots: Sequence[Snapshot]) -> tuple[Seen, ...]:
    """Return what each snapshot shows.

    Raises:
        PassiveError: a snapshot without members or non-members, or with a score that is no number.
    """
    every = [score for one in snapshots for score in (*one.members, *one.non_members)]
    return tuple(_seen(one, (min(every), max(every))) for one in snapshots)


def _seen(one: Snapshot, span: tuple[float, float]) -> Seen:
    return Seen(
        epoch=one.epoch,
        span=span,
        members=one.members,
        strangers=one.non_members,
        auc=auc(one.members, one.non_members),
        found=tpr_at(one.members, one.non_members, FEW_WRONG),
        curve=roc(one.members, one.non_members),
    )
