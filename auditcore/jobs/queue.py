"""The queue of long work, on disk: what waits, what runs, how far it is, how it ended.

Pages write wishes here (do this, pause, cancel) and read progress; the worker process does the
reverse. Nothing about a job lives in either process, so both may be killed at any moment.
"""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from auditcore import paths
from auditcore.database import LOCAL_OWNER, empty_log, for_writing
from auditcore.errors import JobError
from auditcore.jobs import line_up
from auditcore.jobs.job import ENDS, NEEDS, Job, JobState, Needs, Wish
from auditcore.jobs.lanes import CPU
from auditcore.jobs.tables import JobRow, connect
from auditcore.jobs.turns import Ahead

__all__ = ["ENDS", "NEEDS", "Job", "JobRow", "JobState", "Needs", "Queue", "Wish"]

MAX_CRASHES = 5
MAX_WAITING = 20
"""Jobs that one owner may have waiting, so that nobody fills the disk or the lines of all."""


class Queue:
    """The jobs of this machine. One instance may be shared by threads.

    Every method is one transaction. Methods that take `owner` raise JobError for a job that is
    unknown or someone else's, in the same words, so that ids cannot be probed.
    """

    def __init__(self, database: Path | None = None) -> None:
        self._engine = connect(database or paths.database())
        self._writer = for_writing(self._engine)

    # What a person asks for

    def submit(
        self,
        kind: str,
        params: Mapping[str, Any],
        *,
        title: str,
        owner: str = LOCAL_OWNER,
        job_id: str | None = None,
        lane: str = CPU,
    ) -> str:
        """Put a job at the end of its owner's line and return its id.

        Args:
            kind: what is to be done. params: with what; must fit into JSON.
            params: see kind.
            title: what to call it.
            owner: whose it is.
            job_id: from `new_job_id`, where something must carry it before; None for a new one.
            lane: see `auditcore.jobs.lanes`.

        Raises:
            JobError: this owner has MAX_WAITING jobs waiting.
        """
        row = JobRow(
            id=job_id or new_job_id(),
            kind=kind,
            owner=owner,
            title=title,
            state=JobState.WAITING.value,
            params=json.dumps(params),
            now="Waiting to begin.",
            created=datetime.now(UTC).replace(tzinfo=None),
            lane=lane,
        )
        with Session(self._writer) as session, session.begin():
            _insist_on_room(session, owner)
            session.add(row)
            return row.id

    def status(self, job_id: str, owner: str = LOCAL_OWNER) -> Job:
        """Return the job as it stands now."""
        with Session(self._engine) as session:
            return _as_job(session, _row(session, job_id, owner))

    def list(
        self, owner: str = LOCAL_OWNER, kind: str | None = None, *, ended: bool | None = None
    ) -> list[Job]:
        """Return this owner's jobs, the newest first.

        Args:
            owner: whose.
            kind: of this kind alone, None for all.
            ended: those that have ended, or those that have not; None for both.
        """
        wanted = _of(owner, kind)
        if ended is not None:
            ends = JobRow.state.in_([state.value for state in ENDS])
            wanted = wanted.where(ends if ended else ~ends)
        return [*self._jobs(wanted)]

    def that_promised(self, owner: str, kind: str, name: str, value: str) -> Job | None:
        """Return the newest job of an owner that promised something, None if there is none."""
        promised = func.json_extract(JobRow.result, f"$.{name}") == value
        return next(iter(self._jobs(_of(owner, kind).where(promised).limit(1))), None)

    def _jobs(self, wanted: Select[JobRow]) -> Sequence[Job]:
        with Session(self._engine) as session:
            return [_as_job(session, row) for row in session.scalars(wanted)]

    def cancel(self, job_id: str, owner: str = LOCAL_OWNER) -> None:
        """Cancel: at once when it does not run, else before its next step. Ended jobs stay."""
        with Session(self._writer) as session, session.begin():
            row = _row(session, job_id, owner)
            if row.state == JobState.RUNNING:
                row.wish = Wish.CANCEL.value
            elif row.state not in ENDS:
                row.state, row.now = JobState.CANCELLED.value, "Cancelled."

    def pause(self, job_id: str, owner: str = LOCAL_OWNER) -> None:
        """Pause: at once when it waits, else before its next step; ended jobs raise JobError."""
        with Session(self._writer) as session, session.begin():
            row = _row(session, job_id, owner)
            if row.state in ENDS:
                raise JobError("This has already ended, so there is nothing to pause.")
            if row.state == JobState.RUNNING:
                row.wish = Wish.PAUSE.value
            else:
                row.state, row.now = JobState.PAUSED.value, "Paused."

    def resume(
        self, job_id: str, owner: str = LOCAL_OWNER, *, params: Mapping[str, Any] | None = None
    ) -> None:
        """Let a paused job go on, or try a failed one again; it keeps its place in the queue.

        Args:
            job_id: which job. owner: whose.
            owner: see job_id.
            params: what it is to do from now on, such as the same under a higher ceiling; None
                for no change. A job that runs keeps what it began with.
        """
        with Session(self._writer) as session, session.begin():
            row = _row(session, job_id, owner)
            if row.state in (JobState.DONE, JobState.CANCELLED):
                raise JobError("This has already ended. Start it again from its page.")
            row.wish = Wish.GO_ON.value
            if row.state in (JobState.PAUSED, JobState.FAILED):
                row.state, row.now = JobState.WAITING.value, "Waiting to go on."
                row.error, row.crashes = "", 0
                row.result = json.dumps(_without_needs(json.loads(row.result)))
                row.params = row.params if params is None else json.dumps(params)

    def forget(self, job_id: str, owner: str = LOCAL_OWNER) -> None:
        """Strike a job from the queue, whatever its state; a worker at it must notice by itself.

        What it said, such as an error that names a photo, is overwritten on disk, too.
        """
        with Session(self._writer) as session, session.begin():
            session.delete(_row(session, job_id, owner))
        empty_log(self._engine)

    # What the worker does

    def adopt(self, lane: str = CPU) -> int:
        """Put back what a killed worker left running in a lane; return how many jobs that were.

        Only the holder of the lane's lock may call this: then nothing can really be running.
        A job that took its worker down MAX_CRASHES times without any progress fails instead.
        """
        with Session(self._writer) as session, session.begin():
            running = (JobRow.lane == lane) & (JobRow.state == JobState.RUNNING.value)
            orphans = session.scalars(select(JobRow).where(running)).all()
            for row in orphans:
                _put_back(row)
            return len(orphans)

    def claim(self, lane: str = CPU) -> Job | None:
        """Mark the job running whose turn it is in a lane, or return None."""
        with Session(self._engine) as session:
            if not line_up.anybody(session, lane):
                return None  # found out without keeping others from writing
        with Session(self._writer) as session, session.begin():
            row = line_up.call_next(session, lane)
            if row is None:
                return None
            row.state, row.wish = JobState.RUNNING.value, Wish.GO_ON.value
            row.done_at_start, row.now, row.began = row.done, "Getting ready.", time.time()
            session.flush()
            return _as_job(session, row)

    def lanes_at_work(self) -> frozenset[str]:
        """Return the lanes in which a job waits or runs."""
        wanted = select(JobRow.lane).where(_under_way()).distinct()
        with Session(self._engine) as session:
            return frozenset(session.scalars(wanted))

    def unfinished(self) -> frozenset[str]:
        """Return the ids of all jobs that wait or run, whoever's they are."""
        with Session(self._engine) as session:
            return frozenset(session.scalars(select(JobRow.id).where(_under_way())))

    def wish(self, job_id: str) -> Wish:
        """Return what the person wants of a running job."""
        with Session(self._engine) as session:
            found = session.scalar(select(JobRow.wish).where(JobRow.id == job_id))
        return Wish(found or "")

    def has_rival(self, job: Job) -> bool:
        """Say whether a job keeps somebody else from a turn, or a quick one of its owner."""
        with Session(self._engine) as session:
            return line_up.has_rival(session, job.lane, job.owner, job.kind)

    def set_aside(self, job_id: str) -> None:
        """Let a running job wait for its next turn, unless its owner wished something else."""
        with Session(self._writer) as session, session.begin():
            row = session.scalar(select(JobRow).where(JobRow.id == job_id))
            if row is not None:
                row.crashes = 0 if row.done > row.done_at_start else row.crashes
                _stop_clock(row)
                _wait_again(row, "Others have their turn now; this goes on by itself.")

    def move(self, job_id: str, lane: str) -> None:
        """Let a running job wait in another lane, where it belongs."""
        now = "Waiting to begin."
        self._write(job_id, state=JobState.WAITING.value, lane=lane, began=None, now=now)

    def progress(
        self, job_id: str, done: int, total: int, now: str, seconds_left: float | None
    ) -> None:
        """Write how far a running job is."""
        self._write(job_id, done=done, total=total, now=now, seconds_left=seconds_left)

    def promise(self, job_id: str, result: Mapping[str, Any]) -> None:
        """Write what is known of the result before the job ends (such as the audit's id)."""
        self._write(job_id, result=json.dumps(result))

    def end(self, job_id: str, state: JobState, now: str, error: str = "") -> None:
        """Write that the worker has let go of a job, and how."""
        with Session(self._writer) as session, session.begin():
            row = session.scalar(select(JobRow).where(JobRow.id == job_id))
            if row is not None:
                _stop_clock(row)
                row.state, row.now, row.error = state.value, now, error
                row.seconds_left, row.wish = None, Wish.GO_ON.value

    def _write(self, job_id: str, **values: Any) -> None:
        with Session(self._writer) as session, session.begin():
            session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))


