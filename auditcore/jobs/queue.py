"""The queue of long work, on disk: what waits, what runs, how far it is, how it ended.

Pages write wishes here (do this, pause, cancel) and read progress; the worker process does the
reverse. Nothing about a job lives in either process, so both may be killed at any moment.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from auditcore import paths
from auditcore.database import LOCAL_OWNER, empty_log, for_writing, open_database
from auditcore.errors import JobError

MAX_CRASHES = 5


class JobState(StrEnum):
    """Where a job stands; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class Needs(StrEnum):
    """What only the person can give, for want of which a job was paused."""

    KEY = "key"
    CEILING = "ceiling"


class Wish(StrEnum):
    """What a person asked of a running job; the worker obeys between two steps."""

    GO_ON = ""
    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Job:
    """One job as it stands now.

    Attributes:
        id: unguessable, fit for the address of a page.
        position: 0 when it runs or is next, else how many jobs go before it; None once ended.
        done, total: steps finished and expected (total 0 while unknown).
        seconds_left: an estimate, None while unknown.
        now: one sentence on what is happening.
        result: what the kind of job promises (a kit's id, an audit's id), {} until then.
        error: a sentence for the person when the state is "failed", else "".
    """

    id: str
    kind: str
    owner: str
    title: str
    state: JobState
    wish: Wish
    params: Mapping[str, Any]
    result: Mapping[str, Any]
    done: int
    total: int
    seconds_left: float | None
    now: str
    error: str
    position: int | None
    created: datetime

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to this job by itself."""
        return self.state in ENDS

    @property
    def needs(self) -> Needs | None:
        """Return what a paused job waits for, None if only for the wish to go on."""
        lacking = self.result.get(NEEDS) if self.state is JobState.PAUSED else None
        return None if lacking is None else Needs(lacking)


NEEDS = "needs"
"""Where a job's result says what it waits for."""


class Base(DeclarativeBase):
    """The tables of the queue and of the shelf of kits."""


class JobRow(Base):
    """One job; `number` gives the order of the queue, `id` is what a stranger cannot guess."""

    __tablename__ = "jobs"
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    wish: Mapped[str] = mapped_column(default=Wish.GO_ON.value)
    params: Mapped[str]
    result: Mapped[str] = mapped_column(default="{}")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    seconds_left: Mapped[float | None] = mapped_column(default=None)
    now: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    done_at_start: Mapped[int] = mapped_column(default=-1)
    crashes: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]


class KitRow(Base):
    """One kit that one owner keeps on this machine; the file is `kits/<kit id>.zip`."""

    __tablename__ = "kits"
    owner: Mapped[str] = mapped_column(primary_key=True)
    kit_id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    photos: Mapped[int]
    made_here: Mapped[bool]
    created: Mapped[datetime]


def connect(database: Path) -> Engine:
    """Open the database with the tables of jobs and kits in it; safe between processes."""
    engine = open_database(database, Base.metadata)

    @event.listens_for(engine, "connect")
    def sync_fully(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=FULL")  # a line names a kit: no power cut loses it

    return engine


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
    ) -> str:
        """Put a job at the end of the queue and return its id (`params` must fit into JSON)."""
        row = JobRow(
            id=job_id or new_job_id(),
            kind=kind,
            owner=owner,
            title=title,
            state=JobState.WAITING.value,
            params=json.dumps(params),
            now="Waiting to begin.",
            created=datetime.now(UTC).replace(tzinfo=None),
        )
        with Session(self._writer) as session, session.begin():
            session.add(row)
            return row.id

    def status(self, job_id: str, owner: str = LOCAL_OWNER) -> Job:
        """Return the job as it stands now."""
        with Session(self._engine) as session:
            return _as_job(session, _row(session, job_id, owner))

    def list(self, owner: str = LOCAL_OWNER, kind: str | None = None) -> list[Job]:
        """Return this owner's jobs, the newest first, optionally of one kind."""
        wanted = select(JobRow).where(JobRow.owner == owner).order_by(JobRow.number.desc())
        if kind is not None:
            wanted = wanted.where(JobRow.kind == kind)
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

    def adopt(self) -> int:
        """Put back what a killed worker left running; return how many jobs that were.

        Only the holder of the worker's lock may call this: then nothing can really be running.
        A job that took its worker down MAX_CRASHES times without any progress fails instead.
        """
        with Session(self._writer) as session, session.begin():
            orphans = list(session.scalars(_in_state(JobState.RUNNING)))
            for row in orphans:
                _put_back(row)
            return len(orphans)

    def claim(self) -> Job | None:
        """Take the next waiting job and mark it running, or return None."""
        with Session(self._writer) as session, session.begin():
            row = session.scalars(_in_state(JobState.WAITING).limit(1)).first()
            if row is None:
                return None
            row.state, row.wish = JobState.RUNNING.value, Wish.GO_ON.value
            row.done_at_start, row.now = row.done, "Getting ready."
            session.flush()
            return _as_job(session, row)

    def unfinished(self) -> frozenset[str]:
        """Return the ids of all jobs that wait or run, whoever's they are."""
        wanted = select(JobRow.id).where(
            JobRow.state.in_([JobState.WAITING.value, JobState.RUNNING.value])
        )
        with Session(self._engine) as session:
            return frozenset(session.scalars(wanted))

    def wish(self, job_id: str) -> Wish:
        """Return what the person wants of a running job."""
        with Session(self._engine) as session:
            found = session.scalar(select(JobRow.wish).where(JobRow.id == job_id))
        return Wish(found or "")

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
        self._write(
            job_id,
            state=state.value,
            now=now,
            error=error,
            seconds_left=None,
            wish=Wish.GO_ON.value,
        )

    def _write(self, job_id: str, **values: Any) -> None:
        with Session(self._writer) as session, session.begin():
            session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))


def new_job_id() -> str:
    """Return an id that nobody can guess (128 bits), fit for an address and a command line."""
    return secrets.token_hex(16)


def _without_needs(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != NEEDS}


def _in_state(state: JobState) -> Any:
    return select(JobRow).where(JobRow.state == state.value).order_by(JobRow.number)


def _put_back(row: JobRow) -> None:
    row.crashes = 0 if row.done > row.done_at_start else row.crashes + 1
    if row.wish == Wish.CANCEL:
        row.state, row.now = JobState.CANCELLED.value, "Cancelled."
    elif row.wish == Wish.PAUSE:
        row.state, row.now = JobState.PAUSED.value, "Paused."
    elif row.crashes >= MAX_CRASHES:
        row.state, row.now = JobState.FAILED.value, "Stopped."
        row.error = (
            f"This was interrupted {row.crashes} times before it could get anywhere, perhaps for "
            "want of memory. Close other programs, or use fewer or smaller photos, and try again."
        )
    else:
        row.state, row.now = JobState.WAITING.value, "Interrupted; going on in a moment."


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


def _position(session: Session, row: JobRow) -> int | None:
    if row.state not in (JobState.WAITING, JobState.RUNNING):
        return None
    busy = JobRow.state == JobState.RUNNING.value
    before = (JobRow.state == JobState.WAITING.value) & (JobRow.number < row.number)
    if row.state == JobState.RUNNING:
        return 0
    return session.scalar(select(func.count()).select_from(JobRow).where(busy | before)) or 0


def _as_job(session: Session, row: JobRow) -> Job:
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
        position=_position(session, row),
        created=row.created.replace(tzinfo=UTC),
    )
