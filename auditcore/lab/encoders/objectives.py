"""What an encoder learns from views without labels: SimCLR, MoCo.

SimCLR: Chen et al., arXiv 2002.05709 (NT-Xent, algorithm 1; projection head, section 4.2).
MoCo: He et al., arXiv 1911.05722 (queue, momentum encoder, shuffled batches for batch norm,
algorithm 1 and section 3.3), with the projection head of its second version (arXiv 2003.04297).
"""

import copy
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_PROJECTED = 128
_KEY_GROUPS = 2


class Objective(Protocol):
    """A way of learning: it holds what is thrown away after training, and gives a batch's loss."""

    def parameters(self) -> list[nn.Parameter]:
        """Return what is learned, the encoder's weights included."""
        ...

    def loss(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the loss of two views (B, 3, S, S) of the same B pictures."""
        ...

    def after_step(self) -> None:
        """Do what follows each step of the optimizer."""
        ...


class SimCLR:
    """Both views of a picture attract each other; all other views of the batch repel."""

    def __init__(self, encoder: nn.Module, width: int, temperature: float) -> None:
        self._encoder, self._temperature = encoder, temperature
        self._head = projection_head(width).to(next(encoder.parameters()).device).train()

    def parameters(self) -> list[nn.Parameter]:
        """Return the weights of encoder and projection head."""
        return [*self._encoder.parameters(), *self._head.parameters()]

    def loss(self, first: Tensor, second: Tensor) -> Tensor:
        """Return NT-Xent over the 2 B views."""
        projected = self._head(self._encoder(torch.cat([first, second])))
        return nt_xent(projected.float(), self._temperature)

    def after_step(self) -> None:
        """Nothing follows."""


class MoCo:
    """A query finds its key, made by a slow copy of the encoder, among a queue of earlier keys."""

    def __init__(
        self, encoder: nn.Module, width: int, temperature: float, queue: int, momentum: float
    ) -> None:
        device = next(encoder.parameters()).device
        self._temperature, self._momentum = temperature, momentum
        self._query = nn.Sequential(encoder, projection_head(width).to(device)).train()
        self._key = copy.deepcopy(self._query).requires_grad_(False)
        self._queue = F.normalize(torch.randn(queue, _PROJECTED, device=device))
        self._place = 0

    def parameters(self) -> list[nn.Parameter]:
        """Return the weights of encoder and projection head; the keys' are never learned."""
        return list(self._query.parameters())

    def loss(self, first: Tensor, second: Tensor) -> Tensor:
        """Return InfoNCE of the queries (first views) against their keys and the queue."""
        queries = F.normalize(self._query(first).float())
        keys = self._keys(second)
        own = (queries * keys).sum(dim=1, keepdim=True)
        logits = torch.cat([own, queries @ self._queue.T], dim=1) / self._temperature
        self._put(keys)
        return F.cross_entropy(logits, logits.new_zeros(len(logits), dtype=torch.long))

    def after_step(self) -> None:
        """Move the keys' encoder a little towards the queries'."""
        with torch.no_grad():
            for slow, fast in zip(self._key.parameters(), self._query.parameters(), strict=True):
                slow.lerp_(fast.to(slow.dtype), 1 - self._momentum)

    @torch.no_grad()
    def _keys(self, views: Tensor) -> Tensor:
        """Encode the keys in shuffled groups, so that batch norm does not tell which belong."""
        order = torch.randperm(len(views), device=views.device)
        groups = order.chunk(_KEY_GROUPS)
        encoded = torch.cat([F.normalize(self._key(views[group]).float()) for group in groups])
        return torch.empty_like(encoded).index_copy_(0, order, encoded)

    def _put(self, keys: Tensor) -> None:
        """Replace the oldest keys of the queue."""
        size = len(self._queue)
        places = (self._place + torch.arange(len(keys), device=keys.device)) % size
        # A copy: the old queue belongs to the graph of this step's loss.
        self._queue = self._queue.index_copy(0, places, keys)
        self._place = (self._place + len(keys)) % size


def projection_head(width: int) -> nn.Module:
    """Return the two layers that are thrown away after training, (B, width) -> (B, 128)."""
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, _PROJECTED))


def nt_xent(projected: Tensor, temperature: float) -> Tensor:
    """Return the normalised, temperature-scaled cross-entropy of 2 B projected views.

    Args:
        projected: shape (2 B, D); rows i and i + B are views of one picture.
        temperature: above 0.
    """
    unit = F.normalize(projected)
    logits = unit @ unit.T / temperature
    logits = logits.masked_fill(torch.eye(len(unit), dtype=torch.bool, device=unit.device), -1e9)
    half = len(unit) // 2
    partners = (torch.arange(len(unit), device=unit.device) + half) % len(unit)
    return F.cross_entropy(logits, partners)
