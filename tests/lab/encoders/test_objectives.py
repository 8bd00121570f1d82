import math

import torch
import torch.nn.functional as F
from torch import nn

from auditcore.lab.encoders.objectives import MoCo, SimCLR, nt_xent


def _encoder(width: int = 8) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, width))


def test_nt_xent_is_what_the_paper_writes() -> None:
    torch.manual_seed(1)
    z = torch.randn(6, 5)
    cosine = F.cosine_similarity(z[:, None], z[None], dim=2) / 0.5
    losses = []
    for i in range(6):
        others = [math.exp(cosine[i, k]) for k in range(6) if k != i]
        losses.append(-math.log(math.exp(cosine[i, (i + 3) % 6]) / sum(others)))
    assert abs(nt_xent(z, 0.5).item() - sum(losses) / 6) < 1e-5


def test_nt_xent_falls_when_views_of_one_picture_agree() -> None:
    apart = torch.eye(8)
    together = torch.cat([torch.eye(8)[:4], torch.eye(8)[:4]])
    assert nt_xent(together, 0.2) < nt_xent(apart, 0.2)


def test_simclr_learns_encoder_and_head() -> None:
    encoder = _encoder()
    objective = SimCLR(encoder, 8, 0.2)
    objective.loss(torch.rand(4, 3, 2, 2), torch.rand(4, 3, 2, 2)).backward()
    assert len(objective.parameters()) == 2 + 4
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())


def test_moco_never_learns_its_keys_but_moves_them_towards_the_queries() -> None:
    encoder = _encoder()
    objective = MoCo(encoder, 8, 0.2, queue=16, momentum=0.9)
    before = [p.clone() for p in objective._key.parameters()]
    objective.loss(torch.rand(4, 3, 2, 2), torch.rand(4, 3, 2, 2)).backward()
    assert all(p.grad is None for p in objective._key.parameters())
    with torch.no_grad():
        for p in objective.parameters():
            p.add_(1.0)
    objective.after_step()
    for slow, old in zip(objective._key.parameters(), before, strict=True):
        assert torch.allclose(slow, old + 0.1, atol=1e-6)


def test_mocos_queue_drops_the_oldest_keys_first() -> None:
    objective = MoCo(_encoder(), 8, 0.2, queue=6, momentum=0.9)
    start = objective._queue.clone()
    pictures = torch.rand(4, 3, 2, 2)
    for _ in range(2):
        objective.loss(pictures, pictures)
    keys = objective._keys(pictures)
    assert torch.allclose(objective._queue[:4][[0, 1]], keys[2:], atol=1e-6)  # wrapped around
    assert torch.allclose(objective._queue[4:], keys[:2], atol=1e-6)
    assert not torch.isclose(objective._queue, start).all(dim=1).any()


def test_mocos_keys_come_back_in_the_order_of_their_pictures() -> None:
    objective = MoCo(_encoder(), 8, 0.2, queue=6, momentum=0.9)
    pictures = torch.rand(9, 3, 2, 2)
    expected = F.normalize(objective._key(pictures))
    assert torch.allclose(objective._keys(pictures), expected, atol=1e-6)
