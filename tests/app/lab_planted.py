"""Experiments of the Lab with planted memories: the real folder, kit and engine, no training.

The kit is that of the sample photos; the models answer as `tests.app.planted` has it.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction

from auditcore.audit import run_audit, start_audit
from auditcore.jobs import lab
from auditcore.jobs.check import sample_kit_file
from auditcore.jobs.queue import JobState, Queue
from auditcore.kit import Kit, open_kit
from auditcore.lab.experiments import (
    TWINS,
    EpochRow,
    Experiment,
    Outcome,
    Record,
    Setup,
    default_setup,
    experiment_folder,
)
from auditcore.lab.experiments.journal import add_row, write_json
from tests.app.planted import PlantedModel, planted

RECORD = Record("2026-11-22T12:00:00Z", 88.0, "telltale", "2 CPU cores, no GPU")


def begun(setup: Setup | None = None, epochs: int = 3) -> Experiment:
    """Submit an experiment whose twins have trained for some epochs."""
    setup = replace(default_setup(), p=Fraction(1, 20)) if setup is None else setup
    experiment = Experiment(experiment_folder(lab.submit_train(Queue(), setup)))
    shutil.copy(sample_kit_file(), experiment.kit_file)
    rows = [
        {"file": photo.file, "original": photo.file, "caption": None, "label": None}
        for photo in open_kit(experiment.kit_file).photos
    ]
    write_json(experiment.folder / "pictures.json", rows)
    for twin in TWINS:
        experiment.part(twin).mkdir(exist_ok=True)
        for epoch in range(1, epochs + 1):
            row = EpochRow(epoch, setup.epochs, 3.0 / epoch, 3.0, 1.0)
            add_row(experiment.part(twin) / "losses.jsonl", asdict(row))
    return experiment


def ended(state: JobState, error: str = "") -> None:
    """End the job that waits first in this way."""
    queue = Queue()
    job = queue.claim()
    assert job is not None
    queue.end(job.id, state, "Finished.", error)


def finished(shifts: Mapping[str, float]) -> Experiment:
    """Return a finished experiment; `shifts`: how well each model remembers, by its name."""
    experiment = begun()
    kit = open_kit(experiment.kit_file)
    for name, shift in shifts.items():
        made(experiment, kit, name, shift)
    write_json(experiment.folder / "record.json", asdict(RECORD))
    ended(JobState.DONE)
    return experiment


def made(experiment: Experiment, kit: Kit, name: str, shift: float) -> None:
    """Plant the model of a twin or of a method of forgetting, and audit it."""
    experiment.part(name).mkdir(parents=True, exist_ok=True)
    outcome = Outcome(0.41 - shift / 10, "right caption among 50", 61.0, 50, None)
    write_json(experiment.part(name) / "outcome.json", asdict(outcome))
    (experiment.part(name) / "network.pt").touch()
    with planted(shift):
        model = PlantedModel(f"{experiment.id} {name}")
        audit = start_audit(experiment.store, kit, model, p=experiment.setup.p)
        write_json(experiment.part(name) / "audit-id.json", {"audit": audit})
        for _event in run_audit(experiment.store, audit, kit, model):
            pass


def tried(experiment: Experiment, methods: Sequence[str], shift: float) -> None:
    """Let methods of forgetting leave so much of the memory."""
    kit = open_kit(experiment.kit_file)
    for method in methods:
        made(experiment, kit, method, shift)
