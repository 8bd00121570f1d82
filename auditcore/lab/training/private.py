"""DP-SGD with opacus: what one picture may change of the model is bounded.

Abadi et al., arXiv 1607.00133, algorithm 1: every step draws its pictures independently, each with
the same chance (Poisson sampling, as the accounting assumes), clips each picture's gradient and
adds noise. The noise is as small as the wanted epsilon allows over all steps (Renyi accounting).
"""

import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from opacus.accountants import RDPAccountant
from opacus.accountants.utils import get_noise_multiplier
from opacus.grad_sample import GradSampleModuleExpandedWeights
from opacus.optimizers import DPOptimizer
from torch import Tensor, nn

from auditcore.lab.registries import LabError
from auditcore.lab.training.kind import Data, Kind
from auditcore.lab.training.recipe import Privacy, Recipe


class PrivateSteps:
    """Steps of DP-SGD; each takes `recipe.batch` pictures in the mean.

    Raises:
        LabError: an epsilon that no noise, or nearly none, would reach.
    """

    def __init__(
        self,
        kind: Kind,
        network: nn.Module,
        data: Data,
        recipe: Recipe,
        new_optimizer: Callable[[nn.Module, Recipe], torch.optim.Optimizer],
    ) -> None:
        assert recipe.privacy is not None
        self._kind, self._data, self._recipe, self._privacy = kind, data, recipe, recipe.privacy
        self._per_epoch = len(data) // recipe.batch
        self._rate = recipe.batch / len(data)
        self.noise = _noise(recipe.privacy, self._rate, self._per_epoch * recipe.epochs)
        # Not opacus' hooks: they refuse what is added in place, as timm's residual blocks do.
        self._graded = GradSampleModuleExpandedWeights(network)
        self.optimizer: Any = DPOptimizer(
            new_optimizer(network, recipe),
            noise_multiplier=self.noise,
            max_grad_norm=recipe.privacy.clip,
            expected_batch_size=recipe.batch,
        )

    def order(self) -> Iterator[Tensor]:
        """Yield the pictures of each step, each drawn with the same chance; maybe none."""
        count, device = len(self._data), self._data.pictures.device
        for _ in range(self._per_epoch):
            yield (torch.rand(count, device=device) < self._rate).nonzero()[:, 0]

    def step(self, chosen: Tensor, rate: float) -> float:
        """Take one step in 32 bits and return the loss before it, 0 where nothing was drawn."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss = self._gradients(chosen)
        self.optimizer.step()
        return loss

    def epsilon(self, steps: int) -> float:
        """Return the epsilon that so many steps keep to, at the recipe's delta."""
        accountant = RDPAccountant()
        accountant.history = [(self.noise, self._rate, steps)]
        return float(accountant.get_epsilon(self._privacy.delta))

    def close(self) -> None:
        """Take off the network what only training needs, each picture's gradient above all."""
        self._graded.to_standard_module()

    def _gradients(self, chosen: Tensor) -> float:
        """Leave each picture's own gradient at the weights."""
        if not len(chosen):
            for weights in self._graded.parameters():
                weights.grad_sample = weights.new_zeros(0, *weights.shape)
            return 0.0
        loss = self._kind.loss(self._graded, self._data, chosen, self._recipe.augmentation)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())


@cache
def _noise(privacy: Privacy, rate: float, steps: int) -> float:
    """Return the least noise, in clips, with which so many steps keep to the epsilon."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a tighter bound might be had: be it so
            noise = get_noise_multiplier(
                target_epsilon=privacy.epsilon,
                target_delta=privacy.delta,
                sample_rate=rate,
                steps=steps,
            )
    except ValueError as error:
        raise LabError(
            f"No amount of noise keeps this training to an epsilon of {privacy.epsilon:g}: "
            "take a larger one, fewer epochs, or more pictures."
        ) from error
    return float(noise)
