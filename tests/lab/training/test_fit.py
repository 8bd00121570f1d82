"""The loop: repeatable, leaves no trace, stops, resumes to the same bits, stops early."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from auditcore.errors import Cancelled
from auditcore.lab.registries import LabError
from auditcore.lab.training import KINDS, Epoch, Fitted, Recipe, fit, learning_rate
from tests.lab.training.pictures import CLASSES, data, weights

QUICK = Recipe(3, 8, 1e-3, 1e-2)


def _trained(
    kind: str = "classifier", recipe: Recipe = QUICK, seed: int = 1, **options: object
) -> tuple[bytes, Fitted]:
    network = KINDS[kind].new(CLASSES, 1)
    fitted = fit(KINDS[kind], network, data(kind, 16), recipe, seed, **options)  # type: ignore[arg-type]
    return weights(network), fitted


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_gives_the_same_weights_whatever_was_drawn_before(kind: str) -> None:
    short = replace(QUICK, epochs=1)
    first, _ = _trained(kind, short)
    torch.rand(100)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    again, _ = _trained(kind, short)
    assert torch.equal(state, torch.random.get_rng_state())
    assert threads == torch.get_num_threads()
    assert first == again
    assert first != _trained(kind, short, seed=2)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_learning_lowers_the_loss_beside_a_rate_of_nothing(kind: str) -> None:
    recipe = Recipe(10, 8, 1e-3, 1e-2, augmentation="none")
    learned = _trained(kind, recipe)[1].losses[-1]
    idle = _trained(kind, replace(recipe, learning_rate=0.0, epochs=1))[1].losses[-1]
    assert learned < 0.9 * idle


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_training_goes_on_to_the_same_bits(kind: str, tmp_path: Path) -> None:
    whole, fitted = _trained(kind, held_out=data(kind, 8, 9))
    steps = iter([False] * 3 + [True])  # two steps an epoch: in the second
    told: list[Epoch] = []
    options = {
        "held_out": data(kind, 8, 9),
        "checkpoint": tmp_path / "run.pt",
        "on_epoch": told.append,
    }
    with pytest.raises(Cancelled):
        _trained(kind, should_stop=lambda: next(steps), **options)
    assert [epoch.done for epoch in told] == [1]
    resumed, again = _trained(kind, **options)
    assert [epoch.done for epoch in told] == [1, 2, 3]
    assert resumed == whole
    assert again == fitted
    assert _trained(kind, **options) == (whole, fitted)  # a finished run is done at once
    assert len(told) == 3


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    _trained(checkpoint=tmp_path / "run.pt")
    with pytest.raises(LabError, match="belongs to another training"):
        _trained(checkpoint=tmp_path / "run.pt", seed=2)


def test_an_epoch_is_told_before_its_checkpoint_is_written(tmp_path: Path) -> None:
    there: list[bool] = []
    path = tmp_path / "run.pt"
    _trained(
        recipe=replace(QUICK, epochs=1),
        checkpoint=path,
        on_epoch=lambda _: there.append(path.exists()),
    )
    assert there == [False]
    assert path.exists()


def test_early_stopping_goes_back_to_the_best_weights() -> None:
    """With labels that mean nothing the held-out loss soon rises."""
    kind = KINDS["classifier"]
    nonsense = kind.mismatched(data("classifier", 24), torch.Generator().manual_seed(1))
    held_out = data("classifier", 12, 9)
    network = kind.new(CLASSES, 1)
    recipe = Recipe(40, 8, 3e-3, 0.0, augmentation="none", patience=2)
    fitted = fit(kind, network, nonsense, recipe, 1, held_out=held_out)
    assert len(fitted.losses) < 40
    assert fitted.epochs == len(fitted.losses) - 2
    lowest = min(fitted.held_out_losses)
    assert fitted.held_out_losses[fitted.epochs - 1] == lowest
    with torch.no_grad():
        chunks = torch.arange(8), torch.arange(8, 12)
        assert len(chunks) == 2  # whole batches are judged: the first eight
        assert float(kind.loss(network, held_out, chunks[0])) == pytest.approx(lowest, abs=1e-5)


def test_what_cannot_be_trained_is_said() -> None:
    with pytest.raises(LabError, match="there are only 16"):
        _trained(recipe=replace(QUICK, batch=32))
    with pytest.raises(LabError, match="held-out pictures"):
        _trained(recipe=replace(QUICK, patience=1))


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    recipe = Recipe(10, 8, 1.0, 0.0, warmup=0.1)
    rates = [learning_rate(step, 100, recipe) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == max(rates) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 1e-3
