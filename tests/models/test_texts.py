"""Texts are computed without the padding behind them, and nothing else changes."""

from typing import Any

import open_clip
import pytest
import torch
from open_clip.model import CLIPTextCfg, CLIPVisionCfg

from auditcore.models.texts import encode_texts

PLACES, WORDS, END = 32, 100, 99


def network(**text: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        vision = CLIPVisionCfg(image_size=16, layers=1, width=16, head_width=8, patch_size=8)
        config = CLIPTextCfg(
            context_length=PLACES, vocab_size=WORDS, width=16, heads=2, layers=2, **text
        )
        made = open_clip.CLIP(12, vision, config).eval()
        torch.nn.init.normal_(made.positional_embedding)
    return made


def tokens(*lengths: int) -> torch.Tensor:
    """Return texts of so many words, closed by END and padded."""
    rows = torch.zeros(len(lengths), PLACES, dtype=torch.long)
    words = torch.Generator().manual_seed(1)
    for row, length in zip(rows, lengths, strict=True):
        row[:length] = torch.randint(1, END, (length,), generator=words)
        row[length] = END
    return rows


class Counting:
    """Notes how many places the text tower computes."""

    def __init__(self, net: Any) -> None:
        self.places: list[int] = []
        net.transformer.register_forward_pre_hook(
            lambda module, given: self.places.append(given[0].shape[1])
        )


@pytest.mark.parametrize("pool", [{}, {"pool_type": "eos", "eos_id": END}])
@pytest.mark.parametrize(
    ("lengths", "places"),
    [((3, 5, 7), 8), ((3, 8), 16), ((1,), 8), ((20, 2, 31), 32), ((23,), 24)],
)
def test_features_are_those_of_the_whole_text(
    pool: dict[str, Any], lengths: tuple[int, ...], places: int
) -> None:
    net, texts = network(**pool), tokens(*lengths)
    with torch.inference_mode():
        whole = net.encode_text(texts)
        counting = Counting(net)
        short = encode_texts(net, texts)
    assert counting.places == [places]
    assert torch.allclose(short, whole, rtol=0, atol=1e-6)
    assert net.positional_embedding.shape[0] == net.attn_mask.shape[0] == PLACES


def test_in_half_precision_as_well() -> None:
    net, texts = network().to(torch.bfloat16), tokens(4, 6)
    with torch.inference_mode():
        whole, short = net.encode_text(texts), encode_texts(net, texts)
    assert torch.allclose(short.float(), whole.float(), rtol=0, atol=2e-2)


@pytest.mark.parametrize("text", [{"no_causal_mask": True}, {"pool_type": "last"}])
def test_towers_that_look_at_all_places_get_them_all(text: dict[str, Any]) -> None:
    net, texts = network(**text), tokens(3, 5)
    counting = Counting(net)
    with torch.inference_mode():
        assert torch.equal(encode_texts(net, texts), net.encode_text(texts))
    assert counting.places == [PLACES, PLACES]
