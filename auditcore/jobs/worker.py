"""The worker: one process that does one job at a time, with the models kept in memory.

It holds a file lock for as long as it lives, so there is never a second one on the same data.
Whatever a killed worker left running, the next one takes up again.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.exc import OperationalError

from auditcore import paths
from auditcore.errors import Cancelled, TelltaleError
from auditcore.jobs.queue import NEEDS, Job, JobState, Needs, Queue, Wish

IDLE_SECONDS = 1800.0
_POLL_SECONDS = 0.1
_LOCK_SECONDS = 2.0  # longer than `_alive` ever holds the lock, which it takes only to look
_WRITE_SECONDS = 0.2
_LOG_BYTES = 1_000_000
_CONSIDERATE = {"OMP_WAIT_POLICY": "PASSIVE"}
"""torch's threads sleep while they wait for each other, instead of keeping the page off the CPU."""

_PROJECT = Path(__file__).resolve().parent.parent.parent
_log = logging.getLogger("telltale.worker")


class NeedsPerson(TelltaleError):
    """A job cannot go on without something that only the person can give; it is paused."""

    def __init__(self, needs: Needs, sentence: str) -> None:
        super().__init__(sentence)
        self.needs = needs


class Desk:
    """What a running job sees of the queue: where to report, and whether to stop.

    Reports and looks at the person's wish are spaced by 0.2 s, so a job may call as often as it
    likes. `stopping` stays true once it has been.
    """

    def __init__(self, queue: Queue, job: Job) -> None:
        self.job = job
        self._queue = queue
        self._began = time.monotonic()
        self._wrote = self._looked = float("-inf")
        self._wish = Wish.GO_ON
        self._known = dict(job.result)

    def report(
        self,
        done: int,
        total: int,
        now: str,
        seconds_left: float | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        """Write progress, unless the last was just written and `at_once` does not insist.

        `seconds_left` is estimated from the pace so far when it is not given.
        """
        soon = time.monotonic() - self._wrote < _WRITE_SECONDS
        if soon and done < total and not at_once:
            return
        self._wrote = time.monotonic()
        left = self._left(done, total) if seconds_left is None else seconds_left
        self._queue.progress(self.job.id, done, total, now, left)

    def promise(self, **result: Any) -> None:
        """Write what is already known of the result, beside what was known before."""
        self._known |= result
        self._queue.promise(self.job.id, self._known)

    def stopping(self) -> bool:
        """Tell whether the person asked to pause or cancel."""
        if self._wish is Wish.GO_ON and time.monotonic() - self._looked >= _WRITE_SECONDS:
            self._looked = time.monotonic()
            self._wish = self._queue.wish(self.job.id)
        return self._wish is not Wish.GO_ON

    @property
    def wish(self) -> Wish:
        """Return the wish that stopped the job."""
        return self._wish

    def _left(self, done: int, total: int) -> float | None:
        return (total - done) * (time.monotonic() - self._began) / done if done else None


Kind = Callable[[Desk], None]


def work(load: Callable[[], Mapping[str, Kind]], *, idle_seconds: float = IDLE_SECONDS) -> bool:
    """Do jobs until there has been none for `idle_seconds`; return False if another worker lives.

    Args:
        load: gives what to do for each kind of job; called once the lock is held, so heavy
            imports belong into it. A kind returns when its job is finished; it raises Cancelled
            when `desk.stopping()` made it stop, and TelltaleError with a sentence otherwise.
        idle_seconds: how long to stay, models in memory, after the last job.
    """
    lock = FileLock(_lock_path())
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        return False
    with lock:
        pid_file = _pid_path()
        pid_file.write_text(str(os.getpid()))
        try:
            _serve(load, idle_seconds, pid_file)
        except OperationalError:
            if pid_file.exists():
                raise  # else the data folder was removed just now: there is no queue to serve
    return True


def _serve(load: Callable[[], Mapping[str, Kind]], idle_seconds: float, pid_file: Path) -> None:
    """Do what waits; go home after a long idle time, or when the data folder was removed."""
    queue = Queue()
    queue.adopt()
    kinds = load()
    last = time.monotonic()
    while pid_file.exists():
        job = queue.claim()
        if job is not None:
            _do(queue, job, kinds[job.kind])
            last = time.monotonic()
        elif time.monotonic() - last < idle_seconds:
            time.sleep(_POLL_SECONDS)
        else:
            return


def _do(queue: Queue, job: Job, kind: Kind) -> None:
    desk = Desk(queue, job)
    try:
        kind(desk)
    except Cancelled:
        _let_go(queue, desk)
    except NeedsPerson as error:
        desk.promise(**{NEEDS: error.needs})
        queue.end(job.id, JobState.PAUSED, str(error))
    except TelltaleError as error:
        queue.end(job.id, JobState.FAILED, "Stopped.", str(error))
    except Exception:
        _log.exception("a job of kind %s failed", job.kind)
        queue.end(job.id, JobState.FAILED, "Stopped.", _DEFECT)
    else:
        queue.end(job.id, JobState.DONE, "Finished.")


_DEFECT = (
    "Something went wrong inside Telltale; it is not your photos. What was finished is kept, so "
    "you can try again. The owner of this machine finds the details in worker.log."
)


def _let_go(queue: Queue, desk: Desk) -> None:
    if desk.wish is Wish.PAUSE:
        queue.end(desk.job.id, JobState.PAUSED, "Paused. Nothing that was finished is lost.")
    else:
        queue.end(desk.job.id, JobState.CANCELLED, "Cancelled.")


class Waker:
    """Keeps a worker alive on behalf of an app; one a process, shared by its threads."""

    def __init__(self) -> None:
        self._started: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    def wake(self) -> bool:
        """Start a worker unless one lives or is on its way; return whether one was started.

        Takes milliseconds. The worker is a process of a session of its own: it outlives the app
        and a closed terminal.
        """
        with self._one_at_a_time:
            on_its_way = self._started is not None and self._started.poll() is None
            if on_its_way or _alive():
                return False
            self._started = _start()
            return True


def _start() -> subprocess.Popen[bytes]:
    log = paths.data_dir() / "worker.log"
    mode = "wb" if log.exists() and log.stat().st_size > _LOG_BYTES else "ab"
    with log.open(mode) as out:
        return subprocess.Popen(
            [sys.executable, "-m", "auditcore.jobs"],
            cwd=_PROJECT,
            env=_CONSIDERATE | os.environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def worker_pid() -> int | None:
    """Return the process id of the living worker, or None."""
    try:
        return int(_pid_path().read_text()) if _alive() else None
    except (FileNotFoundError, ValueError):
        return None


def _alive() -> bool:
    lock = FileLock(_lock_path())
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False


def _lock_path() -> Path:
    return paths.data_dir() / "worker.lock"


def _pid_path() -> Path:
    return paths.data_dir() / "worker.pid"
