"""One training run of any kind of model: AdamW, warm-up and cosine, stopped, resumed, repeatable.

Deterministic on the CPU: the same network, data, recipe and seed give the same weights, bit for
bit on one kind of CPU and one version of torch, also when the run was stopped and goes on from its
checkpoint. On a GPU, where there is one, almost.
"""

import copy
import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from auditcore.errors import Cancelled
from auditcore.lab.registries import LabError
from auditcore.lab.training.kind import Data, Kind, asking
from auditcore.lab.training.private import PrivateSteps
from auditcore.lab.training.recipe import Recipe

_BETAS = (0.9, 0.98)
_JUDGE_SEED = 2


@dataclass(frozen=True)
class Epoch:
    """How far a training is.

    Attributes:
        done: epochs done.
        epochs: all there are; early stopping may end before.
        loss: mean loss of this epoch on the pictures trained on.
        held_out_loss: on the held-out pictures, as they are; None without such.
        seconds: since the training began or went on.
    """

    done: int
    epochs: int
    loss: float
    held_out_loss: float | None
    seconds: float


@dataclass(frozen=True)
class Fitted:
    """What came of a training.

    Attributes:
        losses: of each epoch, on the pictures trained on.
        held_out_losses: of each epoch, on the held-out pictures; empty without such.
        epochs: after how many epochs the weights that were kept were reached.
        epsilon: what the training really kept to, with DP-SGD; None without.
    """

    losses: tuple[float, ...]
    held_out_losses: tuple[float, ...]
    epochs: int
    epsilon: float | None


OnEpoch = Callable[[Epoch], None]
ShouldStop = Callable[[], bool]


def fit(
    kind: Kind,
    network: nn.Module,
    data: Data,
    recipe: Recipe,
    seed: int,
    *,
    held_out: Data | None = None,
    on_epoch: OnEpoch | None = None,
    should_stop: ShouldStop | None = None,
    checkpoint: Path | None = None,
) -> Fitted:
    """Train a network in place.

    No global random state is left changed; the number of torch's threads is put back.

    Args:
        kind: one of KINDS.
        network: as `kind.new` makes it, trained or not; in evaluation mode on the CPU afterwards.
        data: what it is trained on, as `kind.data` makes it.
        recipe: the training's parameters.
        seed: of order, augmentation and the noise of DP-SGD.
        held_out: other pictures, whose loss is told after each epoch; early stopping needs them.
        on_epoch: told after each epoch; it may ask the network, and not change it. It is told
            before the checkpoint is written, so that whoever is killed between the two hears of
            an epoch twice rather than never.
        should_stop: asked before each step.
        checkpoint: a file of this very run, written after each epoch, from which a run that was
            stopped or killed goes on.

    Raises:
        LabError: fewer pictures than one batch, early stopping without held-out pictures, DP-SGD
            with a kind of model that it does not fit, or a checkpoint of another run.
        Cancelled: should_stop said so; the checkpoint is kept.
    """
    _check(kind, data, recipe, held_out)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    judged = None if held_out is None else held_out.to(device)
    with repeatable(seed, recipe.threads):
        run = _Run(kind, network.to(device).train(), data.to(device), recipe, judged)
        run.resume(checkpoint, _identity(kind, data, recipe, seed))
        try:
            return run.train(on_epoch, should_stop or (lambda: False), checkpoint)
        finally:
            run.close()
            network.eval().cpu()


def learning_rate(step: int, steps: int, recipe: Recipe) -> float:
    """Return the rate of a step, 0 .. steps-1: linear warm-up, then half a cosine down to 0."""
    warmup = max(1, round(recipe.warmup * steps))
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * recipe.learning_rate * (1 + math.cos(math.pi * done))


def new_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW with decay on matrices only: no norms, biases or scales."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=_BETAS, fused=True)


