"""Lanes: what cannot be done at the same time on one device waits in one line.

There is a lane for each processor that torch can use, and one for jobs on hosted models, which
spend their time waiting for a provider and must keep nobody from a processor. Each lane has one
worker process, with a lock, a process id and a log of its own.
"""

from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from auditcore import paths

CPU, CUDA, MPS, WEB = "cpu", "cuda", "mps", "web"
LANES = (CPU, CUDA, MPS, WEB)

_SEATS = {WEB: 8}
"""Jobs done at once: a processor does one well, a provider answers several people."""


def seats(lane: str) -> int:
    """Return how many jobs of a lane are done at the same time."""
    return _SEATS.get(lane, 1)


def lane_for(hosted: bool, device: str | None, devices: Sequence[str]) -> str:
    """Return the lane of a job that asks a model.

    Args:
        hosted: whether somebody else runs the model.
        device: the processor a person chose, None for the fastest.
        devices: those of this machine that torch can use, the fastest first; () while unknown.
    """
    if hosted:
        return WEB
    fastest = devices[0] if devices else CPU
    return device if device in devices and device is not None else fastest


def lock_file(lane: str) -> Path:
    """Return the file that the living worker of a lane holds locked."""
    return _file(lane, "lock")


def pid_file(lane: str) -> Path:
    """Return the file with the process id of a lane's worker; it may have gone home."""
    return _file(lane, "pid")


def log_file(lane: str) -> Path:
    """Return the file with what a lane's worker has to say."""
    return _file(lane, "log")


def is_alive(lane: str) -> bool:
    """Say whether a lane has a worker; takes its lock for a moment to find out."""
    lock = FileLock(lock_file(lane))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False


def worker_pid(lane: str = CPU) -> int | None:
    """Return the process id of a lane's living worker, or None."""
    try:
        return int(pid_file(lane).read_text()) if is_alive(lane) else None
    except (FileNotFoundError, ValueError):
        return None


def _file(lane: str, ending: str) -> Path:
    """Name a file; the CPU's carry the name from before there were lanes.

    So a worker of an earlier version, which may live on for a while, holds that lane.
    """
    name = "worker" if lane == CPU else f"worker-{lane}"
    return paths.data_dir() / f"{name}.{ending}"
