"""How a scorer asks a model about the views of versions, part by part and ahead of the scoring.

A model on this machine is asked about many versions at a time, composed where it computes; any
other is shown one version at a time, as real pictures.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing
from itertools import takewhile
from time import perf_counter
from typing import Protocol, TypeVar

from auditcore.models.base import Model
from auditcore.models.lanes import lanes
from auditcore.models.local import LocalModel
from auditcore.models.prepared import Images, Prepared
from auditcore.photos import Pixels
from auditcore.scores.base import KitView, Query
from auditcore.scores.composing import Composer, Later, ViewsOf
from auditcore.scores.views import cut_views

PICTURES_MOST, PART_BYTES = 1024, 64 << 20
"""How many pictures are asked about at a time at most, and how many bytes of them."""

_VERSIONS_AHEAD = 4
_SHORT, _LONG = 0.1, 0.4  # seconds that a part should take

T = TypeVar("T")
R = TypeVar("R")
Part = tuple[Query, ...]
Ask = Callable[[Part, Images], R]


class Pictures(Protocol):
    """Shows a model the views of versions.

    Attributes:
        made: how the views are made, in a word: part of what a score is.
    """

    made: str

    def answered(
        self, queries: Sequence[Query], together: bool, ask: Ask[R]
    ) -> Iterator[tuple[Part, R]]:
        """Ask about all versions, some at a time, and yield the answers in order.

        Args:
            queries: the versions.
            together: whether versions of different photos may be asked about at a time.
            ask: asks about the pictures of some versions, one version after another. Never called
                by two threads at a time.
        """
        ...

    def of_picture(self, photo: int, pixels: Pixels) -> Images:
        """Return a photo's views of any picture."""
        ...

    def usual_question(self, photo: int, pixels: Pixels) -> Images:
        """Return as many pictures as the model is usually asked about, views of any picture."""
        ...


class CutPictures:
    """Views cut out of rendered versions, some versions ahead; one version at a time is asked."""

    made = "cut"

    def __init__(self, kit: KitView, model: Model, views: ViewsOf) -> None:
        self._kit, self._views, self._size = kit, views, model.input_size

    def answered(
        self, queries: Sequence[Query], together: bool, ask: Ask[R]
    ) -> Iterator[tuple[Part, R]]:
        """Ask about one version after another, each when its answer is wanted."""
        with ThreadPoolExecutor(1, "versions") as maker:
            for query, images in made_ahead(queries, self._make, _VERSIONS_AHEAD, maker):
                yield (query,), ask((query,), images)

    def of_picture(self, photo: int, pixels: Pixels) -> Images:
        """Cut the views."""
        return cut_views(pixels, self._views(photo), self._size)

    def usual_question(self, photo: int, pixels: Pixels) -> Images:
        """Cut the views of one version."""
        return self.of_picture(photo, pixels)

    def _make(self, query: Query) -> Images:
        return self.of_picture(query.photo, self._kit.version(query.photo, query.version))


class ComposedPictures:
    """Views composed on the model's device while it computes, many versions at a time.

    While the last versions are scored the model is asked about the next ones, and those behind
    them are composed: on a CPU in its lanes, of which there are as many as cores. How many it is
    asked about at a time is found by trial: parts of some tenths of a second, so that neither their
    ends cost much nor a person waits long for a pause.
    """

    made = "composed"

    def __init__(self, kit: KitView, model: LocalModel, views: ViewsOf) -> None:
        self._views, self._model = views, model
        self._composer = Composer(kit, views, model.input_size, model.device)
        self._most = min(PICTURES_MOST, PART_BYTES // (12 * model.input_size**2))
        self._growth = 1

    def answered(
        self, queries: Sequence[Query], together: bool, ask: Ask[R]
    ) -> Iterator[tuple[Part, R]]:
        """Ask about as many versions at a time as suit the model, one part ahead."""

        def timed(made: tuple[Part, Images]) -> R:
            begin = perf_counter()
            answer = ask(*made)
            self._adapt(perf_counter() - begin)
            return answer

        parts = self._parts(queries, together)
        shown = made_ahead(parts, self._images, 1, lanes())
        with ThreadPoolExecutor(1, "asking") as asker, closing(shown):
            for (part, _), answer in made_ahead(shown, timed, 1, asker):
                yield part, answer

    def of_picture(self, photo: int, pixels: Pixels) -> Images:
        """Stand for the views, to be cut when the model takes them."""
        return Later(
            lambda first, behind: self._composer.cut(photo, pixels, first, behind),
            0,
            len(self._views(photo)),
        )

    def usual_question(self, photo: int, pixels: Pixels) -> Images:
        """Cut some views, and repeat them until they keep the model busy."""
        count = self._model.at_once
        some = min(count, len(self._views(photo)))
        levels = self._composer.cut(photo, pixels, 0, some)
        return Prepared(levels.repeat(-(-count // some), 1, 1, 1)[:count])

    def _images(self, part: Part) -> Images:
        """Compose the views; those of a version that takes too much memory, call by call."""
        pictures = len(part) * len(self._views(part[0].photo))
        if pictures <= self._most:
            return Prepared(self._composer.compose(part, 0, pictures))
        return Later(lambda first, behind: self._composer.compose(part, first, behind), 0, pictures)

    def _parts(self, queries: Sequence[Query], together: bool) -> Iterator[Part]:
        start = 0
        while start < len(queries):
            views = len(self._views(queries[start].photo))
            most = max(1, min(self._growth * self._model.at_once, self._most) // views)
            part = tuple(queries[start : start + most])
            part = part if together else _of_one_photo(part)
            yield part
            start += len(part)

    def _adapt(self, seconds: float) -> None:
        """Take larger parts from now on where they are short, smaller ones where they are long."""
        if seconds < _SHORT and self._growth * self._model.at_once < self._most:
            self._growth *= 2
        elif seconds > _LONG and self._growth > 1:
            self._growth //= 2


def _of_one_photo(part: Part) -> Part:
    return tuple(takewhile(lambda query: query.photo == part[0].photo, part))


def pictures_for(kit: KitView, model: Model, views: ViewsOf) -> Pictures:
    """Return the way that suits a model."""
    if isinstance(model, LocalModel):
        return ComposedPictures(kit, model, views)
    return CutPictures(kit, model, views)


def made_ahead(
    items: Iterable[T], make: Callable[[T], R], ahead: int, maker: Executor
) -> Generator[tuple[T, R]]:
    """Yield each item with what is made of it, some of them made ahead by `maker`."""
    waiting: deque[tuple[T, Future[R]]] = deque()
    try:
        for item in items:
            waiting.append((item, maker.submit(make, item)))
            if len(waiting) > ahead:
                ready, future = waiting.popleft()
                yield ready, future.result()
        while waiting:
            ready, future = waiting.popleft()
            yield ready, future.result()
    finally:  # nothing goes on behind the caller's back
        for _, future in waiting:
            future.cancel()
        wait([future for _, future in waiting])
