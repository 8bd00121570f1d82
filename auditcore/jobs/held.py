"""The local models that a worker holds open for everybody: a few, and within bounds of memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from auditcore.jobs.memory import is_too_much, trim
from auditcore.models import Model, Running, open_model

LOCAL_HELD = 2


Which = TypeVar("Which", bound=Hashable)
What = TypeVar("What")


class Held(Generic[Which, What]):
    """What is open, so many at most; room is made before the next is opened, not after."""

    def __init__(self, most: int, open_one: Callable[[Which], What]) -> None:
        """Hold `most` at a time, each opened by `open_one`."""
        self._most, self._open_one = most, open_one
        self._held: OrderedDict[Which, What] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, which: Which) -> What:
        """Return one, opened now or before; what was not used for longest makes room for it."""
        if which in self._held:
            self._held.move_to_end(which)
            return self._held[which]
        if len(self._held) >= self._most:
            self._held.popitem(last=False)
            trim()
        self._held[which] = self._open_one(which)
        return self._held[which]

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._held.clear()
        trim()


LOCAL = Held[tuple[str, Running], Model](
    LOCAL_HELD, lambda which: open_model(which[0], running=which[1])
)
"""The models of this process, by spec and how they run."""


def keep_memory_bounded() -> None:
    """Let go of the models if this process holds too much (see `memory`); only between two jobs."""
    if is_too_much():
        LOCAL.let_go()
