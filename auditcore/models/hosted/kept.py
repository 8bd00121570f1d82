"""What hosted models answered, and how much was sent to them, audit by audit, on disk.

Each change is one transaction. Sending is counted before it happens and an answer is kept as soon
as it is there, so that a process killed at any point has never counted too little, and asks again
only what was on its way. Keys are not written here, nor anything derived from them.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from auditcore import paths
from auditcore.database import for_writing, open_database
from auditcore.errors import SpendingError

_AT_ONCE = 500  # digests in one query of the database


class Base(DeclarativeBase):
    """The tables of hosted models."""


class AnswerRow(Base):
    """One row of an answer: what the model said of one picture or text."""

    __tablename__ = "hosted_answers"
    scope: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    values: Mapped[bytes]


class SentRow(Base):
    """How many pictures and texts were sent for an audit."""

    __tablename__ = "hosted_sent"
    scope: Mapped[str] = mapped_column(primary_key=True)
    things: Mapped[int]


class Kept:
    """The kept answers and the counts. Threads may share it."""

    def __init__(self) -> None:
        """Open the tables in Telltale's own database."""
        self._engine = open_database(paths.database(), Base.metadata)

    def find(self, scope: str, questions: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Return the kept rows among these questions (digests)."""
        wanted = list(questions)
        found: dict[str, NDArray[Any]] = {}
        with Session(self._engine) as session:
            for start in range(0, len(wanted), _AT_ONCE):
                query = select(AnswerRow).where(
                    AnswerRow.scope == scope,
                    AnswerRow.question.in_(wanted[start : start + _AT_ONCE]),
                )
                for row in session.scalars(query):
                    found[row.question] = np.frombuffer(row.values, dtype=np.dtype(row.kind))
        return found

    def keep(self, scope: str, rows: Mapping[str, NDArray[Any]]) -> None:
        """Keep rows by the digests of their questions; the first answer to a question stays."""
        lines = [
            {"scope": scope, "question": q, "kind": row.dtype.str, "values": row.tobytes()}
            for q, row in rows.items()
        ]
        with Session(for_writing(self._engine)) as session, session.begin():
            session.execute(insert(AnswerRow).on_conflict_do_nothing(), lines)

    def sent(self, scope: str) -> int:
        """Return how many pictures and texts were sent for an audit."""
        with Session(self._engine) as session:
            row = session.get(SentRow, scope)
            return row.things if row else 0

    def count(self, scope: str, things: int, most: int | None) -> None:
        """Count pictures and texts that are about to be sent.

        Raises:
            SpendingError: they would go beyond `most`; then nothing is counted.
        """
        statement = insert(SentRow).values(scope=scope, things=things)
        added = {"things": SentRow.things + things}
        with Session(for_writing(self._engine)) as session, session.begin():
            row = session.get(SentRow, scope)
            check_ceiling((row.things if row else 0) + things, most)
            session.execute(statement.on_conflict_do_update(index_elements=["scope"], set_=added))


def check_ceiling(things: int, most: int | None) -> None:
    """Raise SpendingError if so many pictures and texts are more than `most`."""
    if most is not None and things > most:
        raise SpendingError(
            f"The ceiling of {most:,} pictures is reached, counting every try. Nothing is lost: "
            "raise the ceiling to go on."
        )


class Records:
    """What one model has been asked and has answered: in memory first, on disk under an audit.

    Attributes:
        fresh: while True, nothing is found and nothing kept.
    """

    def __init__(self, most: int | None) -> None:
        """Allow `most` pictures and texts an audit, any number if None."""
        self.fresh = False
        self._most = most
        self._scope: tuple[str, Kept] | None = None
        self._unbooked = 0
        self._lock = threading.Lock()

    def begin(self, scope: str) -> None:
        """Book everything under an audit from now on, and what was sent before it began."""
        kept = Kept()
        kept.count(scope, self._unbooked, None)
        self._scope, self._unbooked = (scope, kept), 0

    def count(self, things: int) -> None:
        """Count what is about to be sent.

        Raises:
            SpendingError: the ceiling is reached.
        """
        if self._scope is not None:
            scope, kept = self._scope
            kept.count(scope, things, self._most)
            return
        with self._lock:
            check_ceiling(self._unbooked + things, self._most)
            self._unbooked += things

    def find(self, questions: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Return the kept rows among these questions (digests)."""
        if self._scope is None or self.fresh:
            return {}
        scope, kept = self._scope
        return kept.find(scope, questions)

    def keep(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Keep rows by the digests of their questions."""
        if self._scope is not None and not self.fresh:
            scope, kept = self._scope
            kept.keep(scope, rows)
