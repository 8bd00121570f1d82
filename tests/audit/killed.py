"""One audit in a process of its own, which can be killed from outside or at a line of its own.

A diary gets a line for every version the model has answered, before the answers are handed over.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

from fakes import FakeKit, FakeModel
from sqlalchemy import event

from auditcore import paths
from auditcore.audit import Store, run_audit, start_audit
from auditcore.scores import Answer, Query, Scorer

DIARY, DATABASE = "diary.txt", "audits.sqlite3"
NEVER = -1
_FORK = multiprocessing.get_context("fork")


class Subject(Protocol):
    """What is audited."""

    claim: str
    p: Fraction
    longest_wait: float

    def open(self) -> tuple[Any, Any]:
        """Return kit and model."""


@dataclass(frozen=True)
class Fake:
    """A kit and a model made up for tests; the model may take its time."""

    claim: str
    seconds: float = 0.0
    p: Fraction = Fraction(1, 10)
    longest_wait: float = 0.3

    def open(self) -> tuple[Any, Any]:
        kit = FakeKit(100, count=3)
        return kit, SlowModel(kit, 0.7, seconds=self.seconds)


@dataclass(frozen=True)
class Demo:
    """The sample kit and the demo model that learned from it."""

    claim: str
    p: Fraction
    longest_wait: float = 4.0

    def open(self) -> tuple[Any, Any]:
        from auditcore.kit import open_kit
        from auditcore.models import open_model

        return open_kit(paths.assets_dir() / "sample" / "kit.zip"), open_model("demo:with")


@dataclass
class SlowModel(FakeModel):
    """A model that takes its time, so that a signal meets it at work."""

    seconds: float = 0.0

    def probabilities(self, images: Any) -> Any:
        time.sleep(self.seconds)
        return super().probabilities(images)


@contextmanager
def keeping_a_diary(path: Path) -> Iterator[None]:
    """Write down every version a scorer has answered, as soon as it has."""

    class Writing(Scorer):
        def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
            for query, answer in zip(queries, super().answers(queries), strict=True):
                with path.open("a") as file:
                    file.write(f"{query.photo} {query.version}\n")
                yield answer

    with patch("auditcore.audit.scoring.Scorer", Writing):
        yield


def crash_at(store: Store, number: int) -> None:
    """Kill this process before the given step on the database: begin, statement or commit."""
    count = 0

    def reached(*_: Any) -> None:
        nonlocal count
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    for name in ("before_cursor_execute", "begin", "commit"):
        event.listen(store.engine, name, reached)


def audit(folder: Path, subject: Subject, crash: int) -> None:
    """Open or resume the audit of a folder and run it to its verdict."""
    store = Store(folder / DATABASE)
    kit, model = subject.open()
    crash_at(store, crash)
    with keeping_a_diary(folder / DIARY):
        audit_id = start_audit(store, kit, model, claim=subject.claim, p=subject.p)
        for _ in run_audit(store, audit_id, kit, model):
            pass


def process(folder: Path, subject: Subject, crash: int = NEVER) -> Any:
    """Start the audit of a folder in a process of its own and return the process."""
    child = _FORK.Process(target=audit, args=(folder, subject, crash))
    child.start()
    return child
