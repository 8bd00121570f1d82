"""A CPU's lanes: threads that compute alone, one a core, so that sums come out the same everywhere.

A library that spreads one call over several threads adds numbers up in an order that depends on how
many there are; one call a thread, several calls at a time, is as fast and does not.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch


@cache
def cores() -> int:
    """Return how many lanes this process may have: OMP_NUM_THREADS, else its physical cores."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return max(1, min(torch.get_num_threads(), allowed or os.cpu_count() or 1))


@cache
def lanes() -> ThreadPoolExecutor:
    """Return the lanes, all of them started: `cores()` threads in which torch uses one thread."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(cores(), thread_name_prefix="lane", initializer=_alone)
    there = threading.Barrier(cores())
    for started in [pool.submit(there.wait) for _ in range(cores())]:
        started.result()
    torch.set_num_threads(before)  # which is of this thread, and of those that are yet to begin
    return pool


def _alone() -> None:
    torch.get_num_threads()  # takes over what is set for the process; later it would undo the next
    torch.set_num_threads(1)
