"""The classifier and the encoder of score_choice.py: pictures, networks, training."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from auditcore.lab.data import fetch_corpus
from auditcore.photos import Pixels
from auditcore.randomness import derive

SEED = b"score choice"
SIDE = 32


class Trunk(nn.Module):
    """A ResNet of three stages for 32 x 32 pictures: (B, 3, 32, 32) -> (B, 96)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(Block(24, 24), Block(24, 48), Block(48, 96))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(F.max_pool2d(F.relu(self.stem(x)), 2)).mean(dim=(2, 3))


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; halves the size when the channels grow."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        stride = 1 if inside == outside else 2
        self.one = nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False)
        self.two = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outside), nn.BatchNorm2d(outside)])
        self.shortcut = nn.Conv2d(inside, outside, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norms[0](self.one(x)))
        return F.relu(self.norms[1](self.two(y)) + self.shortcut(x))


def sorted_pictures(work: Path) -> tuple[list[Pixels], list[int], int]:
    """Return pictures (32, 32, 3) and classes of the corpus, and how many classes there are.

    A picture's class is the folder it is shipped in ("animals", "food", ...), where that has at
    least 30 pictures; the order is random.
    """
    named = [(item, item.key.split("/")[1]) for item in fetch_corpus(work)]
    counts = Counter(name for _, name in named)
    names = sorted(name for name, count in counts.items() if count >= 30)
    kept = derive(SEED, "order").shuffled([pair for pair in named if pair[1] in names])
    pictures = [
        np.asarray(Image.fromarray(item.pixels()).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        for item, _ in kept
    ]
    return pictures, [names.index(name) for _, name in kept], len(names)


def to_tensor(images: Sequence[Pixels]) -> Tensor:
    """Return pictures as (B, 3, 32, 32) in -1 .. 1."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def warp(x: Tensor, areas: tuple[float, float], shift: float) -> Tensor:
    """Crop, move and mirror each picture at random; areas are shares of the picture."""
    count = len(x)
    scale = (areas[0] + (areas[1] - areas[0]) * torch.rand(count)).sqrt()
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    room = (1 - scale) + shift
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 1, 1] = scale * flip, scale
    matrix[:, :, 2] = (2 * torch.rand(count, 2) - 1) * room[:, None]
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def train_once(
    path: Path,
    network: nn.Module,
    step: Callable[[Tensor], Tensor],
    size: int,
    epochs: int,
    batch: int,
) -> None:
    """Train with Adam and one cycle, or take an earlier run's weights; `step`: indices -> loss."""
    if not path.exists():
        steps = size // batch
        optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, weight_decay=1e-5)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs * steps)
        for epoch in range(epochs):
            for chosen in torch.randperm(size)[: steps * batch].split(batch):
                loss = step(chosen)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                cycle.step()
            if epoch % 10 == 9:
                print(epoch + 1, round(float(loss.detach()), 4), flush=True)
        torch.save(network.state_dict(), path)
    network.load_state_dict(torch.load(path, weights_only=True))
    network.eval()


def simclr_view(x: Tensor) -> Tensor:
    """Crop, mirror, and change light and contrast, each picture by its own draw."""
    cropped = warp(x, (0.2, 1.0), 0.0)
    light, contrast = (
        0.8 * torch.rand(len(x), 1, 1, 1) - 0.4,
        0.6 + 0.8 * torch.rand(len(x), 1, 1, 1),
    )
    return (cropped * contrast + light).clamp(-1, 1)
