"""Processes that end when their parent does, and are started again when they die.

A child holds the other end of a pipe in place of its standard input: when the parent lets go of
it, or dies in whatever way, the child reads the end of it and leaves at once. What it has written
is whole (see `journal`), so another one goes on from there.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from auditcore.errors import Cancelled, TelltaleError
from auditcore.lab.experiments.journal import read_json, write_json
from auditcore.lab.registries import LabError

TOLD = 2
"""Exit code of a child that has written a sentence for the person."""
_PROJECT = Path(__file__).resolve().parents[3]
_DEATHS_MAX = 3
_TICK_SECONDS = 0.2
_FAREWELL_SECONDS = 5.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class Task:
    """What a child is to do: a module, run on the folder of an experiment.

    Attributes:
        module: its full name.
        experiment: the folder of the experiment, its first argument.
        part: the folder that it reports in.
        arguments: what follows the first.
    """

    module: str
    experiment: Path
    part: Path
    arguments: tuple[str, ...]

    @property
    def command(self) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", self.module, str(self.experiment), *self.arguments]


def run_tasks(
    tasks: Sequence[Task],
    side_by_side: int,
    should_stop: Callable[[], bool],
    on_tick: Callable[[], None],
) -> None:
    """Do all tasks, some at a time, each until its child ends well.

    Args:
        tasks: what is to be done.
        side_by_side: how many children at once.
        should_stop: asked several times a second; True ends all children.
        on_tick: called as often, to tell how far they are.

    Raises:
        Cancelled: `should_stop` said so.
        LabError: a child told why it cannot go on, or died again and again at one place.
    """
    waiting, running = list(tasks), list[_Run]()
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                running.append(_Run(waiting.pop(0)))
            time.sleep(_TICK_SECONDS)
            on_tick()
            if should_stop():
                raise Cancelled("Stopped.")
            running = [run for run in running if not run.is_done()]
    finally:
        for run in running:
            run.end()


class _Run:
    """One task under way, in one child after the other."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._deaths = 0
        problem_file(task.part).unlink(missing_ok=True)
        self._start()

    def is_done(self) -> bool:
        """Say whether the task is done; start it again if its child died."""
        code = self._child.poll()
        if code is None:
            return False
        if code == TOLD:
            raise LabError(str((read_json(problem_file(self._task.part)) or {})["sentence"]))
        if code != 0:
            self._bury()
        return code == 0

    def end(self) -> None:
        """Have the child leave, and wait until it has."""
        assert self._child.stdin is not None, "it was started with a pipe"
        with suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _start(self) -> None:
        self._far = _far(self._task.part)
        self._child = subprocess.Popen(
            self._task.command,
            cwd=_PROJECT,
            env=os.environ | _ONE_THREAD,
            stdin=subprocess.PIPE,
            start_new_session=True,  # an interrupt at the terminal is for the parent
        )

    def _bury(self) -> None:
        self.end()
        self._deaths = 1 if _far(self._task.part) != self._far else self._deaths + 1
        if self._deaths >= _DEATHS_MAX:
            raise LabError(
                f"The training stopped {self._deaths} times at the same place, perhaps for want of "
                "memory or of room on the disk. Close other programs, make room or take fewer "
                "pictures, and try again."
            )
        self._start()


def _far(part: Path) -> bytes:
    """Return what the part's folder says of how far it is."""
    with suppress(FileNotFoundError):
        return progress_file(part).read_bytes()
    return b""


def progress_file(part: Path) -> Path:
    """Return where a child tells how far it is."""
    return part / "progress.json"


def problem_file(part: Path) -> Path:
    """Return where a child tells why it cannot go on."""
    return part / "problem.json"


@contextmanager
def as_child(part: Path) -> Iterator[None]:
    """Do the work of a child: leave when the parent does, and turn an error into a sentence.

    Raises:
        SystemExit: with TOLD, once a sentence is written.
    """
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        yield
    except TelltaleError as error:
        write_json(problem_file(part), {"sentence": str(error)})
        sys.exit(TOLD)


def _leave_with_parent() -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    os._exit(1)