def new_job_id() -> str:
    """Return an id that nobody can guess (128 bits), fit for an address and a command line."""
    return secrets.token_hex(16)


def _without_needs(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != NEEDS}


def _of(owner: str, kind: str | None) -> Select[JobRow]:
    wanted = select(JobRow).where(JobRow.owner == owner).order_by(JobRow.number.desc())
    return wanted if kind is None else wanted.where(JobRow.kind == kind)


def _under_way() -> Any:
    return JobRow.state.in_([JobState.WAITING.value, JobState.RUNNING.value])


def _insist_on_room(session: Session, owner: str) -> None:
    theirs = (JobRow.owner == owner) & (JobRow.state == JobState.WAITING.value)
    waiting = session.scalar(select(func.count()).select_from(JobRow).where(theirs)) or 0
    if waiting >= MAX_WAITING:
        raise JobError(
            f"{waiting} pieces of work of yours are waiting already, and more than that nobody may "
            "have. Let one finish, or cancel one that you can do without, and try again."
        )


def _stop_clock(row: JobRow) -> None:
    """Add the turn that ends to what the job has worked; a clock put back counts as nothing."""
    if row.began is not None:
        row.spent += max(time.time() - row.began, 0.0)
        row.began = None


def _put_back(row: JobRow) -> None:
    row.crashes = 0 if row.done > row.done_at_start else row.crashes + 1
    row.began = None  # nobody knows when it ended
    if row.crashes < MAX_CRASHES or row.wish:
        _wait_again(row, "Interrupted; going on in a moment.")
        return
    row.state, row.now = JobState.FAILED.value, "Stopped."
    row.error = (
        f"This was interrupted {row.crashes} times before it could get anywhere, perhaps for "
        "want of memory. Close other programs, or use fewer or smaller photos, and try again."
    )


