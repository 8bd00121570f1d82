"""Breadth first: every photo gets its turn, batches stay bounded."""

import pytest
from fakes import FakeSealed

from auditcore.audit.rounds import Rounds
from auditcore.audit.track import Track
from auditcore.sequential.batching import LARGEST


def run_rounds(photos: int, max_hidden: int, most: int = LARGEST) -> list[list[int]]:
    """Ask everything there is; return the photos of each batch's queries."""
    tracks = [Track(FakeSealed(200), photo) for photo in range(photos)]
    rounds = Rounds(tracks, max_hidden, lambda track: True, most)
    batches = []
    while blocks := rounds.next_blocks():
        batches.append([q[0] for track, hidden in blocks for q in track.ask(hidden)])
    assert all(track.asked == max_hidden for track in tracks)
    return batches


def test_the_first_round_costs_two_queries_a_photo() -> None:
    assert run_rounds(9, 3)[0] == [photo for photo in range(9) for _ in range(2)]


def test_rounds_double_and_photos_take_turns() -> None:
    batches = run_rounds(2, 7)
    assert [len(batch) for batch in batches] == [4, 4, 8]
    assert batches[1] == [0, 1, 0, 1]


def test_no_batch_is_larger_than_the_largest() -> None:
    assert max(len(batch) for batch in run_rounds(100, 10)) <= LARGEST + 1


def test_a_photo_that_is_given_up_is_asked_no_further() -> None:
    tracks = [Track(FakeSealed(200), photo) for photo in range(40)]
    lost: set[int] = set()
    rounds = Rounds(tracks, 100, lambda track: track.photo not in lost)
    for _ in range(4):  # the last batch leaves turns of photo 0 open
        for track, hidden in rounds.next_blocks():
            track.ask(hidden)
    lost.add(0)
    left = [track.photo for track, _ in rounds.next_blocks()]
    assert left and 0 not in left


@pytest.mark.parametrize("most", [64, 1024])
def test_batches_of_any_size_ask_for_the_same_versions_in_the_same_order(most: int) -> None:
    asked = [query for batch in run_rounds(70, 12, most) for query in batch]
    assert asked == [query for batch in run_rounds(70, 12, 1) for query in batch]
