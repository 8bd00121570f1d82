"""How much fits into memory at once, found out by trying.

Nobody can say beforehand how much memory a network takes. When it runs out, half as many texts are
asked at a time from then on. The number of pictures a call binds an audit, so it never changes
behind its back: a sentence says what to do (`CallTooLarge`), as when one alone does not fit.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import torch

from auditcore.errors import ModelError

MOST = 64  # pictures asked at once to begin with
_PHRASES = (  # of errors that say it in words alone: torch on a CPU and on MPS, ONNX Runtime
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "failed to allocate memory",
    "bad_alloc",
    "bad allocation",
)


class _Row(Protocol):
    """What can be cut into parts: a list of pictures or texts, or prepared pictures."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Any: ...


T = TypeVar("T", bound=_Row)
R = TypeVar("R")


class Room:
    """The room one model has on its processor; what was learnt holds until it is closed.

    Attributes:
        most: pictures that are asked at once.
    """

    def __init__(self, name: str) -> None:
        """Begin with MOST pictures at once; `name` is the model's, for the message."""
        self.most = MOST
        self._name = name

    def in_batches(self, items: T, ask: Callable[[T], R]) -> list[R]:
        """Ask all items in order, as many at once as fit; return the answers of the batches.

        Raises:
            ModelError: not even one item fits into memory.
        """
        answers: list[R] = []
        start = 0
        while start < len(items):
            part = items[start : start + self.most]
            try:
                answers.append(ask(part))
                start += len(part)
                continue
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            self._halve(len(part))  # outside of the handler: the error kept the memory in use
        return answers

    def _halve(self, tried: int) -> None:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if tried == 1:
            raise ModelError(no_room(self._name))
        self.most = tried // 2


class CallTooLarge(ModelError):
    """A call of several pictures for which memory ran out; one of fewer may fit."""

    def __init__(self, name: str, size: int) -> None:
        """Say so of the model `name` and calls of `size` pictures."""
        super().__init__(
            f"{name} ran out of memory at {size} pictures a call. Nothing that was answered is "
            "lost: close other programs and go on. When it is opened anew (in the app: after "
            f"Telltale is started again) it takes at most {size // 2} pictures a call. An audit "
            "keeps the number it began with, because the last bits of its answers depend on it; if "
            "it cannot go on for want of memory, start a new one."
        )


def no_room(name: str) -> str:
    """Return the sentence for a model that does not fit into memory at all."""
    return (
        f"{name} does not fit into the memory of this computer, not even with one picture at a "
        "time. Close other programs, choose the CPU if it runs on a graphics card, or audit a "
        "smaller model. Nothing that was answered is lost."
    )


def is_out_of_memory(error: Exception) -> bool:
    """Say whether an error means that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(phrase in str(error).lower() for phrase in _PHRASES)
