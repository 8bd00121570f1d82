"""The one SQLite file that audits, jobs and the shelf of kits share, and how it is opened."""

from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import Connection, Engine, MetaData, create_engine, event

LOCAL_OWNER = "local"
"""Whose rows they are where nobody signs in: the one person of a private machine."""

_BUSY_SECONDS = 30
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten, not only unlinked
)


def open_database(path: Path, tables: MetaData) -> Engine:
    """Open (or make) the SQLite file with these tables: write-ahead log, explicit transactions.

    Processes that make it at the same time, as the app and its worker do at the first start, take
    turns: SQLite refuses at once, however long one would wait, where two of them set up one file.
    A killed process loses nothing that was committed. A power cut may cost the last moments, never
    the consistency of the file (SQLite's "normal" with a write-ahead log); they are asked again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    with FileLock(f"{path}.lock"):
        tables.create_all(for_writing(engine))
    engine.dispose()  # who opened it may still have something to say of how it connects
    return engine


def empty_log(engine: Engine) -> None:
    """Bring the write-ahead log into the file and empty it, so that it keeps nothing deleted.

    While somebody reads it stays as it is, until the next time.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def for_writing(engine: Engine) -> Engine:
    """Return the database for transactions that write.

    They wait for their turn before they read, so that nothing changes between read and write.
    """
    return engine.execution_options(immediate=True)
