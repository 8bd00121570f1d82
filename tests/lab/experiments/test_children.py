"""Children are real processes here: killed, orphaned, and told to end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditcore.errors import Cancelled
from auditcore.lab.experiments.children import Task, run_tasks
from auditcore.lab.experiments.journal import read_rows
from auditcore.lab.registries import LabError

PROJECT = Path(__file__).resolve().parents[3]
CHILD = "tests.lab.experiments.counting_child"
PATIENCE = 30.0


def task(folder: Path, to: int, how: str = "fast") -> Task:
    folder.mkdir(exist_ok=True)
    return Task(CHILD, folder, folder, (str(to), how))


def rows(folder: Path) -> list[int]:
    return [row["epoch"] for row in read_rows(folder / "rows")]


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def never() -> bool:
    return False


def pid_of(folder: Path) -> int:
    until(lambda: (folder / "pid").is_file() and (folder / "pid").read_text() != "")
    return int((folder / "pid").read_text())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_all_tasks_are_done_and_ticks_tell_of_it(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    ticks: list[int] = []
    run_tasks([task(folder, 3) for folder in folders], 2, never, lambda: ticks.append(1))
    assert ticks
    assert all(rows(folder) == [0, 1, 2] for folder in folders)


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    def kill_once() -> None:
        until(lambda: len(rows(tmp_path)) > 3)
        os.kill(pid_of(tmp_path), signal.SIGKILL)

    killer = threading.Thread(target=kill_once)
    killer.start()
    run_tasks([task(tmp_path, 40, "slow")], 1, never, lambda: None)
    killer.join()
    assert rows(tmp_path) == list(range(40))


def test_one_that_dies_without_progress_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "stuck").mkdir()
    with pytest.raises(LabError, match="at the same place"):
        run_tasks([Task("auditcore.nothing", tmp_path, tmp_path, ())], 1, never, lambda: None)


def test_one_that_gets_further_each_time_is_not_given_up(tmp_path: Path) -> None:
    run_tasks([task(tmp_path, 4, "dies")], 1, never, lambda: None)
    assert rows(tmp_path) == list(range(4))


def test_what_a_child_tells_reaches_the_person(tmp_path: Path) -> None:
    other = tmp_path / "other"
    tasks = [task(tmp_path, 9, "told"), task(other, 100_000, "slow")]
    with pytest.raises(LabError, match="Take another"):
        run_tasks(tasks, 2, never, lambda: None)
    assert not alive(pid_of(other))


def test_a_wish_to_stop_ends_the_children(tmp_path: Path) -> None:
    started = task(tmp_path, 100_000, "slow")
    with pytest.raises(Cancelled):
        run_tasks([started], 1, lambda: len(rows(tmp_path)) > 3, lambda: None)
    assert not alive(pid_of(tmp_path))


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    words = (
        "from pathlib import Path; from auditcore.lab.experiments.children import *;"
        f"run_tasks([Task({CHILD!r}, *2 * [Path({str(tmp_path)!r})], ('100000', 'slow'))], 1,"
        "lambda: False, lambda: None)"
    )
    parent = subprocess.Popen([sys.executable, "-c", words], cwd=PROJECT)
    child = pid_of(tmp_path)
    assert alive(child)
    parent.kill()
    parent.wait()
    until(lambda: not alive(child))
