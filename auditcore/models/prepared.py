"""Pictures that already lie where a model computes, in grey levels that need not be whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from auditcore.photos import Pixels


@dataclass(frozen=True)
class Prepared:
    """Pictures at a model's own size, on its processor, not yet normalised.

    Attributes:
        levels: grey levels of sRGB, 0 to 255, float32, shape (B, 3, S, S) with S the model's
            `input_size`, on the model's `device`.
    """

    levels: torch.Tensor

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.levels)

    def __getitem__(self, part: slice) -> "Prepared":
        """Return some of them, in the same memory."""
        return Prepared(self.levels[part])


Images = Sequence[Pixels] | Prepared
"""What a model is asked about: `Prepared` only where its `takes_prepared` is true."""
