"""Keeps workers alive on behalf of the pages: one a lane, where there is work for it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from auditcore.jobs.lanes import CPU, WEB, is_alive, log_file
from auditcore.jobs.queue import Queue
from auditcore.models.access import without_keys

_LOG_BYTES = 1_000_000
_CONSIDERATE = {"OMP_WAIT_POLICY": "PASSIVE"}
"""torch's threads sleep while they wait for each other, instead of keeping the page off the CPU."""

_PROJECT = Path(__file__).resolve().parent.parent.parent


class Waker:
    """Starts workers; one a process, shared by its threads."""

    def __init__(self) -> None:
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._one_at_a_time = threading.Lock()
        self._queue: Queue | None = None

    def wake(self, lane: str | None = None) -> bool:
        """Start a worker wherever there is work and none lives; return whether one was started.

        Takes milliseconds. A worker is a process of a session of its own: it outlives the app and
        a closed terminal.

        Args:
            lane: where there will be work in a moment. None for the lanes in which there is, and
                the CPU's, whose worker says what this machine has.
        """
        with self._one_at_a_time:
            lanes = self._wanted() if lane is None else {lane}
            started = [one for one in sorted(lanes) if self._wake(one)]
            return bool(started)

    def _wanted(self) -> set[str]:
        self._queue = self._queue or Queue()
        return {CPU, *self._queue.lanes_at_work()}

    def _wake(self, lane: str) -> bool:
        before = self._started.get(lane)
        on_its_way = before is not None and before.poll() is None
        if on_its_way or is_alive(lane):
            return False
        self._started[lane] = _start(lane)
        return True


def _start(lane: str) -> subprocess.Popen[bytes]:
    """Start the worker of a lane; only the one that asks providers is given keys."""
    log = log_file(lane)
    environment = dict(os.environ) if lane == WEB else without_keys(os.environ)
    mode = "wb" if log.exists() and log.stat().st_size > _LOG_BYTES else "ab"
    with log.open(mode) as out:
        return subprocess.Popen(
            [sys.executable, "-m", "auditcore.jobs", lane],
            cwd=_PROJECT,
            env=_CONSIDERATE | environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
