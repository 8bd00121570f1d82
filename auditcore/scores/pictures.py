"""How a scorer comes by the pictures it asks a model about, part by part and one part ahead.

A model on this machine is asked about many versions at a time, composed where it computes; any
other is shown one version at a time, as real pictures.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol, TypeVar

import torch

from auditcore.models.base import Model
from auditcore.models.local import LocalModel
from auditcore.models.prepared import Images
from auditcore.photos import Pixels
from auditcore.scores.base import KitView, Query
from auditcore.scores.composing import Composer, ViewsOf
from auditcore.scores.views import cut_views

_VERSIONS_AHEAD = 4

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Part:
    """What a model is asked at a time: views first .. behind-1 of each query's version."""

    queries: tuple[Query, ...]
    first: int
    behind: int


class Pictures(Protocol):
    """Makes the pictures of queries, in parts.

    Attributes:
        made: how, in a word: part of what a score is.
        ahead: how many parts are made while the model works on one.
    """

    made: str
    ahead: int

    def parts(self, queries: Sequence[Query], together: bool) -> Iterator[Part]:
        """Divide queries, in order; `together`: different photos may stand in one part."""
        ...

    def make(self, part: Part) -> Images:
        """Return the pictures of a part, one version after another."""
        ...

    def look_at(self, photo: int, pixels: Pixels) -> Iterator[Images]:
        """Return a photo's views of any picture, in parts."""
        ...


class CutPictures:
    """Views cut out of rendered versions, one version a part."""

    made = "cut"
    ahead = _VERSIONS_AHEAD

    def __init__(self, kit: KitView, model: Model, views: ViewsOf) -> None:
        self._kit, self._views, self._size = kit, views, model.input_size

    def parts(self, queries: Sequence[Query], together: bool) -> Iterator[Part]:
        """Give each version a part of its own."""
        for query in queries:
            yield Part((query,), 0, len(self._views(query.photo)))

    def make(self, part: Part) -> Images:
        """Render the version and cut its views."""
        (query,) = part.queries
        version = self._kit.version(query.photo, query.version)
        return cut_views(version, self._views(query.photo), self._size)

    def look_at(self, photo: int, pixels: Pixels) -> Iterator[Images]:
        """Cut all views at once."""
        yield cut_views(pixels, self._views(photo), self._size)


class ComposedPictures:
    """Views composed on the model's device: about `model.at_once` pictures a part.

    A version with more views than that is asked about in several parts.
    """

    made = "composed"
    ahead = 1

    def __init__(self, kit: KitView, model: LocalModel, views: ViewsOf) -> None:
        self._views, self._model = views, model
        self._composer = Composer(kit, views, model.input_size, model.device)

    def parts(self, queries: Sequence[Query], together: bool) -> Iterator[Part]:
        """Put as many versions into a part as keep the model busy."""
        start = 0
        while start < len(queries):
            now = self._next(queries, start, together)
            for first, behind in self._spans(now[0].photo):
                yield Part(now, first, behind)
            start += len(now)

    def make(self, part: Part) -> Images:
        """Compose the views."""
        return self._composer.compose(part.queries, part.first, part.behind)

    def look_at(self, photo: int, pixels: Pixels) -> Iterator[Images]:
        """Cut the views of the picture and bring them to the device."""
        for first, behind in self._spans(photo):
            yield self._composer.cut(photo, pixels, first, behind)

    def _next(self, queries: Sequence[Query], start: int, together: bool) -> tuple[Query, ...]:
        photo = queries[start].photo
        most = max(1, self._model.at_once // len(self._views(photo)))
        now = queries[start : start + most]
        return tuple(takewhile(lambda query: together or query.photo == photo, now))

    def _spans(self, photo: int) -> Iterator[tuple[int, int]]:
        views, step = len(self._views(photo)), max(1, self._model.at_once)
        for first in range(0, views, step):
            yield first, min(views, first + step)


def pictures_for(kit: KitView, model: Model, views: ViewsOf) -> Pictures:
    """Return the way that suits a model."""
    if isinstance(model, LocalModel):
        return ComposedPictures(kit, model, views)
    return CutPictures(kit, model, views)


def made_ahead(items: Iterator[T], make: Callable[[T], R], ahead: int) -> Iterator[tuple[T, R]]:
    """Yield each item with what is made of it, some of them made ahead in another thread."""
    with ThreadPoolExecutor(1, "pictures", torch.set_num_threads, (1,)) as maker:
        waiting: deque[tuple[T, Future[R]]] = deque()
        for item in items:
            waiting.append((item, maker.submit(make, item)))
            if len(waiting) > ahead:
                ready, future = waiting.popleft()
                yield ready, future.result()
        for ready, future in waiting:
            yield ready, future.result()
