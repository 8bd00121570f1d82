"""The list of methods, and the one entrance to them."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from auditcore.errors import Cancelled
from auditcore.lab.registries import LabError
from auditcore.lab.training import fit
from auditcore.lab.unlearning import METHODS, unlearn
from auditcore.lab.unlearning.work import Task

Make = Callable[..., Task]


def _run(method: str, task: Task, **options: Any) -> nn.Module:
    return unlearn(
        method, task.kind, task.network, task.forget, task.keep, task.recipe, task.seed,
        classes=task.classes, **options,
    )  # fmt: skip


def _weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_the_list_is_read_without_torch() -> None:
    code = "import sys, auditcore.lab.unlearning as u; assert 'torch' not in sys.modules; u.METHODS"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(METHODS) == ["ascent", "sparse", "salun", "retrain"]
    assert all(one.title and one.sentence.endswith(".") and one.source for one in METHODS.values())


@pytest.mark.parametrize("method", METHODS)
def test_the_network_given_stays_and_the_same_seed_gives_the_same_one(
    method: str, kind_name: str, make_task: Make
) -> None:
    task = make_task(kind_name)
    before, state = _weights(task.network), torch.random.get_rng_state()
    first, second = _run(method, task), _run(method, task)
    assert _same(_weights(first), _weights(second)) and not _same(_weights(first), before)
    assert _same(_weights(task.network), before)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not first.training and all(value.isfinite().all() for value in first.parameters())


@pytest.mark.parametrize("method", ["ascent", "sparse", "salun"])
def test_one_photo_alone_can_be_forgotten(method: str, kind_name: str, make_task: Make) -> None:
    task = make_task(kind_name, forget=1)
    forgotten = _run(method, task)
    assert not _same(_weights(forgotten), _weights(task.network))


@pytest.mark.parametrize("method", METHODS)
def test_steps_are_told_and_a_stop_is_heeded(method: str, make_task: Make) -> None:
    task, told = make_task("classifier"), []
    _run(method, task, on_step=lambda done, of: told.append((done, of)))
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))
    with pytest.raises(Cancelled):
        _run(method, task, should_stop=lambda: True)


@pytest.mark.parametrize(
    ("method", "change", "sentence"),
    [
        ("hope", {}, "not 'hope'"),
        ("ascent", {"forget": 0}, "no photo to forget"),
        ("ascent", {"strength": 0.0}, "above 0"),
        ("sparse", {"forget": 25}, "there are only 5"),
    ],
)
def test_what_cannot_be_done_is_said(
    method: str, change: dict[str, Any], sentence: str, make_task: Make
) -> None:
    task = make_task("classifier", forget=change.pop("forget", 6))
    with pytest.raises(LabError, match=sentence):
        _run(method, task, **change)


def test_retraining_is_the_training_without_the_photos(make_task: Make) -> None:
    task = make_task("classifier")
    anew = task.kind.new(task.classes, task.seed)
    fit(task.kind, anew, task.keep, task.recipe, task.seed)
    assert _same(_weights(_run("retrain", task)), _weights(anew))


def test_retraining_stops_early_as_the_training_did(make_task: Make) -> None:
    task = make_task("classifier")
    unlike = task.kind.mismatched(task.forget, torch.Generator().manual_seed(1))
    early, told = replace(task, recipe=replace(task.recipe, patience=1, epochs=30)), []
    _run("retrain", early, held_out=unlike, on_step=lambda *step: told.append(step))
    assert 0 < len(told) < 30
