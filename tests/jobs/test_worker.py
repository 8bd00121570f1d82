"""The worker is a real process here: killed, paused, cancelled, and started twice."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditcore.jobs.lanes import worker_pid
from auditcore.jobs.queue import Job, JobState, Queue

PROJECT = Path(__file__).resolve().parents[2]
LONG = 60.0
PATIENCE = 60.0

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    processes = []

    def _start(idle_seconds: float = LONG) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.jobs.counting_worker", str(idle_seconds)]
        processes.append(subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ)))
        return processes[-1]

    yield _start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def queue() -> Queue:
    return Queue()


def submit(queue: Queue, file: Path, to: int, pause: float = 0.0) -> str:
    return queue.submit("count", {"file": str(file), "to": to, "pause": pause}, title="Count")


def await_(queue: Queue, job_id: str, met: Callable[[Job], bool]) -> Job:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        job = queue.status(job_id)
        if met(job):
            return job
        time.sleep(0.02)
    raise AssertionError(f"the job never got there: {queue.status(job_id)}")


def numbers(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()]


def test_jobs_run_one_after_the_other(start: Start, queue: Queue, tmp_path: Path) -> None:
    jobs = [submit(queue, tmp_path / f"{name}", 5) for name in "abc"]
    start()
    for job_id in jobs:
        assert await_(queue, job_id, lambda job: job.ended).state is JobState.DONE
    assert all(numbers(tmp_path / name) == list(range(5)) for name in "abc")


def test_a_killed_worker_is_taken_over_and_nothing_done_twice(
    start: Start, queue: Queue, tmp_path: Path
) -> None:
    job_id = submit(queue, tmp_path / "tally", 40, pause=0.05)
    for reached in (3, 9, 15):
        worker = start()
        await_(queue, job_id, lambda job, reached=reached: job.done >= reached)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert queue.status(job_id).state is JobState.RUNNING
    start()
    assert await_(queue, job_id, lambda job: job.ended).state is JobState.DONE
    assert numbers(tmp_path / "tally") == list(range(40))


def test_cancel_really_cancels(start: Start, queue: Queue, tmp_path: Path) -> None:
    job_id = submit(queue, tmp_path / "tally", 100_000, pause=0.02)
    start()
    await_(queue, job_id, lambda job: job.done > 0)
    queue.cancel(job_id)
    assert await_(queue, job_id, lambda job: job.ended).state is JobState.CANCELLED
    counted = numbers(tmp_path / "tally")
    time.sleep(0.2)
    assert numbers(tmp_path / "tally") == counted


def test_pause_lets_the_next_go_first(start: Start, queue: Queue, tmp_path: Path) -> None:
    slow = submit(queue, tmp_path / "slow", 30, pause=0.05)
    start()
    await_(queue, slow, lambda job: job.done > 0)
    queue.pause(slow)
    await_(queue, slow, lambda job: job.state is JobState.PAUSED)
    other = submit(queue, tmp_path / "other", 2)
    assert await_(queue, other, lambda job: job.ended).state is JobState.DONE
    queue.resume(slow)
    assert await_(queue, slow, lambda job: job.ended).state is JobState.DONE
    assert numbers(tmp_path / "slow") == list(range(30))


def test_a_second_worker_leaves_at_once(start: Start, queue: Queue, tmp_path: Path) -> None:
    job_id = submit(queue, tmp_path / "tally", 1)
    first = start()
    await_(queue, job_id, lambda job: job.ended)
    assert start().wait(PATIENCE) == 0
    assert first.poll() is None
    assert worker_pid() == first.pid


def test_an_idle_worker_goes_home(start: Start) -> None:
    assert start(idle_seconds=0.2).wait(PATIENCE) == 0
    assert worker_pid() is None


def test_a_worker_goes_home_when_its_data_is_removed(start: Start, data_dir: Path) -> None:
    worker = start()
    pid_file = data_dir / "worker.pid"
    while not pid_file.exists():
        time.sleep(0.02)
    while pid_file.exists():  # the worker may just be writing its first files
        shutil.rmtree(data_dir, ignore_errors=True)
    assert worker.wait(PATIENCE) == 0


def test_a_sentence_reaches_the_person_and_a_defect_does_not(start: Start, queue: Queue) -> None:
    told = queue.submit("sentence", {}, title="")
    broken = queue.submit("defect", {}, title="")
    start()
    assert await_(queue, told, lambda job: job.ended).error.startswith("This is not a photo.")
    error = await_(queue, broken, lambda job: job.ended).error
    assert "ZeroDivision" not in error
    assert "try again" in error


def test_a_job_that_kills_every_worker_fails_in_the_end(start: Start, queue: Queue) -> None:
    job_id = queue.submit("die", {}, title="")
    while not queue.status(job_id).ended:
        start(idle_seconds=0.0).wait(PATIENCE)
    assert queue.status(job_id).state is JobState.FAILED
