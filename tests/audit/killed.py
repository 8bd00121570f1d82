"""One audit in a process of its own, which can be killed from outside or at a line of its own.

The model writes a line to a diary for every version it answers, before it hands the answer over.
"""

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from fakes import FakeKit, FakeModel
from sqlalchemy import event

from auditcore.audit import Store, run_audit, start_audit

KIT = FakeKit(100, count=3)
DIARY, DATABASE = "diary.txt", "audits.sqlite3"
NEVER = -1
_FORK = multiprocessing.get_context("fork")


@dataclass
class SlowModel(FakeModel):
    """A model that takes its time, so that a signal meets it at work."""

    seconds: float = 0.0

    def probabilities(self, images: Any) -> Any:
        time.sleep(self.seconds)
        return super().probabilities(images)


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


def audit(folder: Path, claim: str, seconds: float, crash: int) -> None:
    """Open or resume the audit of a folder and run it to its verdict."""
    store = Store(folder / DATABASE)
    model = SlowModel(KIT, 0.7, diary=folder / DIARY, seconds=seconds)
    crash_at(store, crash)
    audit_id = start_audit(store, KIT, model, claim=claim, p=Fraction(1, 10))  # type: ignore[arg-type]
    for _ in run_audit(store, audit_id, KIT, model):  # type: ignore[arg-type]
        pass


def process(folder: Path, claim: str, seconds: float = 0.0, crash: int = NEVER) -> Any:
    """Start the audit of a folder in a process of its own and return the process."""
    child = _FORK.Process(target=audit, args=(folder, claim, seconds, crash))
    child.start()
    return child
