"""Lanes and turns with real workers: long work steps aside, goes on exactly, and nobody waits for
what another lane does."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from auditcore.errors import JobError
from auditcore.jobs import waking
from auditcore.jobs.lanes import CPU, CUDA, LANES, WEB, lane_for, lock_file, log_file, worker_pid
from auditcore.jobs.manners import AUDIT, CONNECT, FORGET, PICTURES, PROTECT, turn_seconds
from auditcore.jobs.queue import MAX_CRASHES, Job, JobState, Queue
from auditcore.jobs.waking import Waker
from auditcore.models.access import without_keys

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    processes = []

    def _start(turn: str = "0.3", lane: str = CPU) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.jobs.counting_worker", "60", turn, lane]
        processes.append(subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ)))
        return processes[-1]

    yield _start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def queue() -> Queue:
    return Queue()


def submit(queue: Queue, file: Path, to: int, owner: str, kind: str = "count", **more: str) -> str:
    params = {"file": str(file), "to": to, "pause": 0.03, **more}
    return queue.submit(kind, params, title="", owner=owner, lane=more.get("put", CPU))


def seen(queue: Queue, jobs: dict[str, str]) -> list[tuple[float, Job]]:
    """Return every look at the jobs, by whom, until all have ended."""
    looks, deadline = [], time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        now = [queue.status(job_id, owner) for job_id, owner in jobs.items()]
        looks += [(time.monotonic(), job) for job in now]
        if all(job.ended for job in now):
            return looks
        time.sleep(0.02)
    raise AssertionError(f"they never ended: {now}")


def numbers(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()]


def changes(looks: Sequence[tuple[float, Job]]) -> list[str]:
    """Return whose job ran, each turn once."""
    running = [job.owner for _when, job in looks if job.state is JobState.RUNNING]
    return [one for before, one in zip(["", *running], running, strict=False) if one != before]


def test_long_jobs_of_two_people_take_turns_and_go_on_exactly(
    start: Start, queue: Queue, tmp_path: Path
) -> None:
    jobs = {submit(queue, tmp_path / who, 60, who): who for who in ("ada", "grace")}
    start()
    looks = seen(queue, jobs)
    assert {job.state for _when, job in looks[-2:]} == {JobState.DONE}
    assert changes(looks)[:4] == ["ada", "grace", "ada", "grace"]
    assert all(numbers(tmp_path / who) == list(range(60)) for who in ("ada", "grace"))
    assert all(job.state is not JobState.PAUSED for _when, job in looks)
    waiting = [job for _when, job in looks if job.state is JobState.WAITING and job.done]
    assert {job.position for job in waiting} <= {0, 1}
    assert all(job.done <= later.done for job, later in zip(waiting, waiting[2:], strict=False)
               if job.id == later.id)  # fmt: skip


def test_a_quick_question_waits_for_one_turn_at_most(
    start: Start, queue: Queue, tmp_path: Path
) -> None:
    long = submit(queue, tmp_path / "long", 200, "ada")
    start()
    while queue.status(long, "ada").state is not JobState.RUNNING:
        time.sleep(0.02)
    mine = submit(queue, tmp_path / "mine", 1, "ada", "glance")
    other = submit(queue, tmp_path / "other", 1, "grace", "glance")
    while not all(queue.status(j, o).ended for j, o in ((mine, "ada"), (other, "grace"))):
        assert not queue.status(long, "ada").ended
        time.sleep(0.02)
    assert not queue.status(long, "ada").ended


def test_alone_nobody_steps_aside(start: Start, queue: Queue, tmp_path: Path) -> None:
    jobs = {submit(queue, tmp_path / f"{n}", 30, "ada"): "ada" for n in range(2)}
    start("0.1")
    looks = seen(queue, jobs)
    ran = [job.id for _when, job in looks if job.state is JobState.RUNNING]
    assert ran == sorted(ran, key=list(jobs).index)


def test_a_turn_that_brings_nothing_does_not_end(
    start: Start, queue: Queue, tmp_path: Path
) -> None:
    """Else a job whose model takes longer to open than a turn lasts would never get anywhere."""
    jobs = {submit(queue, tmp_path / who, 3, who): who for who in ("ada", "grace")}
    start("0.0")
    seen(queue, jobs)
    assert all(numbers(tmp_path / who) == [0, 1, 2] for who in ("ada", "grace"))


def test_turns_are_no_crashes(queue: Queue) -> None:
    job_id = queue.submit("count", {}, title="")
    for _turn in range(3 * MAX_CRASHES):
        assert queue.claim() is not None
        queue.set_aside(job_id)
    for crash in range(MAX_CRASHES):
        assert queue.status(job_id).state is JobState.WAITING, crash
        queue.claim()
        queue.adopt()
    assert queue.status(job_id).state is JobState.FAILED


def test_progress_before_a_turn_ended_makes_up_for_crashes(queue: Queue) -> None:
    job_id = queue.submit("count", {}, title="")
    for done in range(1, 3 * MAX_CRASHES):
        queue.claim()
        queue.adopt()
        queue.claim()
        queue.progress(job_id, done, 100, "On the way.", None)
        queue.set_aside(job_id)
    assert queue.status(job_id).state is JobState.WAITING


@pytest.mark.parametrize(("wish", "state"), [("cancel", "cancelled"), ("pause", "paused")])
def test_a_wish_counts_more_than_the_next_turn(queue: Queue, wish: str, state: str) -> None:
    job_id = queue.submit("count", {}, title="")
    queue.claim()
    getattr(queue, wish)(job_id)
    queue.set_aside(job_id)
    assert queue.status(job_id).state.value == state


def test_what_a_provider_keeps_waiting_keeps_nobody_else_waiting(
    start: Start, queue: Queue, tmp_path: Path
) -> None:
    people = [f"person {number}" for number in range(4)]
    hosted = {submit(queue, tmp_path / who, 25, who, put=WEB): who for who in people}
    local = submit(queue, tmp_path / "local", 1, "ada")
    start(lane=WEB)
    start(lane=CPU)
    together = 0
    while not queue.status(local, "ada").ended or together < len(people):
        states = [queue.status(job, who).state for job, who in hosted.items()]
        together = max(together, states.count(JobState.RUNNING))
        assert not all(state is JobState.DONE for state in states), "they ran one by one"
    assert queue.status(local, "ada").lane == CPU
    seen(queue, hosted)
    assert all(numbers(tmp_path / who) == list(range(25)) for who in people)


def test_one_person_has_one_job_at_a_provider_at_a_time(queue: Queue) -> None:
    for owner in ("ada", "ada", "grace"):
        queue.submit("count", {}, title="", owner=owner, lane=WEB)
    claimed = [queue.claim(WEB), queue.claim(WEB), queue.claim(WEB)]
    assert [job and job.owner for job in claimed] == ["ada", "grace", None]


def test_a_job_in_the_wrong_lane_is_moved_and_nothing_is_lost(
    start: Start, queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit(queue, tmp_path / "tally", 5, "ada", "astray", lane=WEB)
    start(lane=CPU)
    start(lane=WEB)
    seen(queue, {job_id: "ada"})
    job = queue.status(job_id, "ada")
    assert (job.state, job.lane) == (JobState.DONE, WEB)
    assert numbers(tmp_path / "tally") == list(range(5))


def test_each_lane_has_a_worker_of_its_own(start: Start) -> None:
    workers = {lane: start(lane=lane) for lane in (CPU, WEB)}
    deadline = time.monotonic() + PATIENCE
    while any(worker_pid(lane) is None for lane in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {lane: worker_pid(lane) for lane in workers} == {
        lane: process.pid for lane, process in workers.items()
    }
    assert len({lock_file(lane) for lane in LANES} | {log_file(lane) for lane in LANES}) == 8


def test_only_lanes_with_work_are_woken_and_only_the_web_gets_keys(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, dict[str, str]]] = []

    class Started:
        def __init__(self, command: list[str], env: dict[str, str], **_rest: object) -> None:
            started.append((command[-1], env))

        def poll(self) -> None:
            return None

    monkeypatch.setattr(waking.subprocess, "Popen", Started)
    monkeypatch.setenv("TELLTALE_KEY_API_EXAMPLE_ORG", "secret")
    waker = Waker()
    assert waker.wake()
    assert [lane for lane, _env in started] == [CPU]
    queue.submit("count", {}, title="", lane=WEB)
    assert waker.wake()
    assert not waker.wake()
    assert [lane for lane, _env in started] == [CPU, WEB]
    keyed = {lane: "TELLTALE_KEY_API_EXAMPLE_ORG" in env for lane, env in started}
    assert keyed == {CPU: False, WEB: True}
    assert without_keys({"TELLTALE_KEY_A": "x", "PATH": "y"}) == {"PATH": "y"}


def test_many_who_wake_at_once_start_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def slowly(lane: str) -> "subprocess.Popen[bytes]":
        time.sleep(0.05)
        started.append(lane)
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    monkeypatch.setattr(waking, "_start", slowly)
    waker = Waker()
    threads = [threading.Thread(target=waker.wake) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started == [CPU]
    waker._started[CPU].kill()
    waker._started[CPU].wait()


@pytest.mark.parametrize(
    ("hosted", "device", "devices", "lane"),
    [
        (True, None, (CUDA, CPU), WEB),
        (False, None, (CUDA, CPU), CUDA),
        (False, None, (CPU,), CPU),
        (False, CPU, (CUDA, CPU), CPU),
        (False, CUDA, (CPU,), CPU),
        (False, None, (), CPU),
    ],
)
def test_the_lane_follows_from_the_model(
    hosted: bool, device: str | None, devices: tuple[str, ...], lane: str
) -> None:
    assert lane_for(hosted, device, devices) == lane


def test_only_what_goes_on_exactly_steps_aside() -> None:
    assert turn_seconds(AUDIT, CPU) == 15
    assert turn_seconds(FORGET, CPU) == 45
    assert turn_seconds(CONNECT, CPU) is None
    assert turn_seconds(PICTURES, CPU) == 20
    assert turn_seconds(PICTURES, WEB) is None, "photos would be sent twice"
    assert (turn_seconds(AUDIT, WEB) or 0) > (turn_seconds(AUDIT, CPU) or 0)
    assert turn_seconds(PROTECT, WEB) is None


def test_nobody_fills_the_lines(queue: Queue) -> None:
    for _ in range(20):
        queue.submit("count", {}, title="", owner="ada")
    with pytest.raises(JobError, match="20 pieces of work of yours are waiting"):
        queue.submit("count", {}, title="", owner="ada")
    queue.submit("count", {}, title="", owner="grace")
    queue.cancel(queue.list("ada")[0].id, "ada")
    queue.submit("count", {}, title="", owner="ada")
