"""One twin of each kind, and one method of forgetting, in this process and to their verdicts."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from auditcore.lab.experiments import KINDS, RANGES, Experiment, create
from auditcore.lab.experiments.experiment import WITH, WITHOUT
from auditcore.lab.experiments.forgetter import run_forgetter
from auditcore.lab.experiments.material import material_of
from auditcore.lab.experiments.reporting import far_of
from auditcore.lab.experiments.sealing import seal
from auditcore.lab.experiments.setup import OWN_MAX
from auditcore.lab.experiments.twin import CHECKPOINT, NETWORK, run_twin, snapshot_epochs
from auditcore.lab.registries import LabError
from tests.lab.experiments.tiny import cat, sealed, tiny, tiny_setup

SCORES = {
    "clip": "caption-cosine",
    "classifier": "modified-entropy",
    "encoder": "view-similarity",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_of_each_kind_is_trained_judged_and_audited(kind: str, tmp_path: Path) -> None:
    experiment = sealed(tmp_path / kind, kind)
    run_twin(experiment, WITH)
    assert [row.epoch for row in experiment.losses(WITH)] == [1, 2]
    first, last = experiment.memory(WITH)
    assert (len(first.photos), len(first.members), len(first.non_members)) == (1, 40, 100)
    assert first.members != last.members
    outcome, audited = experiment.outcome(WITH), experiment.audit(WITH)
    assert outcome is not None and audited is not None and audited.verdict is not None
    assert outcome.epochs == 2
    assert audited.plan.score["name"] == SCORES[kind]
    assert "with/lab-with" in str(audited.plan.model["spec"])
    assert str(tmp_path) not in str(audited.plan.to_json())
    assert not (experiment.part(WITH) / CHECKPOINT).exists()
    far = far_of(experiment.part(WITH))
    assert far is not None and far.ended


def test_a_finished_twin_is_left_as_it_is(tmp_path: Path) -> None:
    experiment = sealed(tmp_path / "one", epochs=1)
    run_twin(experiment, WITH)
    part = experiment.part(WITH)
    files = [path for path in part.glob("*.json*") if path.name != "progress.json"]
    before = {path: path.read_bytes() for path in files}
    run_twin(experiment, WITH)
    assert {path: path.read_bytes() for path in before} == before
    forget_and_check(experiment)


def forget_and_check(experiment: Experiment) -> None:
    run_forgetter(experiment, "sparse")
    found = experiment.forgetting["sparse"]
    assert found.utility_before == experiment.utility(WITH)
    assert found.audit is not None and found.audit.verdict is not None
    models = [audit.plan.model for audit in (experiment.audit(WITH), found.audit) if audit]
    assert len({model["fingerprint"] for model in models}) == 2
    assert found.audit.plan.attempt == 1
    kept = torch.load(experiment.part(WITH) / NETWORK)
    again = material_of(experiment).new_network(experiment.setup.seed)
    again.load_state_dict(kept)


def test_twins_differ_by_the_photos_alone(tmp_path: Path) -> None:
    experiment = sealed(tmp_path / "one")
    material = material_of(experiment)
    assert len(material.photos) == 1
    assert len(material.rest) == 40
    assert material.photos[0].pixels.shape == (450, 600, 3)
    rest = {example.pixels.tobytes() for example in material.rest}
    assert not rest & {example.pixels.tobytes() for example in material.held_out}
    same = material_of(Experiment(experiment.folder))
    assert {example.pixels.tobytes() for example in same.rest} == rest
    assert WITHOUT not in {path.name for path in experiment.folder.iterdir()}


def test_choices_reach_the_recipe(tmp_path: Path) -> None:
    setup = replace(
        tiny_setup("classifier"), epsilon=8.0, patience=3, augmentation="strong", epochs=7
    )
    experiment = create(tmp_path / "one", setup, [cat()])
    seal(experiment, lambda done, total: None)
    recipe = material_of(experiment).recipe(setup)
    assert (recipe.epochs, recipe.patience, recipe.augmentation) == (7, 3, "strong")
    assert recipe.privacy is not None
    assert recipe.privacy.epsilon == 8.0
    assert recipe.privacy.delta < 1 / 41


@pytest.mark.parametrize("kind", KINDS)
def test_one_recipe_fits_every_training_of_an_experiment(kind: str, tmp_path: Path) -> None:
    material = material_of(sealed(tmp_path / "one", kind))
    most = replace(material, photos=material.photos * OWN_MAX)
    assert most.recipe(tiny_setup(kind)) == material.recipe(tiny_setup(kind))
    assert most.recipe(tiny_setup(kind)).batch <= len(material.rest)


def test_without_a_kit_nothing_is_trained(tmp_path: Path) -> None:
    experiment = tiny(tmp_path / "one")
    (experiment.folder / "pictures.json").write_text(
        '[{"file": "cat.jpg", "original": "0000", "caption": "a cat", "label": null}]'
    )
    with pytest.raises(LabError, match="published photo"):
        run_twin(experiment, WITH)


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_as_many_others_as_can_be_chosen(kind: str, tmp_path: Path) -> None:
    setup = replace(tiny_setup(kind), rest=int(RANGES["rest"][1]))
    experiment = create(tmp_path / "one", setup, [cat()])
    assert len(material_of(experiment).rest) == setup.rest


@pytest.mark.parametrize("epochs", [1, 2, 5, 8, 50, 300])
def test_snapshots_are_the_first_the_last_and_few(epochs: int) -> None:
    found = snapshot_epochs(epochs) - {0}
    assert {1, epochs} <= found
    assert len(found) <= 9
    assert max(found) == epochs
