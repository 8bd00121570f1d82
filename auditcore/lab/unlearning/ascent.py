"""Gradient ascent on the photos, then repair by fine-tuning on the rest.

Source: Golatkar et al., arXiv 1911.04933, section 2 (ascent as a way to forget); the repair is the
fine-tuning of Jia et al., arXiv 2304.04934, section 3.
"""

from torch import nn

from auditcore.lab.unlearning.work import Photos, Pupil, Task, batches, loss_of

_UP = 0.2
_UP_RATE, _REPAIR_RATE = 0.1, 0.5


def run(task: Task) -> nn.Module:
    """Return a copy of the network that climbed the photos' loss and was repaired.

    `strength` multiplies the steps of the ascent.
    """
    up = max(1, round(_UP * task.strength * task.steps))
    repair = max(1, round((1 - _UP) * task.steps))
    pupil = Pupil(task, up + repair, _UP_RATE * task.recipe.learning_rate)
    photos = Photos(task, task.forget)
    for _ in range(up):
        pupil.descend(-photos.added_loss(pupil.network))
    chosen = batches(len(task.keep), task.recipe.batch)
    for done in range(repair):
        pupil.set_rate(_REPAIR_RATE * task.recipe.learning_rate * (1 - done / repair))
        pupil.descend(loss_of(task, pupil.network, task.keep.select(next(chosen))))
    return pupil.finished()
