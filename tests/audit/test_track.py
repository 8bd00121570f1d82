"""Tracks: committed order, committed ties, and a published version in a random place."""

from collections import Counter

import pytest
from fakes import FakeSealed

from auditcore.audit.track import Track


def test_hidden_versions_come_in_the_committed_order_and_only_once() -> None:
    sealed = FakeSealed(30)
    track = Track(sealed, 0)
    asked = [*track.ask(4), *track.ask(5), *track.ask(20)]
    published = sealed.published_version(0)
    assert [version for _, version in asked if version != published] == list(sealed.hidden_order(0))
    assert len(set(asked)) == 30


def test_the_published_version_is_in_the_first_batch_at_every_place_equally_often() -> None:
    places: Counter[int] = Counter()
    for kit in range(600):
        sealed = FakeSealed(20, seed=kit.to_bytes(2, "big"))
        versions = [version for _, version in Track(sealed, 0).ask(5)]
        places[versions.index(sealed.published_version(0))] += 1
    assert set(places) == set(range(6))
    expected = 600 / 6
    chi_squared = sum((count - expected) ** 2 / expected for count in places.values())
    assert chi_squared < 20.5  # 99.9 % quantile with 5 degrees of freedom


@pytest.mark.parametrize("published_wins", [True, False])
def test_ties_go_by_the_committed_priority(published_wins: bool) -> None:
    class Tied(FakeSealed):
        def tie_priority(self, photo: int, version: int) -> int:
            best = version == self.published_version(photo)
            return int(best is published_wins) * 1000 + version

    track = Track(Tied(20), 0)
    scores = dict.fromkeys(track.ask(10), 0.25)
    track.hear(scores)
    for _ in range(10):
        track.apply_next(scores)
    assert (track.t, track.k) == (10, 0 if published_wins else 10)


def test_beats_are_counted_against_the_published_score_alone() -> None:
    sealed = FakeSealed(20)
    track = Track(sealed, 0)
    asked = track.ask(6)
    order = sealed.hidden_order(0)
    scores = dict.fromkeys(asked, 0.0)
    scores[0, sealed.published_version(0)] = 0.5
    scores[0, order[1]] = scores[0, order[4]] = 0.7
    track.hear(scores)
    counts = []
    for _ in range(6):
        track.apply_next(scores)
        counts.append(track.k)
    assert counts == [0, 1, 1, 1, 2, 2]
