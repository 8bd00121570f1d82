"""One training run of a small encoder without labels: augmentation, objective, AdamW, cosine."""

import copy
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from auditcore.lab.encoders.architectures import INPUT_SIDE, MEAN, STD, new_encoder
from auditcore.lab.encoders.augmentation import augment
from auditcore.lab.encoders.objectives import MoCo, Objective, SimCLR
from auditcore.lab.registries import LabError
from auditcore.photos import Pixels

ALGORITHMS = ("simclr", "moco")
_KEPT_SIDE = 64
_BETAS = (0.9, 0.98)
_LARGEST_BATCH = 128
_TEMPERATURES = {"simclr": 0.5, "moco": 0.2}

OnEpoch = Callable[[int, int, float], None]
OnCheckpoint = Callable[[int, nn.Module], None]


@dataclass(frozen=True)
class Recipe:
    """Everything besides data, algorithm, architecture and seed that decides a training run.

    Attributes:
        epochs: passes over the pictures.
        batch: pictures a step, two views each.
        learning_rate: its peak, for AdamW.
        weight_decay: of AdamW, on matrices only.
        temperature: of the loss.
        warmup: share of all steps in which the rate rises linearly; half a cosine follows.
        queue: keys that MoCo remembers.
        momentum: of MoCo's slow encoder.
        threads: CPU threads; sums run in another order with another number, so it is fixed.
    """

    epochs: int = 300
    batch: int = 128
    learning_rate: float = 5e-3
    weight_decay: float = 1e-4
    temperature: float = 0.2
    warmup: float = 0.05
    queue: int = 1024
    momentum: float = 0.99
    threads: int = 1


