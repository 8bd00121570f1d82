"""EncoderMI-S: the 45 similarities as a set, for a network that knows no order (DeepSets).

Source: arXiv 2108.11023, section 4.3; Zaheer et al., "Deep Sets" (arXiv 1703.06114, equation 4 and
section 4.1.2) and its code for point clouds: permutation-equivariant layers with max pooling on
standardised values. The width (256 in that code) and the epochs are this project's own, so that it
trains in a minute on a processor.
"""

import torch
from torch import Tensor, nn

from auditcore.passive.encodermi.fitting import Fit

WIDTH = 64
DROPOUT = 0.5
FIT = Fit(epochs=100, batch=100, learning_rate=1e-3, weight_decay=1e-7, clip=5.0)


class EquivariantMax(nn.Module):
    """x -> W x + b - V max(x): every element is seen with the largest of its set.

    From shape (B, elements, in) to (B, elements, out); permuting the elements permutes the result.
    """

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.element = nn.Linear(inside, outside)
        self.largest = nn.Linear(inside, outside, bias=False)

    def forward(self, elements: Tensor) -> Tensor:
        """Return one row an element."""
        answer: Tensor = self.element(elements) - self.largest(elements.amax(1, keepdim=True))
        return answer


class SetAttack(nn.Module):
    """Three equivariant layers, the maximum over the set, and two layers with dropout.

    From similarities, shape (B, 45), to one score each, shape (B,): the logarithm of the odds for
    "member".

    Attributes:
        centre, spread: mean and standard deviation of the shadow data's similarities, shape (1,).
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, centre: float = 0.0, spread: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("centre", torch.tensor([centre]))
        self.register_buffer("spread", torch.tensor([spread]))
        self.elements = nn.Sequential(
            EquivariantMax(1, WIDTH),
            nn.Tanh(),
            EquivariantMax(WIDTH, WIDTH),
            nn.Tanh(),
            EquivariantMax(WIDTH, WIDTH),
            nn.Tanh(),
        )
        self.whole = nn.Sequential(
            nn.Dropout(DROPOUT),
            nn.Linear(WIDTH, WIDTH),
            nn.Tanh(),
            nn.Dropout(DROPOUT),
            nn.Linear(WIDTH, 1),
        )

    def forward(self, similarities: Tensor) -> Tensor:
        """Return one score a picture; the order of the similarities has no part in it."""
        elements = ((similarities - self.centre) / self.spread).unsqueeze(2)  # (B, 45, 1)
        pooled = torch.amax(self.elements(elements), dim=1)
        scores: Tensor = self.whole(pooled).squeeze(1)
        return scores
