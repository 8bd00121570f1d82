"""The tables of the queue and of the shelf of kits, and how they are opened."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Index, Table, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from auditcore.database import for_writing, open_database
from auditcore.jobs.lanes import CPU


class Base(DeclarativeBase):
    """The tables of the queue and of the shelf of kits."""


class JobRow(Base):
    """One job; `number` gives the order of arrival, `id` is what a stranger cannot guess.

    Seconds are of the clock on the wall: `began` is when its turn began, `spent` what it has worked
    in all turns before.
    """

    __tablename__ = "jobs"
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    wish: Mapped[str] = mapped_column(default="")
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
    lane: Mapped[str] = mapped_column(default=CPU, server_default=CPU)
    spent: Mapped[float] = mapped_column(default=0.0, server_default="0")
    began: Mapped[float | None] = mapped_column(default=None)
    __table_args__ = (
        Index("jobs_by_lane", "lane", "state", "kind", "number"),
        Index("jobs_by_owner", "owner", "kind", "number"),
    )


class TurnRow(Base):
    """The last turn that an owner had in a lane; turns are counted through."""

    __tablename__ = "turns"
    lane: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class KitRow(Base):
    """One kit that one owner keeps on this machine; the file is `kits/<kit id>.zip`."""

    __tablename__ = "kits"
    owner: Mapped[str] = mapped_column(primary_key=True)
    kit_id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    photos: Mapped[int]
    made_here: Mapped[bool]
    created: Mapped[datetime]


_SINCE_LANES = {
    "lane": f"VARCHAR NOT NULL DEFAULT '{CPU}'",
    "spent": "FLOAT NOT NULL DEFAULT 0",
    "began": "FLOAT",
}
"""Columns that data folders of earlier versions lack. Their jobs are all in the CPU's lane then;
the worker there sends on those that belong elsewhere."""


def connect(database: Path) -> Engine:
    """Open the database with the tables of jobs and kits in it; safe between processes.

    What an earlier version wrote is kept: its tables get the columns that they lack.
    """
    engine = open_database(database, Base.metadata)

    @event.listens_for(engine, "connect")
    def sync_fully(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=FULL")  # a line names a kit: no power cut loses it

    _bring_up_to_date(engine)
    return engine


def _bring_up_to_date(engine: Engine) -> None:
    jobs = JobRow.__table__
    assert isinstance(jobs, Table)
    with for_writing(engine).begin() as connection:
        known = {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(jobs)")}
        for name, kind in _SINCE_LANES.items():
            if name not in known:
                connection.exec_driver_sql(f"ALTER TABLE jobs ADD COLUMN {name} {kind}")
        for index in jobs.indexes:
            index.create(connection, checkfirst=True)
