"""Which worker gets what: chunks go out ahead, answers come back in the committed order.

A chunk whose worker died goes out again, first of all. No answer is handed over twice, and only so
many chunks are ahead of the one that is handed over next, so that memory stays bounded however slow
one worker is.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from auditcore.errors import AuditError
from auditcore.scores import Answer, Query

MOST_DEATHS = 3
"""Workers that may die over one chunk before the chunk itself is suspected."""


@dataclass(frozen=True)
class Chunk:
    """Some queries in a row. `number`: its place among the chunks of a batch, from 0."""

    number: int
    queries: tuple[Query, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a chunk: its answers, in order, or None when its worker died over it."""

    chunk: Chunk
    answers: Sequence[Answer] | None


class Crew(Protocol):
    """Workers who answer chunks, in any order."""

    def give(self, chunk: Chunk) -> bool:
        """Hand a chunk to a worker; False when every worker has enough for now."""
        ...

    def take(self) -> Outcome | None:
        """Wait until a chunk that was given is answered or lost, and return what became of it.

        None when a worker has become free instead.
        """
        ...


def cut(queries: Sequence[Query], size: int) -> list[Chunk]:
    """Cut queries into chunks of `size`, the last one perhaps shorter."""
    starts = range(0, len(queries), size)
    return [Chunk(i, tuple(queries[start : start + size])) for i, start in enumerate(starts)]


def in_order(chunks: Sequence[Chunk], crew: Crew, ahead: int) -> Iterator[Answer]:
    """Yield the answers to all chunks in the order of their queries.

    Args:
        chunks: from `cut`.
        crew: who answers them.
        ahead: how many chunks may be out or waiting at a time, at least 1.

    Raises:
        AuditError: MOST_DEATHS workers died over the same chunk.
    """
    waiting, ready = deque(chunks), dict[int, Sequence[Answer]]()
    deaths: Counter[int] = Counter()
    for next_out in range(len(chunks)):
        while next_out not in ready:
            _give_out(waiting, crew, next_out + ahead)
            outcome = crew.take()
            if outcome is None:
                continue
            if outcome.answers is not None:
                ready[outcome.chunk.number] = outcome.answers
                continue
            deaths[outcome.chunk.number] += 1
            if deaths[outcome.chunk.number] == MOST_DEATHS:
                raise _deadly(outcome.chunk)
            _put_back(waiting, outcome.chunk)
        yield from ready.pop(next_out)


def _give_out(waiting: deque[Chunk], crew: Crew, before: int) -> None:
    while waiting and waiting[0].number < before and crew.give(waiting[0]):
        waiting.popleft()


def _put_back(waiting: deque[Chunk], chunk: Chunk) -> None:
    """Put a lost chunk where its number belongs: before everything that was not given out yet."""
    later = [waiting.popleft() for _ in range(sum(x.number < chunk.number for x in waiting))]
    waiting.appendleft(chunk)
    waiting.extendleft(reversed(later))


def _deadly(chunk: Chunk) -> AuditError:
    first, last = (end(query.photo + 1 for query in chunk.queries) for end in (min, max))
    photos = f"photo {first:,}" if first == last else f"photos {first:,} to {last:,}"
    return AuditError(
        f"{MOST_DEATHS} workers died one after the other while they asked about versions of "
        f"{photos} of the kit. Perhaps they have too little memory: use fewer workers on a "
        "machine. What was answered is kept; the same command goes on with it."
    )
