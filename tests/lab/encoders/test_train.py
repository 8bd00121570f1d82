"""Training: repeatable, leaves no trace, learns, and its result is a folder that Telltale opens."""

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from auditcore.lab.encoders import (
    ALGORITHMS,
    ARCHITECTURES,
    INPUT_SIDE,
    Recipe,
    new_encoder,
    recipe_for,
    save_encoder,
    train_encoder,
)
from auditcore.lab.encoders.train import as_tensor, learning_rate
from auditcore.lab.registries import LabError
from auditcore.models import Capability, open_model
from auditcore.photos import Pixels

QUICK = Recipe(epochs=2, batch=8, queue=8)


def _pictures(count: int, seed: int = 0) -> list[Pixels]:
    """Gratings, each with its own direction, width and colours, shape (32, 32, 3)."""
    draws = np.random.default_rng(seed)
    y, x = np.mgrid[:32, :32] / 32
    pictures = []
    for _ in range(count):
        turn, waves = draws.uniform(0, np.pi), draws.uniform(2, 8)
        wave = np.sin(2 * np.pi * waves * (x * np.cos(turn) + y * np.sin(turn)))[..., None] / 2
        one, two = draws.uniform(0, 255, (2, 3))
        pictures.append((one * (0.5 + wave) + two * (0.5 - wave)).astype(np.uint8))
    return pictures


def _digest(network: nn.Module) -> str:
    parts = b"".join(value.numpy().tobytes() for value in network.state_dict().values())
    return hashlib.sha256(parts).hexdigest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_seed_gives_the_same_weights_whatever_was_drawn_before(algorithm: str) -> None:
    first = train_encoder(_pictures(16), algorithm, "resnet", QUICK, 5)
    torch.rand(100)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    again = train_encoder(_pictures(16), algorithm, "resnet", QUICK, 5)
    assert torch.equal(state, torch.random.get_rng_state())
    assert threads == torch.get_num_threads()
    assert _digest(first) == _digest(again)
    assert _digest(first) != _digest(train_encoder(_pictures(16), algorithm, "resnet", QUICK, 6))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_saved_encoder_opens_and_answers_as_it_was_trained(
    architecture: str, tmp_path: Path
) -> None:
    network = train_encoder(_pictures(16), "simclr", architecture, QUICK, 1)
    model = open_model(f"timm:{save_encoder(network, architecture, tmp_path / 'saved')}")
    assert model.capabilities == {Capability.IMAGE_FEATURES}
    assert model.input_size == INPUT_SIDE
    pictures = [p[:INPUT_SIDE, :INPUT_SIDE] for p in _pictures(3, seed=2)]
    batch = (as_tensor(pictures).float() / 255 - 0.5) / 0.25
    with torch.no_grad():
        expected = network(batch).numpy()
    assert np.allclose(model.image_features(pictures), expected, atol=1e-4)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_learning_lowers_the_loss(algorithm: str) -> None:
    """Beside the same run at a rate of nothing: MoCo's loss rises while its queue fills."""
    assert _last_loss(algorithm, 5e-3) < 0.92 * _last_loss(algorithm, 0.0)


def _last_loss(algorithm: str, rate: float) -> float:
    losses: list[float] = []
    recipe = Recipe(epochs=30, batch=16, queue=8, momentum=0.9, learning_rate=rate)
    train_encoder(
        _pictures(16), algorithm, "resnet", recipe, 1, lambda *told: losses.append(told[2])
    )
    assert len(losses) == 30
    return float(np.mean(losses[-5:]))


def test_checkpoints_are_given_in_evaluation_mode_and_change_nothing() -> None:
    seen: list[tuple[int, bool]] = []
    recipe = Recipe(epochs=3, batch=8)

    def look(epoch: int, network: nn.Module) -> None:
        seen.append((epoch, network.training))

    looked = train_encoder(
        _pictures(16), "simclr", "resnet", recipe, 5, checkpoints=(1, 3), on_checkpoint=look
    )
    assert seen == [(1, False), (3, False)]
    assert _digest(looked) == _digest(train_encoder(_pictures(16), "simclr", "resnet", recipe, 5))


@pytest.mark.parametrize(
    ("algorithm", "architecture", "count", "sentence"),
    [
        ("simclr", "resnet", 7, "only 7"),
        ("byol", "resnet", 16, "algorithms are simclr, moco"),
        ("moco", "alexnet", 16, "architectures are"),
    ],
)
def test_what_cannot_be_trained_gets_a_sentence(
    algorithm: str, architecture: str, count: int, sentence: str
) -> None:
    with pytest.raises(LabError, match=sentence):
        train_encoder(_pictures(count), algorithm, architecture, QUICK, 1)


def test_the_rate_rises_then_falls_to_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=0.1)
    rates = [learning_rate(step, 100, recipe) for step in range(101)]
    assert rates[:10] == pytest.approx([0.1 * (n + 1) for n in range(10)])
    assert all(a >= b for a, b in pairwise(rates[10:]))
    assert rates[100] == pytest.approx(0.0)


def test_pictures_are_kept_square_small_and_in_one_channel_without_colour() -> None:
    grey = [np.repeat(p[..., :1], 3, axis=2) for p in _pictures(3)]
    assert as_tensor(grey).shape == (3, 1, 32, 32)
    assert (as_tensor(grey)[1, 0].numpy() == grey[1][..., 0]).all()
    large = [np.zeros((200, 100, 3), np.uint8), np.full((90, 300, 3), 7, np.uint8)]
    assert as_tensor([*large, *_pictures(1)]).shape == (3, 3, 32, 32)
    assert as_tensor(large).shape == (2, 1, 64, 64)


def test_networks_follow_from_their_seed() -> None:
    assert _digest(new_encoder("resnet", 1)) == _digest(new_encoder("resnet", 1))
    assert _digest(new_encoder("resnet", 1)) != _digest(new_encoder("resnet", 2))


@pytest.mark.parametrize(("count", "batch"), [(2, 2), (50, 25), (51, 25), (10_000, 128)])
def test_a_recipe_for_few_pictures_takes_half_of_them_at_once(count: int, batch: int) -> None:
    recipe = recipe_for("moco", count, 7)
    assert (recipe.epochs, recipe.batch, recipe.queue) == (7, batch, batch)
