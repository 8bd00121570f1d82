"""How a model of the Lab is trained: everything besides data and seed."""

from dataclasses import dataclass, replace

from auditcore.lab.registries import LabError
from auditcore.lab.training.kind import AUGMENTATIONS, Kind

_LEAST_BATCH = 2


@dataclass(frozen=True)
class Privacy:
    """DP-SGD: what one picture may change of the model is bounded (Abadi et al., 1607.00133).

    Attributes:
        epsilon: the bound that the whole training keeps to, above 0; smaller hides more.
        delta: the chance with which it may fail, between 0 and 1; below 1 / pictures.
        clip: the longest gradient that one picture may contribute (L2), above 0.
    """

    epsilon: float
    delta: float = 1e-3
    clip: float = 1.0

    def __post_init__(self) -> None:
        if not (self.epsilon > 0 and 0 < self.delta < 1 and self.clip > 0):
            raise LabError(
                "Differential privacy needs an epsilon above 0, a delta between 0 and 1 and a "
                f"clip above 0, not {self.epsilon:g}, {self.delta:g} and {self.clip:g}."
            )


@dataclass(frozen=True)
class Recipe:
    """Everything besides data and seed that decides a training run.

    Attributes:
        epochs: passes over the pictures, 1 at least.
        batch: pictures a step; the mean number of them with `privacy`, where each step draws its
            own.
        learning_rate: its peak, for AdamW.
        weight_decay: of AdamW, on matrices only.
        warmup: share of all steps in which the rate rises linearly; half a cosine follows.
        augmentation: a key of AUGMENTATIONS: how much the pictures are changed at each sight.
        patience: stop after so many epochs without a lower loss on the held-out pictures, and go
            back to the best weights; None trains to the end.
        privacy: train with DP-SGD; None without.
        threads: CPU threads; sums run in another order with another number, so it is fixed.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    warmup: float = 0.05
    augmentation: str = "usual"
    patience: int | None = None
    privacy: Privacy | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        if self.augmentation not in AUGMENTATIONS:
            raise LabError(
                f"The strengths of augmentation are {', '.join(AUGMENTATIONS)}; "
                f"not '{self.augmentation}'."
            )
        if self.epochs < 1 or self.batch < _LEAST_BATCH or self.threads < 1:
            raise LabError("A training needs an epoch, a thread and two pictures a step at least.")
        if self.patience is not None and self.patience < 1:
            raise LabError("Early stopping waits for one epoch at least.")


_RECIPES = {
    "classifier": Recipe(60, 64, 2e-3, 1e-2),
    "encoder": Recipe(300, 128, 5e-3, 1e-4, augmentation="none"),
    "clip": Recipe(50, 64, 1e-3, 0.2),
}
"""Measured with the sample photos: CLIP and classifier remember single photos at the augmentation
that is usual for them; the encoder does only where nobody changes the colours it is shown."""


def recipe_for(kind: Kind, pictures: int) -> Recipe:
    """Return the Lab's default recipe, its batch no larger than half the pictures.

    Args:
        kind: one of KINDS.
        pictures: how many there are to train on.
    """
    recipe = _RECIPES[kind.name]
    return replace(recipe, batch=max(_LEAST_BATCH, min(recipe.batch, pictures // 2)))
