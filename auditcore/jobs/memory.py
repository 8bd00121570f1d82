"""How much memory a worker holds, and giving back what it has let go of."""

import ctypes
import gc
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

SHARE_AT_MOST = 0.4
"""Of the machine's memory: a worker that holds more lets go of its models between two jobs."""

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def resident() -> int:
    """Return how many bytes of memory this process holds."""
    return int(psutil.Process().memory_info().rss)


@cache
def machine() -> int:
    """Return how many bytes there are for all, in a container those that it is given."""
    total = int(psutil.virtual_memory().total)
    for file in _LIMITS:
        with suppress(OSError, ValueError):  # "max", or no such file: no limit there
            total = min(total, int(Path(file).read_text()))
    return total


def is_too_much() -> bool:
    """Say whether this process holds more than SHARE_AT_MOST of the machine's memory."""
    return resident() > SHARE_AT_MOST * machine()


def trim() -> None:
    """Give what is free back to the system, which torch and the C library would keep otherwise."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
