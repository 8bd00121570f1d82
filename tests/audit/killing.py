"""Kill audits and compare what they leave with an undisturbed run: for a test and a benchmark.

A version counts as repeated when the model is asked about it again although its answer was on
disk. What a kill hits in the model's hands, answered but not yet written, has to be asked again and
is counted apart.
"""

import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from killed import DATABASE, DIARY, Subject, process
from sqlalchemy import select
from sqlalchemy.orm import Session

from auditcore.audit import Store
from auditcore.audit.rows import AnswerRow

AT_WORK = 0.8
"""Share of the kills that wait for the model to be at work; the others may hit anything."""


@dataclass(frozen=True)
class Trail:
    """What a finished audit left: its records except the opening, its verdict."""

    bodies: tuple[Any, ...]
    verdict: Any


@dataclass
class Tally:
    """Kills of one audit, and what they cost in queries."""

    kills: int = 0
    repeated: int = 0
    in_flight: int = 0


def run_to_end(folder: Path, subject: Subject) -> None:
    """Run the audit of a folder until it has a verdict."""
    child = process(folder, subject)
    child.join()
    assert child.exitcode == 0


def crash(folder: Path, subject: Subject, step: int) -> bool:
    """Run until a step on the database and crash there; False when the audit ended before it."""
    child = process(folder, subject, crash=step)
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return bool(child.exitcode)


def kill_after(folder: Path, subject: Subject, wait: float, *, at_work: bool) -> bool:
    """Start the audit and kill it after `wait` seconds; False when it ended before.

    at_work: the seconds count from the first answer of this session, else from its start.
    """
    before = len(diary(folder))
    child = process(folder, subject)
    while at_work and child.is_alive() and len(diary(folder)) == before:
        time.sleep(0.002)
    child.join(wait)
    child.kill()
    child.join()
    return bool(child.exitcode == -signal.SIGKILL)


def diary(folder: Path) -> list[str]:
    """Return what the model has answered, in order."""
    path = folder / DIARY
    return path.read_text().split("\n")[:-1] if path.exists() else []


def on_disk(folder: Path) -> set[str]:
    """Return the versions whose answers are on disk."""
    with Session(Store(folder / DATABASE).engine) as session:
        rows = session.execute(select(AnswerRow.photo, AnswerRow.version))
        return {f"{photo} {version}" for photo, version in rows}


def trail(folder: Path) -> Trail:
    """Return what a finished audit left."""
    store = Store(folder / DATABASE)
    (record,) = store.audits()
    assert record.verdict is not None
    return Trail(tuple(line.body for line in store.log(record.id)[1:]), record.verdict)


def kill_at_random(folder: Path, subject: Subject, kills: int, seed: int) -> Tally:
    """Kill an audit at random moments until it ends by itself or was killed `kills` times."""
    chance, tally = random.Random(seed), Tally()
    alive = True
    while alive and tally.kills < kills:
        known, before = on_disk(folder), len(diary(folder))
        alive = kill_after(
            folder,
            subject,
            chance.uniform(0.0, subject.longest_wait),
            at_work=chance.random() < AT_WORK,
        )
        tally.kills += alive
        tally.repeated += sum(version in known for version in diary(folder)[before:])
    known, before = on_disk(folder), len(diary(folder))
    run_to_end(folder, subject)
    asked = diary(folder)
    tally.repeated += sum(version in known for version in asked[before:])
    tally.in_flight = len(asked) - len(set(asked)) - tally.repeated
    return tally
