"""Training again from nothing without the photos: the only method that forgets by definition."""

from torch import nn

from auditcore.lab.training import Epoch, fit
from auditcore.lab.unlearning.work import Task


def run(task: Task) -> nn.Module:
    """Return a new network trained on the rest with the task's own seed."""

    def told(epoch: Epoch) -> None:
        if task.on_step is not None:
            task.on_step(epoch.done, epoch.epochs)

    network = task.kind.new(task.classes, task.seed)
    fit(
        task.kind,
        network,
        task.keep,
        task.recipe,
        task.seed,
        held_out=task.held_out,
        on_epoch=told,
        should_stop=task.should_stop,
        checkpoint=task.checkpoint,
    )
    return network
