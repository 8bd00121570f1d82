"""The Lab's jobs with a real worker and real trainings: killed, paused, resumed, cancelled."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from auditcore.errors import JobError
from auditcore.jobs import lab
from auditcore.jobs.queue import Job, JobState, Queue
from auditcore.lab.experiments import Experiment, Setup, experiment_folder
from auditcore.lab.experiments.experiment import TWINS
from auditcore.lab.experiments.journal import write_json
from auditcore.lab.experiments.twin import NETWORK, run_twin
from auditcore.lab.registries import LabError
from tests.lab.experiments.tiny import cat, tiny_setup

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0
EPOCHS = 16

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def start() -> Iterator[Start]:
    workers = []

    def _start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.jobs.lab_worker"]
        workers.append(subprocess.Popen(command, cwd=PROJECT))
        return workers[-1]

    yield _start
    for worker in workers:
        worker.kill()
        worker.wait()


def until(met: Callable[[], bool], told: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


def await_(queue: Queue, job_id: str, *states: JobState) -> Job:
    def status() -> Job:
        return queue.status(job_id)

    until(lambda: status().state in states or status().ended, status)
    assert status().state in states, status()
    return status()


def epochs(experiment: Experiment, name: str = "with") -> int:
    return len(experiment.losses(name))


def children(experiment: Experiment) -> dict[int, str]:
    """Return the living processes at work on an experiment: {process id: what it does}."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(experiment.folder) in words:
            found[int(entry.name)] = words[words.index(str(experiment.folder)) + 1]
    return found


def reference(experiment: Experiment, folder: Path) -> Experiment:
    """Return the same experiment with "with" trained in one go."""
    folder.mkdir()
    for name in ("setup.json", "photos.json", "pictures.json", "kit.zip"):
        shutil.copy(experiment.folder / name, folder / name)
    shutil.copytree(experiment.folder / "publish", folder / "publish")
    again = Experiment(folder)
    run_twin(again, "with")
    return again


def test_killed_paused_and_resumed_it_ends_as_if_nothing_had_happened(
    queue: Queue, start: Start, tmp_path: Path
) -> None:
    job_id = lab.submit_train(queue, tiny_setup(epochs=EPOCHS), [cat()])
    experiment = lab.experiment_of(queue, job_id)
    worker = start()
    until(lambda: epochs(experiment) >= 1, lambda: queue.status(job_id))
    for pid, twin in children(experiment).items():  # one twin is killed: its like goes on
        if twin == "with":
            os.kill(pid, signal.SIGKILL)
    far = epochs(experiment)
    until(lambda: epochs(experiment) > far, lambda: queue.status(job_id))
    worker.kill()  # the worker is killed: its children leave by themselves
    worker.wait()
    until(lambda: not children(experiment), lambda: children(experiment))
    far = epochs(experiment)
    assert far < EPOCHS, "killed too late to show anything"
    start()
    until(lambda: epochs(experiment) > far, lambda: queue.status(job_id))
    queue.pause(job_id)
    assert not await_(queue, job_id, JobState.PAUSED).ended
    until(lambda: not children(experiment), lambda: children(experiment))
    queue.resume(job_id)
    job = await_(queue, job_id, JobState.DONE)
    assert job.done == 1000
    assert experiment.finished
    check_finished(experiment)
    assert lab.latest(queue) is not None
    again = reference(experiment, tmp_path / "again")
    assert losses(again) == losses(experiment)
    one, other = (torch.load(e.part("with") / NETWORK) for e in (experiment, again))
    assert all(torch.equal(one[name], other[name]) for name in other)


def losses(experiment: Experiment) -> list[tuple[float, float | None]]:
    return [(row.loss, row.held_out_loss) for row in experiment.losses("with")]


