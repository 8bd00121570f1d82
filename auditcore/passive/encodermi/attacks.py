"""The three attacks of EncoderMI, trained on what a shadow encoder says of its own training data.

Source: arXiv 2108.11023, section 4.3. Half of a shadow set trains the shadow encoder (members), the
other half does not (non-members); the attacks learn to tell the two by their similarities and are
then used on another encoder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from auditcore.errors import PassiveError
from auditcore.models.devices import choose_device
from auditcore.passive.encodermi import sets, vector
from auditcore.passive.encodermi.fitting import fit_network
from auditcore.passive.encodermi.sets import SetAttack
from auditcore.passive.encodermi.shape import VARIANTS, Similarities, check_similarities
from auditcore.passive.encodermi.threshold import best_threshold, mean_similarity
from auditcore.passive.encodermi.vector import VectorAttack
from auditcore.randomness import derive

LEAST_SHADOW = 20
"""Fewest members, and fewest non-members, that attacks are trained on."""

OnEpoch = Callable[[str, int, int], None]
_HELD_OUT = 5  # one in five
_AT_ONCE = 1024
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class Attacks:
    """Trained attacks: vector (V), set (S) and threshold (T).

    Attributes:
        vector, set: networks on the CPU in evaluation mode.
        threshold: a picture whose mean similarity is above it is called a member by T.
    """

    vector: VectorAttack
    set: SetAttack
    threshold: float

    def scores(self, variant: str, similarities: Similarities) -> NDArray[np.float64]:
        """Return one score a picture, shape (N,): above 0 is called a member, higher is surer.

        V and S give the logarithm of the odds, T the distance from its threshold.

        Args:
            variant: one of VARIANTS.
            similarities: shape (N, 45), N above 0.
        """
        if variant == "T":
            return mean_similarity(similarities) - self.threshold
        network = {"V": self.vector, "S": self.set}[variant]
        return _ask(network, similarities)

    def flags(self, variant: str, similarities: Similarities) -> NDArray[np.bool_]:
        """Return whether each picture is called a member, shape (N,)."""
        called: NDArray[np.bool_] = self.scores(variant, similarities) > 0
        return called


@dataclass(frozen=True)
class Judged:
    """Attacks, and how often they were right on shadow data that they were not trained on.

    Attributes:
        attacks: trained on the rest of the shadow data.
        members, non_members: how many they were trained on.
        right: for each variant, how many of the held-out pictures it called rightly.
        held_out: how many pictures were held out, members and non-members together.
    """

    attacks: Attacks
    members: int
    non_members: int
    right: dict[str, int]
    held_out: int


def train_attacks(
    members: Similarities, non_members: Similarities, seed: int, on_epoch: OnEpoch | None = None
) -> Attacks:
    """Train V, S and T. The same data and seed give the same attacks on one kind of processor.

    Args:
        members: similarities of pictures that the shadow encoder was trained on, shape (N, 45).
        non_members: of pictures from the same source that it never saw, shape (M, 45).
        seed: of the networks' weights and order.
        on_epoch: told (variant, epochs done, epochs) after each epoch of V and of S.

    Raises:
        PassiveError: fewer than LEAST_SHADOW of either, or similarities that are none.
    """
    inside, outside = check_similarities(members), check_similarities(non_members)
    if min(len(inside), len(outside)) < LEAST_SHADOW:
        raise PassiveError(
            f"An attack learns from at least {LEAST_SHADOW} pictures that the shadow encoder was "
            f"trained on and {LEAST_SHADOW} that it never saw; there are {len(inside)} and "
            f"{len(outside)}. Add more."
        )
    device = choose_device()
    data = (torch.from_numpy(inside).to(device), torch.from_numpy(outside).to(device))
    v = fit_network(VectorAttack, data, vector.FIT, seed, _named("V", on_epoch))
    both = np.concatenate([inside, outside])
    standard = partial(SetAttack, float(both.mean()), max(float(both.std()), _LEAST_SPREAD))
    s = fit_network(standard, data, sets.FIT, seed, _named("S", on_epoch))
    return Attacks(v, s, best_threshold(mean_similarity(inside), mean_similarity(outside)))


def train_judged(
    members: Similarities, non_members: Similarities, seed: int, on_epoch: OnEpoch | None = None
) -> Judged:
    """Train attacks on four fifths of the shadow data and count their right answers on the rest.

    Args and errors as `train_attacks`; which fifth is held out follows from the seed.
    """
    inside, held_inside = _split(check_similarities(members), seed, "members")
    outside, held_outside = _split(check_similarities(non_members), seed, "non-members")
    attacks = train_attacks(inside, outside, seed, on_epoch)
    held = np.concatenate([held_inside, held_outside])
    truth = np.arange(len(held)) < len(held_inside)
    right = {name: int((attacks.flags(name, held) == truth).sum()) for name in VARIANTS}
    return Judged(attacks, len(inside), len(outside), right, len(held))


def _split(values: Similarities, seed: int, kind: str) -> tuple[Similarities, Similarities]:
    order = derive(b"encodermi-held-out", seed, kind).shuffled(range(len(values)))
    held = len(values) // _HELD_OUT
    return values[sorted(order[held:])], values[sorted(order[:held])]


def _named(variant: str, on_epoch: OnEpoch | None) -> Callable[[int, int], None] | None:
    if on_epoch is None:
        return None
    return lambda done, epochs: on_epoch(variant, done, epochs)


def _ask(network: nn.Module, similarities: Similarities) -> NDArray[np.float64]:
    parts = torch.split(torch.from_numpy(check_similarities(similarities)), _AT_ONCE)
    with torch.inference_mode():
        scores: NDArray[np.float64] = torch.cat([network(part) for part in parts]).double().numpy()
    return scores
