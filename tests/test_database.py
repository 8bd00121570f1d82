"""The one file that several processes share."""

import multiprocessing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from auditcore.audit.store import Store
from auditcore.jobs.tables import connect

TOGETHER, ROUNDS = 6, 10


def open_at_once(folder: Path, ready: Any, failures: Any) -> None:
    """Make the file together with the other processes, once a round."""
    for number in range(ROUNDS):
        ready.wait()
        try:
            Store(folder / f"{number}.sqlite3")
            connect(folder / f"{number}.sqlite3")
        except Exception as error:
            failures.put(repr(error))


def test_processes_that_start_together_make_one_file(tmp_path: Path) -> None:
    """As the app and its worker do at the very first start."""
    fork = multiprocessing.get_context("fork")
    ready, failures = fork.Barrier(TOGETHER), fork.Queue()
    processes = [
        fork.Process(target=open_at_once, args=(tmp_path, ready, failures)) for _ in range(TOGETHER)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * TOGETHER
    assert failures.empty(), failures.get()


def test_kits_and_jobs_survive_a_power_cut(tmp_path: Path) -> None:
    with connect(tmp_path / "one.sqlite3").connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # full
    with Store(tmp_path / "one.sqlite3").engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
