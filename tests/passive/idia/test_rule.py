"""The decision rule against an independent reading of the published one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from auditcore.errors import PassiveError
from auditcore.passive.idia.answers import Answers, choose, look
from auditcore.passive.idia.names import Names, candidate_names, decoy_names
from auditcore.passive.idia.result import assess
from auditcore.passive.idia.rule import NOBODY, check_tau, named, votes, yardstick
from passive.idia.knowing import KnowingModel, face
from passive.idia.reading import answered, was_recognised, wordings_for

TAUS = (1, 2, 3, 5, 8, 13, 21)


def as_answers(best: NDArray[np.int64], names: Names) -> Answers:
    top = best[:, :, None].astype(np.int16)
    return Answers(names, top, np.zeros(top.shape, dtype=np.float32))


def test_majority_tie_and_single_photo_by_hand() -> None:
    best = np.array([[1, 1, 2], [1, 2, 2], [0, 1, 2], [3, 3, 3]])
    assert named(best, 4).tolist() == [1, 2, NOBODY, 3]
    assert votes(best, 4).tolist() == [0, 1, 1, 1]
    assert named(np.array([[2]]), 4).tolist() == [2]  # one photo is its own majority
    assert named(np.array([[2, 3]]), 4).tolist() == [NOBODY]
    assert named(np.array([[0, 0, 3, 3, 1]]), 4).tolist() == [NOBODY]  # a tie below 1/2


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 30).flatmap(
        lambda photos: st.lists(
            st.lists(st.integers(0, 4), min_size=photos, max_size=photos), min_size=1, max_size=21
        )
    )
)
def test_votes_agree_with_the_reading(best: list[list[int]]) -> None:
    names = [f"name {place}" for place in range(5)]
    counted = votes(np.array(best), len(names))
    answers = [[names[place] for place in row] for row in best]
    assert counted.tolist() == [wordings_for(name, answers) for name in names]


def test_rule_agrees_on_600_people_with_ties_and_every_number_of_photos() -> None:
    """Answers drawn so that the person is hardly, half or wholly known; few names make ties."""
    rng = np.random.default_rng(5)
    names = candidate_names(["Ada Lovelace"], count=40)
    person, everyone = names.index("Ada Lovelace"), names.everyone
    seen = {"ties": 0, True: 0, False: 0}
    for number in range(600):
        photos = number % 30 + 1
        best = rng.integers(0, rng.choice([2, 4, 40]), size=(21, photos))
        best[rng.random(best.shape) < rng.choice([0, 0.2, 0.5, 0.9])] = person
        seen["ties"] += int((named(best, 40) == NOBODY).sum())
        answers = [[everyone[place] for place in row] for row in best]
        for tau in {1, TAUS[number % len(TAUS)]}:
            result = assess(as_answers(best, names), "Ada Lovelace", tau)
            assert result.recognised is was_recognised("Ada Lovelace", answers, tau)
            seen[result.recognised] += 1
        assert result.named == wordings_for("Ada Lovelace", answers)
    assert seen["ties"] > 1000
    assert min(seen[True], seen[False]) > 300


def test_whole_question_agrees_on_210_people() -> None:
    """From pictures and names to the decision: features, cosines, majority, ties, tau."""
    people = [f"{first} Planted" for first in _firsts(210)]
    known = {number: name for number, name in enumerate(people) if number % 3}
    model = KnowingModel(known, strength=0.9)
    names = candidate_names(people, count=500)
    photos = [number % 30 + 1 for number in range(len(people))]
    pictures = [face(who, photo) for who, count in enumerate(photos) for photo in range(count)]
    seen = look(model, pictures)
    answers = choose(model, seen, names)
    ends = np.cumsum(photos)
    told = answered(model.text_features, model.image_features(pictures), list(names.everyone))
    outcomes = set()
    for who, name in enumerate(people):
        part = slice(ends[who] - photos[who], ends[who])
        own = [row[part] for row in told]
        for tau in {1, TAUS[who % len(TAUS)]}:
            result = assess(answers.of(part), name, tau)
            assert result.recognised is was_recognised(name, own, tau), (name, tau)
            outcomes.add((who in known, tau == 1, result.recognised))
        assert [w.answer is None for w in result.wordings] == [_is_tie(row) for row in own]
    assert {(True, True, True), (True, True, False), (True, False, True)} <= outcomes
    assert (False, True, False) in outcomes


def test_yardstick_counts_decoys_as_the_reading_would() -> None:
    rng = np.random.default_rng(6)
    names = candidate_names(["Ada Lovelace"], count=30)
    for tau in (1, 2, 4):
        best = rng.integers(0, 30, size=(21, 4))
        best[:9, :3] = rng.integers(0, 3, size=(9, 1))
        best[3:6] = names.index("Ada Lovelace")
        answers = [[names.everyone[place] for place in row] for row in best]
        theirs = [wordings_for(name, answers) for name in names.decoys]
        own = wordings_for("Ada Lovelace", answers)
        measure = yardstick(votes(best, 30), names.index("Ada Lovelace"), 29, tau)
        assert measure.recognised == sum(count >= tau for count in theirs)
        assert measure.level_or_ahead == sum(count >= own for count in theirs)
        assert (measure.of, measure.most) == (29, max(theirs))
        assert measure.share == measure.recognised / 29


@pytest.mark.parametrize("tau", [0, -1, 22])
def test_tau_out_of_range_is_refused(tau: int) -> None:
    with pytest.raises(PassiveError, match="1 to 21"):
        check_tau(tau)
    best = np.zeros((21, 3), dtype=np.int64)
    with pytest.raises(PassiveError, match="1 to 21"):
        assess(as_answers(best, candidate_names(["Ada"])), "Ada", tau)


def _firsts(count: int) -> list[str]:
    found = dict.fromkeys(name.split()[0] for name in decoy_names())
    return list(found)[:count]


def _is_tie(names: list[str]) -> bool:
    times = sorted((names.count(name) for name in set(names)), reverse=True)
    return len(times) > 1 and times[0] == times[1]