def _wait_again(row: JobRow, now: str) -> None:
    """Let a job wait that ran, or do what its owner wished meanwhile."""
    if row.wish == Wish.CANCEL:
        row.state, row.now = JobState.CANCELLED.value, "Cancelled."
    elif row.wish == Wish.PAUSE:
        row.state, row.now = JobState.PAUSED.value, "Paused."
    else:
        row.state, row.now = JobState.WAITING.value, now


def _row(session: Session, job_id: str, owner: str) -> JobRow:
    row = session.scalars(
        select(JobRow).where(JobRow.id == job_id, JobRow.owner == owner)
    ).one_or_none()
    if row is None:
        raise JobError(
            "There is nothing under this address. The link may be incomplete, or it was made on "
            "another machine or by another person."
        )
    return row


def _ahead(session: Session, row: JobRow) -> Ahead | None:
    """Return what goes before a job, None when it neither runs nor waits."""
    if row.state == JobState.WAITING:
        return line_up.ahead_of(session, row)
    return Ahead(0, None) if row.state == JobState.RUNNING else None


def _as_job(session: Session, row: JobRow) -> Job:
    ahead = _ahead(session, row)
    return Job(
        id=row.id,
        kind=row.kind,
        owner=row.owner,
        title=row.title,
        state=JobState(row.state),
        wish=Wish(row.wish),
        params=json.loads(row.params),
        result=json.loads(row.result),
        done=row.done,
        total=row.total,
        seconds_left=row.seconds_left,
        now=row.now,
        error=row.error,
        lane=row.lane,
        position=None if ahead is None else ahead.position,
        wait=None if ahead is None else ahead.seconds,
        created=row.created.replace(tzinfo=UTC),
    )
