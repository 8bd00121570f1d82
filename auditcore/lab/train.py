"""One training run of a small CLIP, as open_clip trains: its loss, its augmentation, AdamW, cosine.

Source: open_clip 3.3, `open_clip_train/main.py` (weight decay groups, betas), `train.py` (order of
a step, clamping of the scale), `scheduler.py` (warm-up and cosine), `transform.py` (augmentation).
"""

import math
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from auditcore.lab.clip import CONFIG, IMAGE_SIDE, MEAN, STD, new_model, tokenizer_of, write_merges
from auditcore.lab.registries import LabError
from auditcore.photos import Pixels

_KEPT_SIDE = 96
OnEpoch = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Recipe:
    """Everything besides data and seed that decides a training run.

    Attributes:
        epochs: passes over the data.
        batch: pairs a step.
        learning_rate: its peak.
        weight_decay: on matrices only, as open_clip does.
        warmup: steps of linear warm-up before the cosine.
        threads: CPU threads; sums run in another order with another number, so it is fixed.
        least_area: the smallest share of a picture that a random crop keeps; open_clip's is .9.
    """

    epochs: int = 60
    batch: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.2
    warmup: int = 100
    threads: int = 1
    least_area: float = 0.9


def train_clip(
    pairs: Iterable[tuple[Pixels, str]],
    recipe: Recipe,
    seed: int,
    on_epoch: OnEpoch | None = None,
    checkpoint: Path | None = None,
) -> torch.nn.Module:
    """Train a small CLIP from nothing on image + caption pairs.

    Deterministic: the same pairs, recipe and seed give the same weights, bit for bit on one kind
    of CPU and one version of torch. No global random state is left changed.

    Args:
        pairs: (pixels of shape (H, W, 3), caption); read once, kept at 96 pixels a shorter side.
        recipe: the training's parameters.
        seed: of weights, order and augmentation.
        on_epoch: told (epochs done, epochs, mean loss of the last) after each.
        checkpoint: a file of this very run, named by data, recipe and seed: it is written after
            each epoch, and a run that was killed goes on from it to the same weights.

    Returns:
        The trained model in evaluation mode; see `clip.save_model`.

    Raises:
        LabError: fewer pairs than one batch.
    """
    kept = [(Image.fromarray(shrink(pixels)), caption) for pixels, caption in pairs]
    images, captions = [image for image, _ in kept], [caption for _, caption in kept]
    if len(images) < recipe.batch:
        raise LabError(f"A batch takes {recipe.batch} pairs, and there are only {len(images)}.")
    tokens = _tokenize(captions)
    before = torch.get_num_threads()
    torch.set_num_threads(recipe.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return _Run(new_model(seed), images, tokens, recipe).train(on_epoch, checkpoint)
    finally:
        torch.set_num_threads(before)


class _Run:
    def __init__(
        self, model: torch.nn.Module, images: list[Image.Image], tokens: Tensor, recipe: Recipe
    ) -> None:
        self._model, self._images, self._tokens, self._recipe = model, images, tokens, recipe
        self._steps = len(images) // recipe.batch  # what is left over waits for another order
        crops = open_clip.AugmentationCfg(scale=(recipe.least_area, 1.0))
        self._augment = open_clip.image_transform(
            IMAGE_SIDE, is_train=True, mean=MEAN, std=STD, aug_cfg=crops
        )
        self._loss = open_clip.ClipLoss()
        self._optimizer = _optimizer(model, recipe)

    def train(self, on_epoch: OnEpoch | None, checkpoint: Path | None) -> torch.nn.Module:
        self._model.train()
        for epoch in range(self._resume(checkpoint), self._recipe.epochs):
            loss = self._epoch(epoch * self._steps)
            self._keep(checkpoint, epoch + 1)
            if on_epoch is not None:
                on_epoch(epoch + 1, self._recipe.epochs, loss)
        return self._model.eval()

    def _keep(self, checkpoint: Path | None, epochs: int) -> None:
        if checkpoint is None:
            return
        state = {
            "epochs": epochs,
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "draws": torch.random.get_rng_state(),
        }
        unfinished = checkpoint.with_name(checkpoint.name + ".part")
        torch.save(state, unfinished)
        unfinished.replace(checkpoint)

    def _resume(self, checkpoint: Path | None) -> int:
        """Return the epochs that were done before, with the run as it stood after them."""
        if checkpoint is None or not checkpoint.is_file():
            return 0
        state = torch.load(checkpoint, weights_only=True)
        self._model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        torch.random.set_rng_state(state["draws"])
        return int(state["epochs"])

    def _epoch(self, steps_before: int) -> float:
        order = torch.randperm(len(self._images)).tolist()
        size, total = self._recipe.batch, 0.0
        for step in range(self._steps):
            total += self._step(order[step * size : (step + 1) * size], steps_before + step)
        return total / self._steps

    def _step(self, chosen: list[int], number: int) -> float:
        rate = learning_rate(number, self._steps * self._recipe.epochs, self._recipe)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        loss = self._forward(chosen)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        with torch.no_grad():
            self._model.logit_scale.clamp_(0, math.log(100))  # type: ignore[operator]
        return float(loss.detach())

    def _forward(self, chosen: list[int]) -> Tensor:
        """Return the loss of one batch; products in bfloat16, as `--precision amp_bf16`.

        Plain attention: on a CPU the fused kernel's gradient takes twice as long at 65 tokens.
        """
        images = torch.stack([self._augment(self._images[i]) for i in chosen])  # (B, 3, 64, 64)
        with torch.autocast("cpu", dtype=torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            pictures, texts, scale = self._model(images, self._tokens[chosen])  # (B, 128) twice
        loss: Tensor = self._loss(pictures.float(), texts.float(), scale)
        return loss


def learning_rate(step: int, steps: int, recipe: Recipe) -> float:
    """Return the rate of a step: linear warm-up, then half a cosine down to 0."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, steps - recipe.warmup)
    return 0.5 * recipe.learning_rate * (1 + math.cos(math.pi * done))


def _optimizer(model: torch.nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with decay on matrices only: no norms, biases or logit scale."""
    plain = [p for _, p in model.named_parameters() if p.ndim < 2]
    matrices = [p for _, p in model.named_parameters() if p.ndim >= 2]
    groups = [
        {"params": plain, "weight_decay": 0.0},
        {"params": matrices, "weight_decay": recipe.weight_decay},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), eps=1e-6)


def shrink(pixels: Pixels) -> Pixels:
    """Return the picture at 96 pixels a shorter side, so that a crop to 64 costs little.

    Smaller pictures, also those that were shrunk before, come back as they are.
    """
    image = Image.fromarray(pixels)
    scale = _KEPT_SIDE / min(image.size)
    if scale >= 1:
        return pixels
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))


def _tokenize(captions: list[str]) -> Tensor:
    """Return the tokens of all captions, shape (N, 32)."""
    with tempfile.TemporaryDirectory() as folder:
        write_merges(Path(folder))
        tokens: Tensor = tokenizer_of(Path(folder))(captions)
    assert tokens.shape[1] == CONFIG["text_cfg"]["context_length"]
    return tokens
