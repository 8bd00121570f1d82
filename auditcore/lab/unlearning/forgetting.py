"""One entrance to all methods; torch is loaded when the first one runs."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from auditcore.lab.registries import LabError
from auditcore.lab.unlearning.methods import METHODS

if TYPE_CHECKING:
    from torch import nn

    from auditcore.lab.training import Data, Kind, Recipe


def unlearn(
    method: str,
    kind: "Kind",
    network: "nn.Module",
    forget: "Data",
    keep: "Data",
    recipe: "Recipe",
    seed: int,
    *,
    on_step: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    strength: float = 1.0,
    classes: Sequence[str] = (),
    held_out: "Data | None" = None,
    checkpoint: Path | None = None,
) -> "nn.Module":
    """Make a model forget photos, and return another one; the network given stays as it is.

    The approximate methods take about a tenth of the training's steps; "retrain" takes them all.
    Deterministic on the CPU: the same arguments give the same weights. No global random state is
    left changed.

    Args:
        method: a key of METHODS.
        kind: the kind of model that `network` is.
        network: trained on `forget` and `keep`.
        forget: the photos as they were in the training set, one at least.
        keep: the rest of the training set, one batch at least.
        recipe: the training's.
        seed: of every draw; for "retrain" another one than the training's, or the new model begins
            where the old one began.
        on_step: told (steps done, steps) after each; for "retrain" a step is an epoch.
        should_stop: asked before each step.
        strength: how hard an approximate method tries, above 0; 1 costs the use of the model a few
            points at most. Nothing for "retrain".
        classes: names of the classes, for "retrain".
        held_out: for "retrain" with early stopping, see `training.fit`.
        checkpoint: for "retrain": a file to go on from after a stop.

    Returns:
        The network in evaluation mode.

    Raises:
        LabError: no such method, nothing to forget, too little to keep, or a strength of 0 or less.
        Cancelled: `should_stop` said so.
    """
    _check(method, len(forget), len(keep), recipe.batch, strength)
    from auditcore.lab.training.fit import repeatable
    from auditcore.lab.unlearning.work import Task

    task = Task(
        kind,
        network,
        forget,
        keep,
        recipe,
        seed,
        strength=strength,
        on_step=on_step,
        should_stop=should_stop,
        classes=tuple(classes),
        held_out=held_out,
        checkpoint=checkpoint,
    )
    with repeatable(seed, recipe.threads):
        forgotten: nn.Module = import_module(f"auditcore.lab.unlearning.{method}").run(task)
    return forgotten


def _check(method: str, forget: int, keep: int, batch: int, strength: float) -> None:
    if method not in METHODS:
        raise LabError(f"The ways of forgetting are {', '.join(METHODS)}; not '{method}'.")
    if forget < 1:
        raise LabError("There is no photo to forget. Name at least one.")
    if keep < batch:
        raise LabError(
            f"Forgetting goes on training with the other pictures, a batch of {batch} at a time, "
            f"and there are only {keep}. Train with more of them."
        )
    if not strength > 0:
        raise LabError(f"How hard to forget must be above 0, not {strength:g}.")
