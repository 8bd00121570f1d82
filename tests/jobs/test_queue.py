"""The queue keeps order, obeys wishes, and never shows one owner's job to another."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy.orm import Session

from auditcore import paths
from auditcore.errors import JobError
from auditcore.jobs import queue as queue_room
from auditcore.jobs.queue import MAX_CRASHES, Job, JobRow, JobState, Queue, Wish


@pytest.fixture
def queue() -> Queue:
    return Queue()


def submit(queue: Queue, owner: str = "local") -> str:
    return queue.submit("count", {"to": 3}, title="Count to three", owner=owner)


def test_jobs_are_claimed_in_the_order_of_arrival(queue: Queue) -> None:
    first, second = submit(queue), submit(queue)
    assert [queue.status(j).position for j in (first, second)] == [0, 1]
    assert queue.claim().id == first
    assert queue.status(second).position == 1
    assert queue.claim().id == second
    assert queue.claim() is None


def test_a_submitted_job_can_be_read_by_another_connection(queue: Queue) -> None:
    job = Queue().status(submit(queue))
    assert (job.state, job.params, job.title) == (JobState.WAITING, {"to": 3}, "Count to three")


def test_an_owner_sees_no_job_of_another(queue: Queue) -> None:
    job_id = submit(queue, owner="ada")
    assert queue.list("grace") == []
    for touch in (queue.status, queue.cancel, queue.pause, queue.resume):
        with pytest.raises(JobError, match="nothing under this address"):
            touch(job_id, "grace")
    assert [job.id for job in queue.list("ada")] == [job_id]


def test_unknown_and_foreign_ids_read_alike(queue: Queue) -> None:
    job_id = submit(queue, owner="ada")
    said = []
    for unknown in (job_id, "no-such-job"):
        with pytest.raises(JobError) as error:
            queue.status(unknown, "grace")
        said.append(str(error.value))
    assert said[0] == said[1]


def test_ids_are_long_and_differ(queue: Queue) -> None:
    ids = {submit(queue, f"visitor {number}") for number in range(50)}
    assert len(ids) == 50
    assert min(map(len, ids)) >= 22


def test_waiting_jobs_are_cancelled_at_once_and_running_ones_asked(queue: Queue) -> None:
    running, waiting = submit(queue), submit(queue)
    queue.claim()
    queue.cancel(running)
    queue.cancel(waiting)
    assert queue.status(waiting).state is JobState.CANCELLED
    assert queue.status(running).state is JobState.RUNNING
    assert queue.wish(running) is Wish.CANCEL
    assert queue.claim() is None


def test_no_worker_claims_a_job_that_is_just_being_cancelled(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, other, read = submit(queue), Queue(), queue_room._row
    claims: list[Future[Job | None]] = []
    with ThreadPoolExecutor(1) as worker, monkeypatch.context() as patched:

        def read_while_a_worker_claims(session: Session, job_id: str, owner: str) -> JobRow:
            row = read(session, job_id, owner)
            claims.append(worker.submit(other.claim))
            wait(claims, timeout=0.3)
            return row

        patched.setattr(queue_room, "_row", read_while_a_worker_claims)
        queue.cancel(job)
        assert claims[0].result() is None
    assert queue.status(job).state is JobState.CANCELLED


def test_pause_and_resume_keep_the_place_in_the_queue(queue: Queue) -> None:
    first, second = submit(queue), submit(queue)
    queue.pause(first)
    assert queue.status(first).state is JobState.PAUSED
    assert queue.status(second).position == 0
    queue.resume(first)
    assert queue.claim().id == first


def test_an_ended_job_is_neither_paused_nor_resumed(queue: Queue) -> None:
    job_id = submit(queue)
    queue.cancel(job_id)
    for touch in (queue.pause, queue.resume):
        with pytest.raises(JobError, match="already ended"):
            touch(job_id)
    queue.cancel(job_id)
    assert queue.status(job_id).state is JobState.CANCELLED


def test_a_failed_job_may_be_tried_again(queue: Queue) -> None:
    job_id = submit(queue)
    queue.claim()
    queue.end(job_id, JobState.FAILED, "Stopped.", "A sentence.")
    assert queue.status(job_id).error == "A sentence."
    queue.resume(job_id)
    assert queue.claim().error == ""


def test_adopt_puts_back_what_a_killed_worker_left(queue: Queue) -> None:
    going, paused, cancelled = (submit(queue) for _ in range(3))
    for _ in range(3):
        queue.claim()
    queue.pause(paused)
    queue.cancel(cancelled)
    assert queue.adopt() == 3
    states = [queue.status(job).state for job in (going, paused, cancelled)]
    assert states == [JobState.WAITING, JobState.PAUSED, JobState.CANCELLED]


def test_a_job_that_keeps_killing_its_worker_fails_with_a_sentence(queue: Queue) -> None:
    job_id = submit(queue)
    for _ in range(MAX_CRASHES):
        assert queue.status(job_id).state is JobState.WAITING
        queue.claim()
        queue.adopt()
    job = queue.status(job_id)
    assert job.state is JobState.FAILED
    assert "memory" in job.error


def test_kills_that_let_work_through_never_fail_a_job(queue: Queue) -> None:
    job_id = submit(queue)
    for done in range(1, 3 * MAX_CRASHES):
        queue.claim()
        queue.progress(job_id, done, 100, "On the way.", None)
        queue.adopt()
        assert queue.status(job_id).state is JobState.WAITING


def test_what_a_forgotten_job_said_is_not_on_disk_any_more(queue: Queue) -> None:
    kept, gone = submit(queue), submit(queue)
    queue.end(kept, JobState.FAILED, "Stopped.", "The photo KEPT.jpg is empty.")
    queue.end(gone, JobState.FAILED, "Stopped.", "The photo SECRET.jpg is empty.")
    assert b"SECRET.jpg" in on_disk()
    queue.forget(gone)
    assert b"SECRET.jpg" not in on_disk()
    assert b"KEPT.jpg" in on_disk()


def on_disk() -> bytes:
    file = paths.database()
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
