"""What was made last and may be wanted again, as much of it as fits in so many bytes."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """A function of a photo's number that remembers its latest results. Safe among threads."""

    def __init__(self, make: Callable[[int], tuple[T, int]], most: int) -> None:
        """Take the function, which also tells the size of its result, and the most to remember.

        Both sizes are in bytes.
        """
        self._make, self._most = make, most
        self._items: OrderedDict[int, tuple[T, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __call__(self, number: int) -> T:
        """Return what the function makes of `number`, made now or before."""
        with self._lock:
            if number in self._items:
                self._items.move_to_end(number)
                return self._items[number][0]
        made, size = self._make(number)
        with self._lock:
            if number not in self._items:
                self._items[number] = made, size
                self._bytes += size
            while self._bytes > self._most:
                self._bytes -= self._items.popitem(last=False)[1][1]
        return made
