"""How fast a local model answers in calls of a size, and whether its bits hold still in them."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from auditcore.models.local import LocalModel
from auditcore.models.precision import marked_versions
from auditcore.models.prepared import Prepared

Ask = Callable[[Prepared], NDArray[Any]]

_WORTH = 1.03  # of calls twice as large: what they must win
_TIMED = 0.03  # seconds a measurement lasts at least
_REPEATS = 3


@dataclass(frozen=True)
class _Limits:
    """How large calls may be.

    Attributes:
        first: pictures in the calls by which programs are compared.
        most: pictures a call at most.
        seconds: how long a call may last, so that a single question does not wait long.
    """

    first: int
    most: int
    seconds: float


_ON_CPU, _ON_CARD = _Limits(8, 64, 0.5), _Limits(64, 1024, 0.25)


def sample(model: LocalModel) -> Prepared:
    """Return versions of one picture, marked as a kit marks them, where a model takes them."""
    versions = np.stack(list(marked_versions(model.input_size)))
    levels = torch.from_numpy(versions).permute(0, 3, 1, 2).float()
    return Prepared(levels.to(model.device))


def first_size(model: LocalModel, ask: Ask, versions: Prepared) -> int:
    """Return the pictures a call to begin with, of a model that takes one a call now.

    On a graphics card one picture takes about as long as many.
    """
    if not _in_lanes(model):
        return _ON_CARD.first
    ask(versions[:1])
    start = time.process_time()
    ask(versions[:1])
    alone, size = time.process_time() - start, _ON_CPU.first
    while size > 1 and size * alone > _ON_CPU.seconds:
        size //= 2
    return size


def pace(model: LocalModel, ask: Ask, versions: Prepared) -> float:
    """Return pictures a second with all lanes at work: the best of a few turns.

    On a CPU seconds of computing are counted, so that what other programs take is not.
    """
    count = model.calls.size * model.calls.lanes
    pictures, clock = _many(versions, count), clock_of(model)
    lanes = model.calls.lanes
    ask(pictures)
    seconds: list[float] = []
    while len(seconds) < _REPEATS and sum(seconds) < 1:
        start, turns = clock(), 0
        while not turns or clock() - start < _TIMED:
            ask(pictures)
            turns += 1
        seconds.append((clock() - start) / turns / lanes)
    return count / max(min(seconds), 1e-9)


def is_steady(model: LocalModel, asks: Collection[Ask], versions: Prepared) -> bool:
    """Say whether pictures keep their bits in other places, beside others, and alone."""
    pictures = _many(versions, model.calls.size + 1)
    turned = Prepared(pictures.levels.flip(0))
    for ask in asks:
        rows = ask(pictures)
        if not np.array_equal(rows, ask(turned)[::-1]):
            return False
        if not np.array_equal(rows[:1], ask(pictures[:1])):
            return False
    return True


def grown(model: LocalModel, there: float, paced: Callable[[int], float], most: int) -> int:
    """Return the pictures a call when they are doubled as long as that is worth it.

    Args:
        model: the model with the calls to begin with.
        there: its pace with them.
        paced: from pictures a call to the pace, 0 if they cannot be taken.
        most: pictures a call for which there was memory.
    """
    calls, lanes, limits = model.calls.size, model.calls.lanes, _limits(model)
    while 2 * calls <= min(most, limits.most) and 2 * calls * lanes / there <= limits.seconds:
        faster = paced(2 * calls)
        if faster < _WORTH * there:
            break
        calls, there = 2 * calls, faster
    return calls


def _many(versions: Prepared, count: int) -> Prepared:
    """Return so many pictures, the versions over and over."""
    there = versions.levels
    return Prepared(there[torch.arange(count, device=there.device) % len(there)])


def _limits(model: LocalModel) -> _Limits:
    return _ON_CPU if _in_lanes(model) else _ON_CARD


def clock_of(model: LocalModel) -> Callable[[], float]:
    """Return a clock of computing on a CPU, so that a busy machine changes nothing; else of time.

    It runs as fast as there are lanes at work.
    """
    return time.process_time if _in_lanes(model) else time.perf_counter


def _in_lanes(model: LocalModel) -> bool:
    return model.calls.device.type == "cpu"
