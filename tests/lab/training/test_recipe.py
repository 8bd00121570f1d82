"""Recipes say at once what cannot be trained."""

import pytest

from auditcore.lab.registries import LabError
from auditcore.lab.training import Recipe


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"batch": 1}, {"threads": 0}, {"patience": 0}, {"augmentation": "wild"}],
)
def test_impossible_recipes_are_refused(wrong: dict[str, object]) -> None:
    usual: dict[str, object] = {
        "epochs": 1,
        "batch": 8,
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
    }
    with pytest.raises(LabError):
        Recipe(**{**usual, **wrong})  # type: ignore[arg-type]
