"""The lines of the lanes as they stand in the database: who is next, and when a job's turn comes.

Each function works within the transaction of its caller.
"""

import time
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from auditcore.jobs import turns
from auditcore.jobs.job import JobState
from auditcore.jobs.lanes import seats
from auditcore.jobs.manners import is_quick, turn_seconds
from auditcore.jobs.tables import JobRow, TurnRow
from auditcore.jobs.turns import Ahead, Ticket

_LAST = 10  # finished jobs of a kind, from which is taken how long the next one takes


def anybody(session: Session, lane: str) -> bool:
    """Say whether a job waits in a lane."""
    waiting = (JobRow.lane == lane) & (JobRow.state == JobState.WAITING.value)
    return session.scalar(select(JobRow.number).where(waiting).limit(1)) is not None


def call_next(session: Session, lane: str) -> JobRow | None:
    """Give the job its turn that is next in a lane, and return it; None if there is none.

    Where several jobs are done at once, each owner has one of them at most.
    """
    running, waiting = _tickets(session, lane, {})
    busy = {ticket.owner for ticket in running} if seats(lane) > 1 else set()
    served = _served(session, lane)
    ticket = turns.next_up(waiting, served, busy)
    if ticket is None:
        return None
    number = max(served.values(), default=0) + 1
    session.merge(TurnRow(lane=lane, owner=ticket.owner, number=number))
    return session.get_one(JobRow, ticket.number)


def has_rival(session: Session, lane: str, owner: str, kind: str) -> bool:
    """Say whether somebody else waits in a lane, or a quick job of an owner whose job is not."""
    _running, waiting = _tickets(session, lane, {})
    return turns.has_rival(Ticket(0, owner, is_quick(kind)), waiting)


def ahead_of(session: Session, row: JobRow) -> Ahead:
    """Say what goes before a waiting job."""
    lane = row.lane
    running, waiting = _tickets(session, lane, _usual_seconds(session, lane))
    return turns.foresee(row.number, running, waiting, _served(session, lane), seats(lane))


def _tickets(
    session: Session, lane: str, usual: Mapping[str, float]
) -> tuple[list[Ticket], list[Ticket]]:
    """Return the jobs at work in a lane and those that wait."""
    wanted = select(
        JobRow.number, JobRow.owner, JobRow.kind, JobRow.state, JobRow.seconds_left, JobRow.began
    ).where(JobRow.lane == lane, _under_way())
    rows = session.execute(wanted).all()
    running = [_ticket(row, lane, usual) for row in rows if row.state == JobState.RUNNING]
    return running, [_ticket(row, lane, usual) for row in rows if row.state == JobState.WAITING]


def _ticket(
    row: Row[int, str, str, str, float | None, float | None],
    lane: str,
    usual: Mapping[str, float],
) -> Ticket:
    worked = max(time.time() - row.began, 0.0) if row.began is not None else 0.0
    seconds = row.seconds_left
    if seconds is None and row.kind in usual:
        seconds = max(usual[row.kind] - worked, 0.0)
    turn = turn_seconds(row.kind, lane)
    return Ticket(row.number, row.owner, is_quick(row.kind), seconds, turn, worked)


def _under_way() -> ColumnElement[bool]:
    return JobRow.state.in_([JobState.WAITING.value, JobState.RUNNING.value])


def _served(session: Session, lane: str) -> dict[str, int]:
    """Return the number of each owner's last turn in a lane."""
    rows = session.execute(select(TurnRow.owner, TurnRow.number).where(TurnRow.lane == lane))
    return {owner: number for owner, number in rows}  # noqa: C416  rows are no pairs to mypy


def _usual_seconds(session: Session, lane: str) -> dict[str, float]:
    """Return how long the last finished jobs of each waiting or running kind took."""
    wanted = select(JobRow.kind).where(JobRow.lane == lane, _under_way())
    means = {kind: _mean(session, lane, kind) for kind in set(session.scalars(wanted))}
    return {kind: mean for kind, mean in means.items() if mean is not None}


def _mean(session: Session, lane: str, kind: str) -> float | None:
    finished = select(JobRow.spent).where(
        JobRow.lane == lane,
        JobRow.state == JobState.DONE.value,
        JobRow.kind == kind,
        JobRow.spent > 0,
    )
    last = finished.order_by(JobRow.number.desc()).limit(_LAST).subquery()
    return session.scalar(select(func.avg(last.c.spent)))
