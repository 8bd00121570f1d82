"""Breadth first: every photo gets its turn, batches stay bounded."""

from fakes import FakeSealed

from auditcore.audit.rounds import Rounds
from auditcore.audit.track import Track
from auditcore.sequential.batching import LARGEST


def run_rounds(photos: int, max_hidden: int) -> list[list[int]]:
    """Ask everything there is; return the photos of each batch's queries."""
    tracks = [Track(FakeSealed(200), photo) for photo in range(photos)]
    rounds = Rounds(max_hidden)
    batches = []
    while blocks := rounds.next_blocks(tracks):
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
    rounds = Rounds(100)
    for _ in range(4):  # the last batch leaves turns of photo 0 open
        for track, hidden in rounds.next_blocks(tracks):
            track.ask(hidden)
    left = [track.photo for track, _ in rounds.next_blocks(tracks[1:])]
    assert left and 0 not in left
