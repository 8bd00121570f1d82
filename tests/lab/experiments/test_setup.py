import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from auditcore.lab.experiments import (
    AUGMENTATIONS,
    KINDS,
    RANGES,
    Setup,
    changed,
    default_setup,
    expected_seconds,
)
from auditcore.lab.registries import LabError


@pytest.mark.parametrize("kind", KINDS)
def test_a_default_comes_back_from_json_and_takes_two_minutes_at_most(kind: str) -> None:
    setup = default_setup(kind)
    assert Setup.from_json(setup.to_json()) == setup
    assert 10 < expected_seconds(setup) <= 120


def test_names_are_those_of_the_training() -> None:
    from auditcore.lab import training

    assert set(KINDS) == set(training.KINDS)
    assert set(AUGMENTATIONS) == set(training.AUGMENTATIONS)
    assert default_setup().kind == training.DEFAULT_KIND


@pytest.mark.parametrize("kind", KINDS)
def test_default_choices_are_those_of_the_training(kind: str) -> None:
    from auditcore.lab.training import KINDS as TRAINED
    from auditcore.lab.training import recipe_for

    setup = default_setup(kind)
    recipe = recipe_for(TRAINED[kind], setup.rest)
    assert (setup.epochs, setup.augmentation) == (recipe.epochs, recipe.augmentation)


@pytest.mark.parametrize("name", RANGES)
def test_every_number_has_both_its_bounds(name: str) -> None:
    setup = default_setup("classifier")
    least, most = RANGES[name]
    for value in (least, most):
        assert getattr(replace(setup, **{name: value}), name) == value
    for value in (least - 1, most + 1, math.nan, "3", True):
        with pytest.raises(LabError, match="can be"):
            replace(setup, **{name: value})


@pytest.mark.parametrize(
    ("choice", "value"),
    [("kind", "diffusion"), ("photos", "mine"), ("augmentation", "wild"), ("p", Fraction(1, 3))],
)
def test_what_there_is_not_cannot_be_chosen(choice: str, value: Any) -> None:
    with pytest.raises(LabError):
        replace(default_setup(), **{choice: value})


def test_private_training_is_for_the_classifier_alone() -> None:
    assert changed(default_setup("classifier"), epsilon=8.0).epsilon == 8.0
    for kind in ("clip", "encoder"):
        with pytest.raises(LabError, match="DP-SGD is for the classifier alone"):
            changed(default_setup(kind), epsilon=8.0)


def test_none_leaves_a_choice_as_it_is() -> None:
    assert changed(default_setup(), epochs=None, rest=77).epochs == default_setup().epochs
    assert changed(default_setup(), epochs=None, rest=77).rest == 77


@pytest.mark.parametrize("wrong", [{"p": "x"}, {"p": "1/0"}, {"epochs": None}, {"kind": 3}])
def test_a_setup_that_cannot_be_read_is_refused_in_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(LabError):
        Setup.from_json({**default_setup().to_json(), **wrong})


def test_a_setup_of_another_version_is_refused() -> None:
    values = default_setup().to_json()
    del values["rest"]
    with pytest.raises(LabError, match="another version"):
        Setup.from_json(values)
