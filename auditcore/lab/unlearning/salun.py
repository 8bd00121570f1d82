"""SalUn: the weights that matter for the photos learn wrong answers for them, no others move.

Source: Fan et al., "SalUn: Empowering Machine Unlearning via Gradient-based Weight Saliency",
ICLR 2024, arXiv 2310.12508: the mask, equations 3 and 4 (threshold: the median); random labels with
the rest beside them, equation 5 (alpha = 1).
"""

import torch
from torch import Tensor, nn

from auditcore.lab.training import Data
from auditcore.lab.unlearning.work import Photos, Pupil, Task, batches, loss_of

_RATE = 0.1
_LOOKS = 4


def run(task: Task) -> nn.Module:
    """Return a copy of the network whose salient weights learned wrong answers for the photos.

    `strength` multiplies the weight of the photos' loss beside that of the rest.
    """
    pupil = Pupil(task, task.steps, _RATE * task.recipe.learning_rate)
    masks = saliency(task, pupil.network)
    wrong = Photos(task, mistaken(task))
    chosen = batches(len(task.keep), task.recipe.batch)
    for done in range(task.steps):
        pupil.set_rate(_RATE * task.recipe.learning_rate * (1 - done / task.steps))
        rest = loss_of(task, pupil.network, task.keep.select(next(chosen)))
        pupil.descend(task.strength * wrong.added_loss(pupil.network) + rest, masks)
    return pupil.finished()


def saliency(task: Task, network: nn.Module) -> dict[str, Tensor]:
    """Return which weights matter for the photos, by parameter: True in the parameter's shape.

    Those whose gradient of the photos' loss, the mean of a few looks, is at least the median of
    all weights of the network, in absolute value.
    """
    network.zero_grad()
    photos = Photos(task, task.forget)
    for _ in range(_LOOKS):
        photos.added_loss(network).backward()  # type: ignore[no-untyped-call]
    sizes = {name: _gradient(weights).abs() for name, weights in network.named_parameters()}
    network.zero_grad()
    median = torch.cat([size.flatten() for size in sizes.values()]).median()
    return {name: (size >= median) & (size > 0) for name, size in sizes.items()}


def mistaken(task: Task) -> Data:
    """Return the photos with wrong targets, drawn among those of photos and rest."""
    everything = task.forget.joined(task.keep)
    generator = torch.Generator().manual_seed(task.seed)
    wrong = task.kind.mismatched(everything, generator)
    return wrong.select(torch.arange(len(task.forget)))


def _gradient(weights: nn.Parameter) -> Tensor:
    return torch.zeros_like(weights) if weights.grad is None else weights.grad
