"""Answers come in the committed order, each once, whatever order workers finish or die in."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.cluster.dispatch import MOST_DEATHS, Chunk, Outcome, cut, in_order
from auditcore.errors import AuditError
from auditcore.scores import Answer, Query


def answer_to(query: Query) -> Answer:
    return Answer(float(query.photo), f"{query.photo}/{query.version}")


class Unruly:
    """A crew that finishes in any order, is busy at times, and loses chunks."""

    def __init__(self, chance: random.Random, deadly: float, room: int) -> None:
        self.chance, self.deadly, self.room = chance, deadly, room
        self.out: list[Chunk] = []
        self.furthest = -1
        self.spread = 0
        self.deaths: Counter[int] = Counter()
        self.answered: Counter[Query] = Counter()

    def give(self, chunk: Chunk) -> bool:
        if len(self.out) == self.room:
            return False
        self.out.append(chunk)
        return True

    def take(self) -> Outcome | None:
        if not self.out or self.chance.random() < 0.1:
            return None
        chunk = self.out.pop(self.chance.randrange(len(self.out)))
        may_die = self.deaths[chunk.number] < MOST_DEATHS - 1
        if may_die and self.chance.random() < self.deadly:
            self.deaths[chunk.number] += 1
            return Outcome(chunk, None)
        self.answered.update(chunk.queries)
        return Outcome(chunk, [answer_to(query) for query in chunk.queries])


@settings(deadline=None)
@given(
    count=st.integers(0, 60),
    size=st.integers(1, 20),
    ahead=st.integers(1, 9),
    room=st.integers(1, 5),
    deadly=st.sampled_from((0.0, 0.3, 0.9)),
    seed=st.integers(0, 2**32),
)
def test_every_answer_once_and_in_order(
    count: int, size: int, ahead: int, room: int, deadly: float, seed: int
) -> None:
    queries = [Query(number, 7 * number) for number in range(count)]
    crew = Unruly(random.Random(seed), deadly, room)
    answers = list(in_order(cut(queries, size), crew, ahead))
    assert answers == [answer_to(query) for query in queries]
    assert set(crew.answered.values()) <= {1}


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_no_more_is_out_than_may_be_ahead(ahead: int) -> None:
    class Watching(Unruly):
        def give(self, chunk: Chunk) -> bool:
            assert chunk.number < handed_over // 3 + ahead
            return super().give(chunk)

    queries = [Query(number, 0) for number in range(99)]
    crew = Watching(random.Random(1), 0.2, 50)
    handed_over = 0
    for _ in in_order(cut(queries, 3), crew, ahead):
        handed_over += 1
    assert handed_over == 99


def test_a_lost_chunk_goes_out_before_everything_that_was_not_out_yet() -> None:
    class Recording(Unruly):
        given: list[int]

        def give(self, chunk: Chunk) -> bool:
            taken = super().give(chunk)
            if taken:
                self.given.append(chunk.number)
            return taken

        def take(self) -> Outcome | None:
            chunk = self.out.pop(0)
            lost = chunk.number == 1 and not self.deaths[1]
            self.deaths[1] += lost
            answers = None if lost else [answer_to(query) for query in chunk.queries]
            return Outcome(chunk, answers)

    crew = Recording(random.Random(1), 0.0, 2)
    crew.given = []
    list(in_order(cut([Query(number, 0) for number in range(6)], 1), crew, 6))
    assert crew.given == [0, 1, 2, 1, 3, 4, 5]


def test_a_chunk_that_kills_every_worker_is_not_given_out_for_ever() -> None:
    class Deadly(Unruly):
        def take(self) -> Outcome | None:
            return Outcome(self.out.pop(), None)

    crew = Deadly(random.Random(1), 1.0, 1)
    with pytest.raises(AuditError, match=r"photos 5 to 6 of the kit.*memory"):
        list(in_order(cut([Query(4, 0), Query(5, 0)], 2), crew, 2))
