"""What each kind of model promises: its data, its scores, and a folder that Telltale opens."""

from pathlib import Path

import numpy as np
import pytest
import torch

from auditcore.lab.pack import Example
from auditcore.lab.registries import LabError
from auditcore.lab.training import AUGMENTATIONS, KINDS, Recipe, fit, recipe_for
from auditcore.lab.training.encoder import derangement
from auditcore.models import Capability, open_model
from auditcore.scores.views import View
from tests.lab.training.pictures import CLASSES, data, examples

WHOLE = View(0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_augmentation_gives_a_loss_of_its_own(kind: str) -> None:
    network, one = KINDS[kind].new(CLASSES, 1).eval(), data(kind, 6)
    assert set(KINDS[kind].augmentations) == set(AUGMENTATIONS)
    losses = []
    for augmentation in AUGMENTATIONS:
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(1)
            losses.append(float(KINDS[kind].loss(network, one, torch.arange(6), augmentation)))
    assert np.isfinite(losses).all()
    assert len(set(losses)) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_selected_and_joined_pictures_keep_their_targets(kind: str) -> None:
    whole = data(kind, 6)
    parts = whole.select([0, 1]).joined(whole.select(torch.tensor([2, 3, 4, 5])))
    assert len(parts) == 6
    assert torch.equal(parts.pictures, whole.pictures)
    assert torch.equal(parts.targets, whole.targets)
    assert torch.equal(parts.labels, whole.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_mismatched_pictures_all_have_the_target_of_something_else(kind: str) -> None:
    whole = data(kind, 9)
    wrong = KINDS[kind].mismatched(whole, torch.Generator().manual_seed(3))
    again = KINDS[kind].mismatched(whole, torch.Generator().manual_seed(3))
    assert torch.equal(wrong.targets, again.targets)
    assert torch.equal(wrong.pictures, whole.pictures)
    for row, own in zip(wrong.targets, whole.targets, strict=True):
        assert not torch.equal(row, own)
        assert any(torch.equal(row, other) for other in whole.targets)


def test_a_single_photo_gets_another_class_but_no_other_caption() -> None:
    draws = torch.Generator().manual_seed(1)
    one = data("classifier", 2).select([1])
    assert int(KINDS["classifier"].mismatched(one, draws).targets) != int(one.targets)
    for kind in ("clip", "encoder"):
        with pytest.raises(LabError, match="One picture alone"):
            KINDS[kind].mismatched(data(kind, 1), draws)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_a_derangement_moves_everything(count: int) -> None:
    order = derangement(count, torch.Generator().manual_seed(count))
    assert sorted(order.tolist()) == list(range(count))
    assert not bool((order == torch.arange(count)).any())


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_remembered_and_asking_changes_nothing(kind: str) -> None:
    members, others = data(kind, 12), data(kind, 12, 5)
    network = KINDS[kind].new(CLASSES, 1)
    recipe = Recipe(25, 6, 1e-3, 0.0, augmentation="none")
    fit(KINDS[kind], network, members, recipe, 1)
    state = torch.random.get_rng_state()
    inside, outside = (KINDS[kind].memory(network.train(), part) for part in (members, others))
    assert network.training
    assert torch.equal(state, torch.random.get_rng_state())
    assert np.array_equal(inside, KINDS[kind].memory(network, members))
    assert inside.shape == (12,)
    assert np.mean(inside[:, None] > outside[None]) > (0.7 if kind == "clip" else 0.5)
    trained = KINDS[kind].utility(network, members, members)
    assert trained > 0.6
    assert 0 <= KINDS[kind].utility(network, others, members) <= 1


def test_an_encoder_s_neighbours_have_its_class() -> None:
    """Even an untrained network finds the picture itself again, and its class with it."""
    network, pictures = KINDS["encoder"].new(CLASSES, 1), data("encoder", 6)
    assert KINDS["encoder"].utility(network, pictures, pictures.select([0])) == pytest.approx(1 / 3)
    five = pictures.select([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
    assert KINDS["encoder"].utility(network, pictures.select([0, 1, 2]), five) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_opens_and_answers_as_it_was_trained(kind: str, tmp_path: Path) -> None:
    network, pictures = KINDS[kind].new(CLASSES, 3), examples(4)
    fit(KINDS[kind], network, data(kind, 16), Recipe(2, 8, 1e-3, 0.0), 1)
    model = open_model(KINDS[kind].save(network, CLASSES, tmp_path / "model"))
    views = [WHOLE.cut(example.pixels, model.input_size) for example in pictures]
    one = KINDS[kind].data(pictures, CLASSES)
    memory = KINDS[kind].memory(network, one)
    if kind == "classifier":
        assert model.labels == CLASSES
        said = np.log(model.probabilities(views)[np.arange(4), one.labels.numpy()])
        assert said == pytest.approx(memory, abs=1e-3)
    elif kind == "clip":
        texts = model.text_features([example.caption for example in pictures])
        features = model.image_features(views)
        lengths = np.linalg.norm(texts, axis=1) * np.linalg.norm(features, axis=1)
        said = (features * texts).sum(axis=1) / lengths
        assert said == pytest.approx(memory, abs=0.01)  # saved in half precision
    else:
        assert model.capabilities == {Capability.IMAGE_FEATURES}
        assert model.image_features(views).shape == (4, 128)


def test_examples_that_cannot_be_learned_are_named() -> None:
    pixels = examples(1)[0].pixels
    with pytest.raises(LabError, match="class 'unheard'"):
        KINDS["classifier"].data([Example(pixels, "a", "unheard")], CLASSES)
    with pytest.raises(LabError, match="learns from captions"):
        KINDS["clip"].data([Example(pixels, " ", "flat")], CLASSES)
    for kind in KINDS.values():
        with pytest.raises(LabError, match="no pictures"):
            kind.data([], CLASSES)
    unlabelled = KINDS["encoder"].data([Example(pixels, "", "")], CLASSES)
    with pytest.raises(LabError, match="Without classes"):
        KINDS["encoder"].utility(KINDS["encoder"].new(CLASSES, 1), unlabelled, unlabelled)


def test_the_caption_among_fifty_counts_by_its_words() -> None:
    """Two held-out pictures with one caption: choosing either is right."""
    network = KINDS["clip"].new(CLASSES, 1)
    twice = data("clip", 1).select([0, 0])
    assert KINDS["clip"].utility(network, twice, twice) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_recipe_fits_few_pictures(kind: str) -> None:
    assert recipe_for(KINDS[kind], 20).batch == 10
    assert recipe_for(KINDS[kind], 1000).batch <= 128
