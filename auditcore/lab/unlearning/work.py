"""What the methods share: a copy of the network that is changed step by step, and its batches."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from auditcore.errors import Cancelled
from auditcore.lab.training import Data, Kind, Recipe, device_of

OnStep = Callable[[int, int], None]
ShouldStop = Callable[[], bool]

_BETAS = (0.9, 0.98)
_FEWEST_TOGETHER = 8
_SHARE = 0.1


@dataclass(frozen=True)
class Task:
    """One request to forget; see `unlearning.unlearn` for the arguments."""

    kind: Kind
    network: nn.Module
    forget: Data
    keep: Data
    recipe: Recipe
    seed: int
    strength: float = 1.0
    on_step: OnStep | None = None
    should_stop: ShouldStop | None = None
    classes: tuple[str, ...] = ()
    held_out: Data | None = None
    checkpoint: Path | None = None

    @property
    def steps(self) -> int:
        """Return a tenth of the steps that the training took, at least 4."""
        an_epoch = max(1, len(self.keep) // self.recipe.batch)
        return max(4, round(_SHARE * self.recipe.epochs * an_epoch))


class Pupil:
    """A copy of the task's network in training mode, changed step by step with AdamW.

    Attributes:
        network: the copy.
    """

    def __init__(self, task: Task, steps: int, rate: float, weight_decay: float = 0.0) -> None:
        """Copy the network.

        Args:
            task: what is to be forgotten.
            steps: how many there will be, for `on_step`.
            rate: the learning rate to begin with.
            weight_decay: of AdamW; 0 leaves weights without a gradient as they are, to the bit.
        """
        self._task, self._steps, self._done = task, steps, 0
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = copy.deepcopy(task.network).to(device).train()
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=rate, betas=_BETAS, weight_decay=weight_decay, fused=True
        )

    def descend(self, loss: Tensor, masks: Mapping[str, Tensor] | None = None) -> None:
        """Take one step that lowers `loss`.

        Args:
            loss: shape (), of `network`.
            masks: by parameter, shape of the parameter: only weights marked True change.

        Raises:
            Cancelled: the task's `should_stop` says so.
        """
        if self._task.should_stop is not None and self._task.should_stop():
            raise Cancelled("Forgetting was cancelled; the model is as it was.")
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if masks is not None:
            self._mask(masks)
        self._optimizer.step()
        self._task.kind.after_step(self.network)
        self._done += 1
        if self._task.on_step is not None:
            self._task.on_step(self._done, self._steps)

    def set_rate(self, rate: float) -> None:
        """Change the learning rate."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def finished(self) -> nn.Module:
        """Return the copy in evaluation mode, on the CPU."""
        return self.network.eval().cpu()

    def _mask(self, masks: Mapping[str, Tensor]) -> None:
        for name, weights in self.network.named_parameters():
            if weights.grad is not None:
                weights.grad *= masks[name]


def batches(count: int, size: int) -> Iterator[Tensor]:
    """Yield indices below `count` without end, `size` at a time, each order drawn anew."""
    size = min(size, count)
    while True:
        order = torch.randperm(count)
        for start in range(0, count - count % size, size):
            yield order[start : start + size]


class Photos:
    """The photos to forget, beside pictures of the rest: what the photos add to the loss.

    The losses of encoders and of CLIP compare the pictures of a batch with one another, and a
    photo alone has nothing to be compared with.
    """

    def __init__(self, task: Task, photos: Data) -> None:
        """Take photos (`task.forget`, or the same with wrong targets) of a task."""
        self._task, self._photos = task, photos
        self._few = min(len(photos), max(1, task.recipe.batch // 2))
        self._beside = min(len(task.keep), max(self._few, _FEWEST_TOGETHER - self._few))
        self._chosen = batches(len(photos), self._few)
        self._others = batches(len(task.keep), self._beside)

    def added_loss(self, network: nn.Module) -> Tensor:
        """Return what the photos add to the summed loss of a batch, a photo, shape ().

        Where the loss of a batch is a mean of each picture's own loss, as of a classifier, this is
        the mean loss of the photos (but for the draws of the augmentation).
        """
        task = self._task
        rest = task.keep.select(next(self._others))
        both = self._photos.select(next(self._chosen)).joined(rest)
        total = len(both) * loss_of(task, network, both)
        return (total - len(rest) * loss_of(task, network, rest)) / (len(both) - len(rest))


def loss_of(task: Task, network: nn.Module, data: Data) -> Tensor:
    """Return the training's own loss of a batch, shape (); products in bfloat16, as there."""
    everything = torch.arange(len(data))
    with torch.autocast(device_of(network).type, dtype=torch.bfloat16):
        return task.kind.loss(network, data, everything, task.recipe.augmentation)
