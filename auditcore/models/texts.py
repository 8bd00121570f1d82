"""Texts without the padding behind them: the same features in a fraction of the time.

A CLIP's text tower looks back only and its feature is taken at the end of the text, so what
follows (most of the 77 places, for a name or a caption) changes nothing. open_clip computes it all
the same.
"""

from typing import Any

import torch
from open_clip import CLIP
from torch.func import functional_call

_STEP = 8  # places; few different lengths, so that batches are alike to the processor


class _Texts(torch.nn.Module):
    """The text side of a network as a module of its own: what `functional_call` can call."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.network.encode_text(tokens)
        return features


def encode_texts(network: Any, tokens: torch.Tensor) -> torch.Tensor:
    """Return the features of texts, shape (B, D), as `network.encode_text` does to rounding.

    Args:
        network: one of open_clip's. Those that look ahead, or take their feature elsewhere than at
            the end of the text, get all places.
        tokens: shape (B, places), padded at the end, on the network's processor.
    """
    texts = _Texts(network)
    if not _looks_back(network):
        return texts.forward(tokens)
    places = min(tokens.shape[1], -(-_needed(network, tokens) // _STEP) * _STEP)
    shorter = {
        "network.positional_embedding": network.positional_embedding[:places],
        "network.attn_mask": network.attn_mask[:places, :places],
    }
    features: torch.Tensor = functional_call(texts, shorter, (tokens[:, :places],))
    return features


def _looks_back(network: Any) -> bool:
    """Say whether a text's feature depends on nothing behind its end."""
    return (
        isinstance(network, CLIP)
        and network.attn_mask is not None
        and network.text_pool_type in ("argmax", "eos")
    )


def _needed(network: Any, tokens: torch.Tensor) -> int:
    """Return how many places the longest text takes, its end included."""
    if network.text_pool_type == "eos":
        ends = (tokens == network.text_eos_id).int().argmax(dim=1)
    else:  # the end of a text is the token with the highest number
        ends = tokens.argmax(dim=1)
    return int(ends.max()) + 1
