"""DP-SGD: the promised epsilon is kept, each picture's part is bounded, and noise is added."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from opacus.accountants import RDPAccountant

from auditcore.errors import Cancelled
from auditcore.lab.registries import LabError
from auditcore.lab.training import KINDS, Privacy, Recipe, fit, new_optimizer
from auditcore.lab.training.private import PrivateSteps
from tests.lab.training.pictures import CLASSES, data, weights

RECIPE = Recipe(2, 3, 1e-3, 0.0, privacy=Privacy(8.0))
CLASSIFIER = KINDS["classifier"]


def test_the_epsilon_reached_is_what_the_accountant_says_and_no_more_than_promised() -> None:
    fitted = fit(CLASSIFIER, CLASSIFIER.new(CLASSES, 1), data("classifier", 12), RECIPE, 1)
    steps = PrivateSteps(
        CLASSIFIER, CLASSIFIER.new(CLASSES, 1), data("classifier", 12), RECIPE, new_optimizer
    )
    accountant = RDPAccountant()
    for _ in range(2 * 4):
        accountant.step(noise_multiplier=steps.noise, sample_rate=3 / 12)
    assert fitted.epsilon == pytest.approx(accountant.get_epsilon(1e-3))
    assert fitted.epsilon is not None
    assert 7.5 < fitted.epsilon <= 8.0


def test_stopping_early_spends_less() -> None:
    recipe = replace(RECIPE, epochs=5, patience=1, learning_rate=0.0)
    network = CLASSIFIER.new(CLASSES, 1)
    fitted = fit(
        CLASSIFIER, network, data("classifier", 12), recipe, 1, held_out=data("classifier", 3, 9)
    )
    assert len(fitted.losses) == 2
    assert fitted.epsilon is not None
    assert fitted.epsilon < 7


def test_one_picture_changes_a_step_by_no_more_than_the_clip() -> None:
    """Plain gradient steps at rate 1 without noise: the weights move by clip / batch at most."""
    recipe = replace(RECIPE, privacy=Privacy(8.0, clip=0.01))
    network = CLASSIFIER.new(CLASSES, 1)
    steps = PrivateSteps(
        CLASSIFIER,
        network,
        data("classifier", 12),
        recipe,
        lambda learner, _: torch.optim.SGD(learner.parameters(), lr=1.0),
    )
    steps.optimizer.noise_multiplier = 0.0
    before = torch.cat([value.detach().flatten().clone() for value in network.parameters()])
    steps.step(torch.tensor([3]), 1.0)
    after = torch.cat([value.detach().flatten() for value in network.parameters()])
    assert float((after - before).norm()) == pytest.approx(0.01 / 3, rel=1e-3)


def test_a_step_that_drew_no_picture_adds_noise_alone() -> None:
    network = CLASSIFIER.new(CLASSES, 1)
    steps = PrivateSteps(CLASSIFIER, network, data("classifier", 12), RECIPE, new_optimizer)
    before = weights(network)
    assert steps.step(torch.tensor([], dtype=torch.long), 1e-3) == 0.0
    assert weights(network) != before


def test_every_picture_is_drawn_with_the_same_chance() -> None:
    steps = PrivateSteps(
        CLASSIFIER, CLASSIFIER.new(CLASSES, 1), data("classifier", 12), RECIPE, new_optimizer
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        drawn = [chosen for _ in range(250) for chosen in steps.order()]
    assert len(drawn) == 1000
    counts = torch.bincount(torch.cat(drawn), minlength=12).double()
    assert float(counts.min()) > 180  # 250 expected, deviation 14
    assert float(counts.max()) < 320
    assert len({len(chosen) for chosen in drawn}) > 4  # Poisson: sizes differ


def test_a_private_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    def trained(**options: object) -> bytes:
        network = CLASSIFIER.new(CLASSES, 1)
        fit(CLASSIFIER, network, data("classifier", 12), RECIPE, 1, **options)  # type: ignore[arg-type]
        return weights(network)

    calls = iter([False] * 4 + [True])
    path = tmp_path / "run.pt"
    with pytest.raises(Cancelled):
        trained(checkpoint=path, should_stop=lambda: next(calls))
    assert trained(checkpoint=path) == trained()


def test_a_private_classifier_can_be_saved_and_opened(tmp_path: Path) -> None:
    network = CLASSIFIER.new(CLASSES, 1)
    fit(CLASSIFIER, network, data("classifier", 12), replace(RECIPE, epochs=1), 1)
    assert CLASSIFIER.save(network, CLASSES, tmp_path / "model").startswith("timm:")
    assert not any(hasattr(value, "grad_sample") for value in network.parameters())


@pytest.mark.parametrize("kind", ["clip", "encoder"])
def test_losses_that_depend_on_other_pictures_are_refused(kind: str) -> None:
    with pytest.raises(LabError, match="depends on the other pictures"):
        fit(KINDS[kind], KINDS[kind].new(CLASSES, 1), data(kind, 12), RECIPE, 1)


def test_impossible_wishes_are_refused() -> None:
    for wrong in ({"epsilon": 0.0}, {"epsilon": 1.0, "delta": 1.0}, {"epsilon": 1.0, "clip": 0.0}):
        with pytest.raises(LabError, match="needs an epsilon above 0"):
            Privacy(**wrong)
    with pytest.raises(LabError, match="No amount of noise"):
        fit(
            CLASSIFIER,
            CLASSIFIER.new(CLASSES, 1),
            data("classifier", 12),
            replace(RECIPE, epochs=400, privacy=Privacy(1e-4)),
            1,
        )
