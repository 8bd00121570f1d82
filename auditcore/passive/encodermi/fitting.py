"""The one training loop of the attacks that are networks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

OnEpoch = Callable[[int, int], None]
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Fit:
    """How a network is trained, with Adam.

    Attributes:
        epochs: passes over the shadow data.
        batch: pictures a step.
        learning_rate: constant.
        weight_decay: L2.
        clip: largest norm of a step's gradient; None for any.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    clip: float | None = None


def fit_network(
    make: Callable[[], Network],
    data: tuple[Tensor, Tensor],
    fit: Fit,
    seed: int,
    on_epoch: OnEpoch | None = None,
) -> Network:
    """Train a network to tell members' similarities from non-members'.

    Both kinds count the same however many there are of each. Deterministic on one kind of
    processor and one version of torch; no global random state is left changed.

    Args:
        make: makes the untrained network.
        data: similarities of members, shape (N, 45), and of non-members, shape (M, 45), on the
            processor that is to train.
        fit: the training's parameters.
        seed: of weights, order and dropout.
        on_epoch: told (epochs done, epochs) after each.

    Returns:
        The network on the CPU in evaluation mode.
    """
    device = data[0].device
    cuda = [device] if device.type == "cuda" else []
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # so small that more are slower; and sums keep one order
    try:
        with torch.random.fork_rng(devices=cuda):
            torch.manual_seed(seed)
            network = make().to(device).train()
            _Loop(network, data, fit).run(on_epoch)
    finally:
        torch.set_num_threads(before)
    return network.eval().cpu()


class _Loop:
    def __init__(self, network: nn.Module, data: tuple[Tensor, Tensor], fit: Fit) -> None:
        self._network, self._fit = network, fit
        self._inputs = torch.cat(data)
        self._truth = torch.cat([torch.ones_like(data[0][:, 0]), torch.zeros_like(data[1][:, 0])])
        halves = [len(self._inputs) / (2 * len(part)) for part in data]
        self._weights = torch.where(self._truth == 1, *halves)
        self._optimizer = torch.optim.Adam(
            network.parameters(), lr=fit.learning_rate, weight_decay=fit.weight_decay, fused=True
        )

    def run(self, on_epoch: OnEpoch | None) -> None:
        for epoch in range(self._fit.epochs):
            order = torch.randperm(len(self._inputs)).to(self._inputs.device)
            for chosen in torch.split(order, self._fit.batch):
                self._step(chosen)
            if on_epoch is not None:
                on_epoch(epoch + 1, self._fit.epochs)

    def _step(self, chosen: Tensor) -> None:
        scores = self._network(self._inputs[chosen])
        loss = binary_cross_entropy_with_logits(scores, self._truth[chosen], self._weights[chosen])
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self._fit.clip is not None:
            nn.utils.clip_grad_norm_(self._network.parameters(), self._fit.clip)
        self._optimizer.step()
