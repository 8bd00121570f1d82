"""l1-sparse fine-tuning on the rest: weights that only the photos need shrink to nothing.

Source: Jia et al., "Model Sparsity Can Simplify Machine Unlearning", NeurIPS 2023,
arXiv 2304.04934, section 4, equation 3, with its penalty that decays linearly to 0. The penalty's
step is taken apart from AdamW's (a proximal step, as AdamW takes that of its weight decay): where
the rest is remembered, AdamW would scale up even the smallest penalty.
"""

import torch
from torch import Tensor, nn

from auditcore.lab.unlearning.work import Pupil, Task, batches, loss_of

_PULL = 0.5
_RATE = 0.5


def run(task: Task) -> nn.Module:
    """Return a copy of the network fine-tuned on the rest while its weights are pulled to zero.

    All steps together pull each weight of a matrix or kernel by half the mean size of the weights
    there; `strength` multiplies that.
    """
    pupil = Pupil(task, task.steps, _RATE * task.recipe.learning_rate)
    chosen = batches(len(task.keep), task.recipe.batch)
    sizes = mean_sizes(pupil.network)
    for done in range(task.steps):
        left = 1 - done / task.steps
        pupil.set_rate(_RATE * task.recipe.learning_rate * left)
        pupil.descend(loss_of(task, pupil.network, task.keep.select(next(chosen))))
        shrink(pupil.network, sizes, _PULL * task.strength * left * 2 / (task.steps + 1))
    return pupil.finished()


def mean_sizes(network: nn.Module) -> dict[str, Tensor]:
    """Return the mean absolute weight, shape (), of each matrix and kernel by its name."""
    named = network.named_parameters()
    return {name: weights.detach().abs().mean() for name, weights in named if weights.ndim >= 2}


@torch.no_grad()
def shrink(network: nn.Module, sizes: dict[str, Tensor], share: float) -> None:
    """Pull each weight to zero by a share of its matrix's size, and no further than to zero."""
    for name, weights in network.named_parameters():
        if name in sizes:
            weights.copy_(nn.functional.softshrink(weights, float(share * sizes[name])))
