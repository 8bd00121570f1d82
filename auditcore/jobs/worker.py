"""The worker of a lane: a process that does its jobs, with the models kept in memory.

It holds a file lock for as long as it lives, so there is never a second one in the same lane.
Whatever a killed worker left running, the next one takes up again.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.exc import OperationalError

from auditcore.errors import Cancelled, TelltaleError
from auditcore.jobs.held import keep_memory_bounded
from auditcore.jobs.lanes import CPU, WEB, lock_file, log_file, pid_file, seats
from auditcore.jobs.manners import turn_seconds
from auditcore.jobs.queue import NEEDS, Job, JobState, Needs, Queue, Wish
from auditcore.jobs.waking import Waker

IDLE_SECONDS = 1800.0
_POLL_SECONDS = 0.1
_LOCK_SECONDS = 2.0  # longer than `is_alive` ever holds the lock, which it takes only to look
_WRITE_SECONDS = 0.2
_log = logging.getLogger("telltale.worker")


class NeedsPerson(TelltaleError):
    """A job cannot go on without something that only the person can give; it is paused."""

    def __init__(self, needs: Needs, sentence: str) -> None:
        super().__init__(sentence)
        self.needs = needs


class Elsewhere(Cancelled):
    """A job belongs into another lane: it is moved there, and waits."""

    def __init__(self, lane: str) -> None:
        super().__init__("It goes on in another line.")
        self.lane = lane


class Desk:
    """What a running job sees of the queue: where to report, and whether to stop.

    Reports and looks at the person's wish are spaced by 0.2 s, so a job may call as often as it
    likes. `stopping` stays true once it has been. A job whose turn is over stops as well when
    others wait, but not before it got farther than it was when the turn began: so every turn
    brings it on.
    """

    def __init__(self, queue: Queue, job: Job) -> None:
        self.job = job
        self._queue = queue
        self._began = time.monotonic()
        self._wrote = self._looked = float("-inf")
        self._wish = Wish.GO_ON
        self._farthest = job.done
        self._turn = turn_seconds(job.kind, job.lane)
        self._aside = False
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
        self._farthest = max(self._farthest, done)
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

    def stopping(self, *, may_step_aside: bool = True) -> bool:
        """Tell whether the person asked to pause or cancel, or others have their turn now.

        Args:
            may_step_aside: False where what was done since a while would be lost.
        """
        undecided = self._wish is Wish.GO_ON and not self._aside
        if undecided and time.monotonic() - self._looked >= _WRITE_SECONDS:
            self._looked = time.monotonic()
            self._wish = self._queue.wish(self.job.id)
            over = may_step_aside and self._turn_is_over()
            self._aside = over and self._queue.has_rival(self.job)
        return self._aside or self._wish is not Wish.GO_ON

    def _turn_is_over(self) -> bool:
        got_farther = self._farthest > self.job.done
        worked = time.monotonic() - self._began
        return self._turn is not None and got_farther and worked >= self._turn

    @property
    def wish(self) -> Wish:
        """Return the wish that stopped the job."""
        return self._wish

    @property
    def is_aside(self) -> bool:
        """Tell whether the job stopped because its turn is over."""
        return self._aside

    def _left(self, done: int, total: int) -> float | None:
        return (total - done) * (time.monotonic() - self._began) / done if done else None


Kind = Callable[[Desk], None]


def work(
    load: Callable[[], Mapping[str, Kind]], lane: str = CPU, *, idle_seconds: float = IDLE_SECONDS
) -> bool:
    """Do the jobs of a lane until there has been none for `idle_seconds`.

    Args:
        load: gives what to do for each kind of job; called once the lock is held, so heavy
            imports belong into it. A kind returns when its job is finished; it raises Cancelled
            when `desk.stopping()` made it stop, and TelltaleError with a sentence otherwise.
        lane: see `auditcore.jobs.lanes`.
        idle_seconds: how long to stay, models in memory, after the last job.

    Returns:
        False if another worker lives in this lane.
    """
    lock = FileLock(lock_file(lane))
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        return False
    with lock:
        here = pid_file(lane)
        here.write_text(str(os.getpid()))
        try:
            _serve(load, lane, idle_seconds, here)
        except OperationalError:
            if here.exists():
                raise  # else the data folder was removed just now: there is no queue to serve
    return True


def _serve(
    load: Callable[[], Mapping[str, Kind]], lane: str, idle_seconds: float, here: Path
) -> None:
    """Do what waits; go home after a long idle time, or when the data folder was removed."""
    queue = Queue()
    queue.adopt(lane)
    kinds = load()
    last = time.monotonic()
    with _Seats(seats(lane)) as room:
        while here.exists():
            job = queue.claim(lane) if room.has_one_free() else None
            if job is not None:
                room.take(partial(_do, queue, job, kinds[job.kind]))
            if job is not None or room.taken:
                last = time.monotonic()
            elif time.monotonic() - last >= idle_seconds:
                return
            if job is None:
                time.sleep(_POLL_SECONDS)


class _Seats:
    """So many jobs at once; a lone seat is in the thread that asks, which waits for its job."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._threads = ThreadPoolExecutor(number) if number > 1 else None
        self.taken: set[Future[None]] = set()

    def __enter__(self) -> "_Seats":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._threads is not None:
            self._threads.shutdown()

    def has_one_free(self) -> bool:
        """Say whether another job can begin.

        Raises:
            Exception: what no job may raise, such as that the queue cannot be written.
        """
        done = {job for job in self.taken if job.done()}
        self.taken -= done
        for job in done:
            job.result()
        return len(self.taken) < self._number

    def take(self, job: Callable[[], None]) -> None:
        """Do a job."""
        if self._threads is None:
            job()
        else:
            self.taken.add(self._threads.submit(job))


def _do(queue: Queue, job: Job, kind: Kind) -> None:
    desk = Desk(queue, job)
    try:
        kind(desk)
    except Elsewhere as error:
        queue.move(job.id, error.lane)
        if error.lane != WEB:  # this process has no keys to give along; a page starts that one
            Waker().wake(error.lane)
    except Cancelled:
        _let_go(queue, desk)
    except NeedsPerson as error:
        desk.promise(**{NEEDS: error.needs})
        queue.end(job.id, JobState.PAUSED, str(error))
    except TelltaleError as error:
        queue.end(job.id, JobState.FAILED, "Stopped.", str(error))
    except Exception:
        _log.exception("a job of kind %s failed", job.kind)
        queue.end(job.id, JobState.FAILED, "Stopped.", _defect(job.lane))
    else:
        queue.end(job.id, JobState.DONE, "Finished.")
    keep_memory_bounded()


def _defect(lane: str) -> str:
    return (
        "Something went wrong inside Telltale; it is not your photos. What was finished is kept, "
        "so you can try again. The owner of this machine finds the details in "
        f"{log_file(lane).name}."
    )


def _let_go(queue: Queue, desk: Desk) -> None:
    if desk.wish is Wish.PAUSE:
        queue.end(desk.job.id, JobState.PAUSED, "Paused. Nothing that was finished is lost.")
    elif desk.wish is Wish.GO_ON and desk.is_aside:
        queue.set_aside(desk.job.id)
    else:
        queue.end(desk.job.id, JobState.CANCELLED, "Cancelled.")
