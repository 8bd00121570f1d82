"""EncoderMI-V: the 45 similarities, sorted, as a vector for a small fully connected network.

Source: arXiv 2108.11023, section 4.3, with the settings of the authors' code.
"""

import torch
from torch import Tensor, nn

from auditcore.passive.encodermi.fitting import Fit
from auditcore.passive.encodermi.shape import PAIRS

HIDDEN = 256
FIT = Fit(epochs=300, batch=100, learning_rate=1e-4, weight_decay=1e-6)


class VectorAttack(nn.Module):
    """Two hidden layers; from similarities, shape (B, 45), to one score each, shape (B,).

    The score is the logarithm of the odds for "member".
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(PAIRS, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, 1),
        )

    def forward(self, similarities: Tensor) -> Tensor:
        """Return one score a picture; the order of the similarities has no part in it."""
        ordered = torch.sort(similarities, dim=1, descending=True).values
        scores: Tensor = self.layers(ordered).squeeze(1)
        return scores