def check_finished(experiment: Experiment) -> None:
    for name in TWINS:
        assert [row.epoch for row in experiment.losses(name)] == list(range(1, EPOCHS + 1))
        snapshots = experiment.memory(name)
        assert (snapshots[0].epoch, snapshots[-1].epoch) == (1, EPOCHS)
        assert {len(snapshot.photos) for snapshot in snapshots} == {1}
        audited = experiment.audit(name)
        assert audited is not None
        assert audited.verdict is not None
        assert audited.plan.claim.file == "cat.jpg"
        assert audited.plan.test_seed is None
        assert audited.trace.photos[0]
        assert 0 <= (experiment.utility(name) or 0) <= 1
    assert (experiment.seconds or 0) > 0
    assert losses(experiment) != [
        (row.loss, row.held_out_loss) for row in experiment.losses("without")
    ]


def test_a_cancelled_training_ends_its_processes_and_leaves_nothing(
    queue: Queue, start: Start
) -> None:
    job_id = lab.submit_train(queue, tiny_setup("encoder", epochs=300), [cat()])
    experiment = lab.experiment_of(queue, job_id)
    start()
    until(lambda: len(children(experiment)) == 2, lambda: queue.status(job_id))
    queue.cancel(job_id)
    await_(queue, job_id, JobState.CANCELLED)
    until(lambda: not children(experiment), lambda: children(experiment))
    assert list(experiment.folder.parent.iterdir()) == []
    assert lab.experiments(queue) == []


def test_what_is_cancelled_before_it_began_is_deleted_at_once(queue: Queue) -> None:
    job_id = lab.submit_train(queue, tiny_setup(), [cat()])
    assert list(experiment_folder(job_id).rglob("photos/*"))
    lab.cancel(queue, job_id)
    assert not experiment_folder(job_id).exists()
    with pytest.raises(JobError):
        lab.cancel(queue, job_id, owner="somebody else")


def test_what_was_cancelled_before_it_began_is_deleted_when_listed(queue: Queue) -> None:
    job_id = lab.submit_train(queue, tiny_setup(), [cat()])
    assert [job.id for job in lab.experiments(queue)] == [job_id]
    queue.cancel(job_id)
    assert lab.experiments(queue) == []
    assert not experiment_folder(job_id).exists()


def test_nobody_sees_the_experiments_of_others(queue: Queue) -> None:
    job_id = lab.submit_train(queue, tiny_setup(), [cat()], owner="anna")
    assert lab.experiments(queue, "ben") == []
    for ask in (lab.experiment_of, lab.delete):
        with pytest.raises(JobError, match="nothing under this address"):
            ask(queue, job_id, "ben")
    assert lab.experiment_of(queue, job_id, "anna").exists


def test_only_a_finished_one_can_be_made_to_forget(queue: Queue) -> None:
    job_id = lab.submit_train(queue, tiny_setup(), [cat()])
    with pytest.raises(LabError, match="trained and audited"):
        lab.submit_forget(queue, job_id, ["ascent"])
    for methods in ([], ["magic"]):
        with pytest.raises(LabError, match="Choose ways"):
            lab.submit_forget(queue, job_id, methods)


def test_deleting_removes_the_folder_and_every_job_of_it(queue: Queue) -> None:
    job_id = finished_one(queue, tiny_setup())
    forgetting = lab.submit_forget(queue, job_id, ["ascent", "ascent", "sparse"])
    assert queue.status(forgetting).params["methods"] == ["ascent", "sparse"]
    found = lab.forgetting_job(queue, job_id)
    assert found is not None
    assert found.id == forgetting
    lab.delete(queue, job_id)
    assert queue.list() == []
    assert not experiment_folder(job_id).exists()


def finished_one(queue: Queue, setup: Setup) -> str:
    """Return an experiment that says it is finished, without the work."""
    job_id = lab.submit_train(queue, setup, [cat()])
    experiment = lab.experiment_of(queue, job_id)
    experiment.part("with").mkdir()
    (experiment.part("with") / NETWORK).touch()
    record = {"finished": "now", "seconds": 1.0, "software": "telltale", "machine": "here"}
    write_json(experiment.folder / "record.json", record)
    return job_id


def test_the_worker_of_the_app_knows_the_jobs() -> None:
    from auditcore.jobs import __main__ as worker

    assert set(lab.kinds()) == {lab.TRAIN, lab.FORGET}
    assert "lab.kinds()" in Path(worker.__file__).read_text()