class _Steps(Protocol):
    """How one step is taken: which pictures, and what is done with their loss."""

    optimizer: Any

    def order(self) -> Iterator[Tensor]:
        """Yield the indices of each step of one epoch."""
        ...

    def step(self, chosen: Tensor, rate: float) -> float:
        """Take one step at a learning rate, and return the loss before it."""
        ...

    def epsilon(self, steps: int) -> float | None:
        """Return the privacy kept to after so many steps, or None."""
        ...

    def close(self) -> None:
        """Take off the network what only training needs."""
        ...


class _PlainSteps:
    """Every picture once an epoch, in random order; what is left over waits for another order."""

    def __init__(self, kind: Kind, network: nn.Module, data: Data, recipe: Recipe) -> None:
        self._kind, self._network, self._data, self._recipe = kind, network, data, recipe
        self.optimizer: Any = new_optimizer(network, recipe)

    def order(self) -> Iterator[Tensor]:
        size, device = self._recipe.batch, self._data.pictures.device
        order = torch.randperm(len(self._data), device=device)
        yield from torch.split(order[: len(order) // size * size], size)

    def step(self, chosen: Tensor, rate: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(chosen.device.type, dtype=torch.bfloat16):
            loss = self._kind.loss(self._network, self._data, chosen, self._recipe.augmentation)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self._kind.after_step(self._network)
        return float(loss.detach())

    def epsilon(self, steps: int) -> None:
        return None

    def close(self) -> None:
        self.optimizer.zero_grad()


@dataclass
class _Progress:
    """What a checkpoint holds besides weights, optimizer and draws."""

    losses: list[float] = field(default_factory=list)
    held_out_losses: list[float] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, Tensor] | None = None


class _Run:
    def __init__(
        self, kind: Kind, network: nn.Module, data: Data, recipe: Recipe, held_out: Data | None
    ) -> None:
        self._kind, self._network, self._recipe, self._held_out = kind, network, recipe, held_out
        self._per_epoch = len(data) // recipe.batch
        self._steps: _Steps = (
            _PlainSteps(kind, network, data, recipe)
            if recipe.privacy is None
            else PrivateSteps(kind, network, data, recipe, new_optimizer)
        )
        self._progress, self._identity = _Progress(), ""

    def train(
        self, on_epoch: OnEpoch | None, should_stop: ShouldStop, checkpoint: Path | None
    ) -> Fitted:
        began = time.monotonic()
        while not self._finished():
            loss = self._epoch(should_stop)
            self._note(loss)
            if on_epoch is not None:
                on_epoch(self._told(loss, time.monotonic() - began))
            if checkpoint is not None:
                self._keep(checkpoint)
        return self._result()

    def resume(self, checkpoint: Path | None, identity: str) -> None:
        """Go on from a checkpoint, where there is one."""
        self._identity = identity
        if checkpoint is None or not checkpoint.is_file():
            return
        state = torch.load(checkpoint, weights_only=True)
        if state["identity"] != identity:
            raise LabError(
                f"The checkpoint {checkpoint.name} belongs to another training: other pictures, "
                "settings or seed. Take another folder, or delete it."
            )
        self._network.load_state_dict(state["network"])
        self._steps.optimizer.load_state_dict(state["optimizer"])
        self._progress = _Progress(**state["progress"])
        _set_draws(state["draws"])

    def close(self) -> None:
        """Leave the network as it is asked, without gradients."""
        self._steps.close()

    def _keep(self, checkpoint: Path) -> None:
        """Write the checkpoint in one move: whoever is killed meanwhile keeps the earlier one."""
        state = {
            "identity": self._identity,
            "network": self._network.state_dict(),
            "optimizer": self._steps.optimizer.state_dict(),
            "progress": vars(self._progress),
            "draws": _draws(),
        }
        unfinished = checkpoint.with_name(checkpoint.name + ".part")
        torch.save(state, unfinished)
        unfinished.replace(checkpoint)

    def _finished(self) -> bool:
        done, patience = len(self._progress.losses), self._recipe.patience
        waited = done - self._progress.best_epoch
        return done >= self._recipe.epochs or (patience is not None and waited >= patience)

    def _epoch(self, should_stop: ShouldStop) -> float:
        """Pass over the pictures once, and return the mean loss."""
        number, losses = len(self._progress.losses) * self._per_epoch, []
        for chosen in self._steps.order():
            if should_stop():
                raise Cancelled("The training was cancelled; what was learned so far is kept.")
            rate = learning_rate(number, self._per_epoch * self._recipe.epochs, self._recipe)
            losses.append(self._steps.step(chosen, rate))
            number += 1
        return sum(losses) / len(losses)

    def _note(self, loss: float) -> None:
        progress = self._progress
        progress.losses.append(loss)
        if self._held_out is None:
            return
        held_out = _held_out_loss(self._kind, self._network, self._held_out, self._recipe.batch)
        lowest = min(progress.held_out_losses, default=math.inf)
        progress.held_out_losses.append(held_out)
        if self._recipe.patience is not None and held_out < lowest:
            progress.best_epoch = len(progress.losses)
            progress.best = copy.deepcopy(self._network.state_dict())

    def _told(self, loss: float, seconds: float) -> Epoch:
        held_out = self._progress.held_out_losses
        done = len(self._progress.losses)
        return Epoch(done, self._recipe.epochs, loss, held_out[-1] if held_out else None, seconds)

    def _result(self) -> Fitted:
        progress = self._progress
        if progress.best is not None:
            self._network.load_state_dict(progress.best)
        done = len(progress.losses)
        return Fitted(
            tuple(progress.losses),
            tuple(progress.held_out_losses),
            progress.best_epoch if progress.best is not None else done,
            self._steps.epsilon(done * self._per_epoch),
        )


def _held_out_loss(kind: Kind, network: nn.Module, held_out: Data, batch: int) -> float:
    """Return the mean loss of other pictures, as they are, in batches of the training's size.

    The draws of a kind that needs some are the same every time, and none of the training's.
    """
    whole = len(held_out) // batch * batch or len(held_out)
    with asking(network), torch.random.fork_rng():
        torch.manual_seed(_JUDGE_SEED)
        parts = torch.split(torch.arange(whole, device=held_out.pictures.device), batch)
        return sum(float(kind.loss(network, held_out, part)) for part in parts) / len(parts)


def _check(kind: Kind, data: Data, recipe: Recipe, held_out: Data | None) -> None:
    if len(data) < recipe.batch:
        raise LabError(f"A batch takes {recipe.batch} pictures; there are only {len(data)}.")
    if recipe.patience is not None and not held_out:
        raise LabError("Early stopping needs held-out pictures, to see when they get worse.")
    if recipe.privacy is not None and not kind.private:
        raise LabError(
            "DP-SGD bounds what one picture may change, and for that each picture needs a loss of "
            f"its own. In {kind.title.partition(':')[0]} training the loss of a picture depends on "
            "the other pictures of its batch: choose the classifier, or train without DP-SGD."
        )


def _identity(kind: Kind, data: Data, recipe: Recipe, seed: int) -> str:
    """Return the SHA-256 of everything that decides a run but the weights it starts from."""
    digest = hashlib.sha256(repr((kind.name, recipe, seed)).encode())
    for part in (data.pictures, data.targets):
        digest.update(part.numpy().tobytes())
    return digest.hexdigest()


@contextmanager
def repeatable(seed: int, threads: int) -> Iterator[None]:
    """Draw from `seed` and use so many threads within; both are as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)


def _draws() -> dict[str, Any]:
    """Return the state of torch's generators, on the CPU and on a GPU where there is one."""
    on_gpu = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
    return {"cpu": torch.random.get_rng_state(), "cuda": on_gpu}


def _set_draws(state: dict[str, Any]) -> None:
    torch.random.set_rng_state(state["cpu"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
