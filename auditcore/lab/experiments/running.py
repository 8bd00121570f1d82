"""An experiment from its kit to both verdicts, and what is made to forget afterwards."""

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from auditcore import __version__
from auditcore.errors import Cancelled
from auditcore.lab.experiments.children import Task, run_tasks
from auditcore.lab.experiments.experiment import TWINS, WITH, Experiment, Record
from auditcore.lab.experiments.journal import read_json, write_json
from auditcore.lab.experiments.sealing import seal
from auditcore.lab.experiments.stages import (
    Stage,
    forgetting_stage,
    sealing_stage,
    training_stage,
)
from auditcore.lab.registries import LabError
from auditcore.lab.unlearning.methods import METHODS
from auditcore.marks.base import Progress

_TWIN = "auditcore.lab.experiments.twin"
_FORGETTER = "auditcore.lab.experiments.forgetter"
OnStage = Callable[[Stage], None]
ShouldStop = Callable[[], bool]


def train(
    experiment: Experiment,
    *,
    should_stop: ShouldStop = lambda: False,
    on_stage: OnStage = lambda stage: None,
) -> None:
    """Seal the kit, train and audit both twins side by side; or go on with what was begun.

    Args:
        experiment: as `create` made it; a finished one stays as it is.
        should_stop: asked several times a second; what was done is kept.
        on_stage: told as often how far it is.

    Raises:
        Cancelled: `should_stop` said so, or the experiment was deleted.
        TelltaleError: it cannot be done, with a sentence for the person.
    """
    if experiment.finished:
        return
    stopping = _stopping(experiment, should_stop)
    with _counted(experiment):
        seal(experiment, _telling(experiment, stopping, on_stage))
        tasks = [_task(experiment, _TWIN, name) for name in TWINS]
        run_tasks(tasks, len(tasks), stopping, lambda: on_stage(training_stage(experiment)))
    write_json(experiment.folder / "record.json", asdict(_record(experiment)))


def forget(
    experiment: Experiment,
    methods: Sequence[str],
    *,
    should_stop: ShouldStop = lambda: False,
    on_stage: OnStage = lambda stage: None,
) -> None:
    """Make copies of the model "with" forget the photos, each by one method, and audit them.

    As many at a time as there are processor cores. What was done before stays as it is.

    Args:
        experiment: a finished one, with its weights.
        methods: keys of METHODS.
        should_stop, on_stage: as for `train`.

    Raises:
        LabError: there is no such method, or the experiment is not finished.
        Cancelled: `should_stop` said so, or the experiment was deleted.
    """
    check_methods(experiment, methods)
    longest_first = sorted(set(methods), key=lambda method: method != "retrain")
    tasks = [_task(experiment, _FORGETTER, method) for method in longest_first]
    run_tasks(
        tasks,
        os.cpu_count() or 1,
        _stopping(experiment, should_stop),
        lambda: on_stage(forgetting_stage(experiment, methods)),
    )


def check_methods(experiment: Experiment, methods: Sequence[str]) -> None:
    """Refuse what cannot be forgotten.

    Raises:
        LabError: no method, an unknown one, or an experiment that is not finished.
    """
    unknown = [method for method in methods if method not in METHODS]
    if unknown or not methods:
        named = f" “{unknown[0]}” is none." if unknown else ""
        raise LabError(f"Choose ways of forgetting: {', '.join(METHODS)}.{named}")
    if not experiment.finished:
        raise LabError("Only a model that is trained and audited can be made to forget.")
    if not (experiment.part(WITH) / "network.pt").is_file():
        raise LabError(
            "This experiment was made earlier, and its model is not shipped. Train one of your "
            "own, then make that one forget."
        )


def _stopping(experiment: Experiment, should_stop: ShouldStop) -> ShouldStop:
    return lambda: should_stop() or not experiment.exists


def _task(experiment: Experiment, module: str, name: str) -> Task:
    return Task(module, experiment.folder.resolve(), experiment.part(name), (name,))


def _telling(experiment: Experiment, stopping: ShouldStop, on_stage: OnStage) -> Progress:
    """Return what the sealing of the kit calls on its way."""

    def tell(done: int, total: int) -> None:
        if stopping():
            raise Cancelled("Stopped.")
        on_stage(sealing_stage(experiment, done, total))

    return tell


@contextmanager
def _counted(experiment: Experiment) -> Iterator[None]:
    """Add up the seconds of this session and of those before it."""
    began, file = time.monotonic(), _spent_file(experiment)
    before = float(read_json(file) or 0.0)
    try:
        yield
    finally:
        if experiment.exists:
            write_json(file, before + time.monotonic() - began)


def _spent_file(experiment: Experiment) -> Path:
    return experiment.folder / "spent.json"


def _record(experiment: Experiment) -> Record:
    cores = os.cpu_count() or 1
    return Record(
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=float(read_json(_spent_file(experiment)) or 0.0),
        software=f"telltale {__version__}",
        machine=f"{platform.system()} {platform.machine()}, {cores} processor cores",
    )