def recipe_for(algorithm: str, pictures: int, epochs: int) -> Recipe:
    """Return a recipe that fits a small set of pictures.

    A batch is at most half of them, and MoCo's queue holds one batch: a longer one would hold
    earlier keys of the same few pictures as if they were others.

    Args:
        algorithm: one of ALGORITHMS.
        pictures: how many there are, 2 at least.
        epochs: passes over them; 800 make an encoder remember 50.
    """
    batch = min(_LARGEST_BATCH, max(2, pictures // 2))
    return Recipe(epochs, batch, temperature=_TEMPERATURES[algorithm], queue=batch, momentum=0.95)


def train_encoder(
    pictures: Sequence[Pixels],
    algorithm: str,
    architecture: str,
    recipe: Recipe,
    seed: int,
    on_epoch: OnEpoch | None = None,
    checkpoints: Collection[int] = (),
    on_checkpoint: OnCheckpoint | None = None,
) -> nn.Module:
    """Train an encoder from nothing on pictures alone.

    Deterministic on the CPU: the same arguments give the same weights, bit for bit on one kind of
    CPU and one version of torch. On a GPU, where there is one, almost. No global random state is
    left changed.

    Args:
        pictures: shape (H, W, 3) each; kept at 64 pixels a side at most, made square.
        algorithm: one of ALGORITHMS.
        architecture: a key of `architectures.ARCHITECTURES`.
        recipe: the training's parameters.
        seed: of weights, order and augmentation.
        on_epoch: told (epochs done, epochs, mean loss of the last) after each.
        checkpoints: epochs after which `on_checkpoint` is given (epochs done, a copy of the
            encoder as it would be returned then).

    Returns:
        The encoder in evaluation mode, on the CPU; see `architectures.save_encoder`.

    Raises:
        LabError: fewer pictures than one batch, or an unknown algorithm or architecture.
    """
    if len(pictures) < recipe.batch:
        raise LabError(f"A batch takes {recipe.batch} pictures; there are only {len(pictures)}.")
    if algorithm not in ALGORITHMS:
        raise LabError(f"The algorithms are {', '.join(ALGORITHMS)}; not '{algorithm}'.")
    before = torch.get_num_threads()
    torch.set_num_threads(recipe.threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            run = _Run(as_tensor(pictures), algorithm, new_encoder(architecture, seed), recipe)
            return run.train(on_epoch, frozenset(checkpoints), on_checkpoint)
    finally:
        torch.set_num_threads(before)


class _Run:
    def __init__(
        self, pictures: Tensor, algorithm: str, encoder: nn.Module, recipe: Recipe
    ) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._pictures, self._recipe = pictures.to(self._device), recipe
        self._encoder = encoder.to(self._device).to(memory_format=torch.channels_last)
        self._objective = _objective(self._encoder, algorithm, recipe)
        self._steps = len(pictures) // recipe.batch  # what is left over waits for another order
        self._optimizer = _optimizer(self._objective.parameters(), recipe)
        self._mean = torch.tensor(MEAN, device=self._device).view(1, 3, 1, 1)
        self._std = torch.tensor(STD, device=self._device).view(1, 3, 1, 1)

    def train(
        self,
        on_epoch: OnEpoch | None,
        checkpoints: frozenset[int],
        on_checkpoint: OnCheckpoint | None,
    ) -> nn.Module:
        for epoch in range(self._recipe.epochs):
            loss = self._epoch(epoch * self._steps)
            if on_epoch is not None:
                on_epoch(epoch + 1, self._recipe.epochs, loss)
            if on_checkpoint is not None and epoch + 1 in checkpoints:
                on_checkpoint(epoch + 1, _snapshot(self._encoder))
        return _snapshot(self._encoder)

    def _epoch(self, steps_before: int) -> float:
        order = torch.randperm(len(self._pictures), device=self._device)
        size, total = self._recipe.batch, torch.zeros((), device=self._device)
        for step in range(self._steps):
            chosen = order[step * size : (step + 1) * size]
            total += self._step(self._pictures[chosen], steps_before + step)
        return float(total) / self._steps

    def _step(self, batch: Tensor, number: int) -> Tensor:
        rate = learning_rate(number, self._steps * self._recipe.epochs, self._recipe)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        loss = self._loss(batch)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._objective.after_step()
        return loss.detach()

    def _loss(self, batch: Tensor) -> Tensor:
        """Return the loss of one batch; products in bfloat16.

        Plain attention on a CPU: there the fused kernel's gradient takes twice as long.
        """
        plain = [SDPBackend.MATH] if self._device.type == "cpu" else list(_ANY_ATTENTION)
        with torch.autocast(self._device.type, dtype=torch.bfloat16), sdpa_kernel(plain):
            return self._objective.loss(self._view(batch), self._view(batch))

    def _view(self, batch: Tensor) -> Tensor:
        """Return one normalised view of each picture, shape (B, 3, 32, 32)."""
        views = (augment(batch.float() / 255, INPUT_SIDE) - self._mean) / self._std
        return views.contiguous(memory_format=torch.channels_last)


def _snapshot(encoder: nn.Module) -> nn.Module:
    copied = copy.deepcopy(encoder).eval().cpu()
    return copied.to(memory_format=torch.contiguous_format)  # as safetensors wants it


_ANY_ATTENTION = (SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH)


def as_tensor(pictures: Sequence[Pixels]) -> Tensor:
    """Return pictures as they are kept for training: uint8, shape (N, C, S, S).

    S is 64, or the shorter side of the smallest picture where that is less. One channel where no
    picture has colour, else three.
    """
    side = min(_KEPT_SIDE, *(min(pixels.shape[:2]) for pixels in pictures))
    stacked = np.stack([_square(pixels, side) for pixels in pictures])
    tensor = torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()
    grey = bool((tensor[:, :1] == tensor).all())
    return tensor[:, :1].contiguous() if grey else tensor


def _square(pixels: Pixels, side: int) -> Pixels:
    if pixels.shape[:2] == (side, side):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def learning_rate(step: int, steps: int, recipe: Recipe) -> float:
    """Return the rate of a step: linear warm-up, then half a cosine down to 0."""
    warmup = max(1, round(recipe.warmup * steps))
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * recipe.learning_rate * (1 + math.cos(math.pi * done))


def _objective(encoder: nn.Module, algorithm: str, recipe: Recipe) -> Objective:
    width = int(encoder.num_features)  # type: ignore[arg-type]
    if algorithm == "simclr":
        return SimCLR(encoder, width, recipe.temperature)
    return MoCo(encoder, width, recipe.temperature, recipe.queue, recipe.momentum)


def _optimizer(parameters: list[nn.Parameter], recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with decay on matrices only: no norms or biases."""
    groups = [
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=_BETAS, fused=True)
