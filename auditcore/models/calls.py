"""Pictures through a network in calls of one fixed size, the last filled up.

A library chooses how to multiply by the shapes it is given, so the same picture may come out with
other last bits in a call of another size. With one size for all calls, a picture's answer is the
same to the bit wherever it stands, whatever stands beside it and however many are asked; with one
thread a call (`auditcore.models.lanes`) also on however many cores. `auditcore.models.choosing`
sees to it that this holds for the size it takes.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial

import torch
from torch.nn.functional import pad

from auditcore.errors import ModelError
from auditcore.models.devices import steady
from auditcore.models.lanes import cores, lanes
from auditcore.models.prepared import Images
from auditcore.models.room import CallTooLarge, is_out_of_memory, no_room

Answer = Callable[[Images, int], torch.Tensor]
"""From some pictures and the size of a call to one row a picture of the call, filled up."""


class Calls:
    """How many pictures one model takes a call, and how many calls at a time.

    Attributes:
        size: pictures a call.
        device: the processor that makes them.
        lanes: calls at a time; on a graphics card they queue up behind each other instead.
        on_too_large: told the size of a call that should fit when one has not.
    """

    def __init__(self, name: str, device: torch.device, size: int) -> None:
        """Begin with as many lanes as there are; `name` is the model's, for messages."""
        self.size = size
        self.lanes = cores() if device.type == "cpu" else 1
        self._name, self.device = name, device
        self.on_too_large: Callable[[int], None] = lambda size: None
        self._aside = False

    @property
    def at_once(self) -> int:
        """Return how many pictures keep the processor busy while the next ones are prepared."""
        return 2 * self.size * self.lanes

    def rows(self, images: Images, answer: Answer) -> torch.Tensor:
        """Return the answers to pictures, one row each.

        When memory runs out, one call at a time is made from then on, which changes no bit. The
        size stays: answers of two sizes must not stand beside each other.

        Raises:
            CallTooLarge: not even one call at a time fits into memory.
            ModelError: not even one picture does.
        """
        while True:
            try:
                with steady():
                    return torch.cat(self._through(images, answer))
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            self._make_room()  # outside of the handler: the error kept the memory in use

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within this block calls are made one by one in the caller's thread, to be watched."""
        self._aside = True
        try:
            yield
        finally:
            self._aside = False

    def _through(self, images: Images, answer: Answer) -> list[torch.Tensor]:
        size = self.size
        parts = [images[start : start + size] for start in range(0, len(images), size)]

        def one(part: Images) -> torch.Tensor:
            with torch.inference_mode():
                return answer(part, size)[: len(part)]

        if self.device.type != "cpu" or self._aside:
            return [one(part) for part in parts]
        return _in_lanes([partial(one, part) for part in parts], self.lanes)

    def _make_room(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self.lanes > 1:
            self.lanes = 1
        elif self.size > 1:
            self.on_too_large(self.size // 2)
            raise CallTooLarge(self._name, self.size)
        else:
            raise ModelError(no_room(self._name))


def filled(batch: torch.Tensor, size: int) -> torch.Tensor:
    """Return a batch filled up with zeros to so many pictures."""
    missing = size - len(batch)
    return pad(batch, (0, 0) * (batch.dim() - 1) + (0, missing)) if missing else batch


def _in_lanes(calls: list[Callable[[], torch.Tensor]], at_a_time: int) -> list[torch.Tensor]:
    """Make calls in the lanes; return the answers in order, none of them still under way."""
    ahead = 1 if at_a_time == 1 else 2 * at_a_time  # the pool itself keeps to its threads
    waiting: deque[Future[torch.Tensor]] = deque()
    answers: list[torch.Tensor] = []
    try:
        for call in calls:
            if len(waiting) == ahead:
                answers.append(waiting.popleft().result())
            waiting.append(lanes().submit(call))
        while waiting:
            answers.append(waiting.popleft().result())
    finally:
        wait(waiting)
    return answers
