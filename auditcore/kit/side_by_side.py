"""Mark photos in order, one after the other or in several processes, with the same result.

A photo's index in the kit is the number of photos before it that could be read, which is known for
certain only when they have been read. So the next ones are begun with the index they will have if
all before them can be read, and begun again in the rare case that one could not.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import wait

import psutil

from auditcore.errors import KitError, PhotoError
from auditcore.kit.marking import Marked, Recipe, Task, mark_photo
from auditcore.marks.base import Progress

_BYTES_A_PROCESS = 1_000_000_000
"""What a photo of the largest size takes while it is marked, and the process around it."""

_AHEAD = 2
"""Photos begun before they are due, a process."""

Results = Generator[Marked | PhotoError, None, None]


def processes_here() -> int:
    """Return how many photos can be marked at once here: one a core, as far as memory goes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    room = int(psutil.virtual_memory().available) // _BYTES_A_PROCESS
    return max(1, min(cores or 1, room))


def one_by_one(tasks: Sequence[Task], recipe: Recipe, on_progress: Progress) -> Results:
    """Yield each photo marked, or why it could not be read, in order; nothing is begun ahead.

    Args:
        tasks: with the indices they have if all can be read.
        recipe: how to mark them.
        on_progress: called with how far the photo in work is; may raise to stop.
    """
    refused = 0
    for task in tasks:
        try:
            yield mark_photo(replace(task, index=task.index - refused), recipe, on_progress)
        except PhotoError as error:
            refused += 1
            yield error


def side_by_side(tasks: Sequence[Task], recipe: Recipe, processes: int) -> Results:
    """Yield what `one_by_one` yields, made by that many processes; at most a few a process ahead.

    Closing the iterator lets go of what was begun. The processes end with the one that began them,
    however that ends.

    Raises:
        KitError: a process was ended by something else, such as a lack of memory.
    """
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(recipe,)
    )
    try:
        yield from _in_order(pool, tasks, processes * (1 + _AHEAD))
    except BrokenProcessPool as error:
        raise KitError(
            "A process that marks photos was ended from outside, perhaps because memory ran short. "
            "What was done is kept: run the same again, with fewer processes at once."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class _Begun:
    task: Task
    index: int
    future: "Future[Marked]"


def _in_order(pool: ProcessPoolExecutor, tasks: Sequence[Task], ahead: int) -> Results:
    waiting, refused = deque(tasks), 0
    begun: deque[_Begun] = deque()

    def begin(task: Task) -> _Begun:
        index = task.index - refused
        with _without_interrupts():
            return _Begun(task, index, pool.submit(_mark, replace(task, index=index)))

    while waiting or begun:
        while waiting and len(begun) < ahead:
            begun.append(begin(waiting.popleft()))
        first = begun.popleft()
        try:
            yield first.future.result()
        except PhotoError as error:
            refused += 1
            for other in begun:
                other.future.cancel()
            begun = deque(begin(other.task) for other in begun)
            yield error


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep Ctrl-C waiting while processes may be started: they inherit that, and never see it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_recipe: Recipe | None = None


def _prepare(recipe: Recipe) -> None:
    """Make a new process ready: it leaves Ctrl-C to its parent, and does not outlive it."""
    global _recipe
    _recipe = recipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _mark(task: Task) -> Marked:
    if _recipe is None:
        raise AssertionError("the pool prepares its processes")
    return mark_photo(task, _recipe)
