"""What a person gets: outcomes, wordings, names, and a file that can be read again."""

import json
from collections import Counter

import numpy as np
import pytest

from auditcore.errors import PassiveError
from auditcore.passive.idia.answers import ask
from auditcore.passive.idia.names import candidate_names
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.result import Outcome, Result, assess
from passive.idia.knowing import KnowingModel, face
from passive.idia.test_rule import as_answers

NAMES = candidate_names(["Ada Lovelace"], count=50)
ADA = NAMES.index("Ada Lovelace")


def result_of(wordings: int, decoy: int = 0, photos: int = 5, tau: int = 1) -> Result:
    """Return a result in which so many wordings name the person, and so many one decoy."""
    best = np.tile(np.arange(photos) % photos, (21, 1))  # ties everywhere else
    if photos == 1:
        best[:] = np.arange(21)[:, None]
    best[:wordings] = ADA
    best[21 - decoy :] = 7
    return assess(as_answers(best, NAMES), "Ada Lovelace", tau)


@pytest.mark.parametrize(
    ("wordings", "decoy", "photos", "tau", "outcome"),
    [
        (21, 0, 5, 1, Outcome.STANDS_OUT),
        (1, 0, 5, 1, Outcome.STANDS_OUT),
        (3, 2, 5, 1, Outcome.STANDS_OUT),
        (3, 3, 5, 1, Outcome.WEAK),
        (1, 9, 5, 1, Outcome.WEAK),
        (3, 1, 5, 4, Outcome.NOTHING),
        (0, 0, 5, 1, Outcome.NOTHING),
        (0, 21, 5, 1, Outcome.NOTHING),
        (21, 0, 2, 1, Outcome.TOO_FEW),
        (0, 0, 2, 1, Outcome.TOO_FEW),
        (21, 0, 3, 21, Outcome.STANDS_OUT),
    ],
)
def test_outcomes(wordings: int, decoy: int, photos: int, tau: int, outcome: Outcome) -> None:
    result = result_of(wordings, decoy, photos, tau)
    assert result.named == wordings
    assert result.outcome is outcome
    assert result.recognised is (wordings >= tau)


def test_every_number_can_be_counted_again_from_the_answers() -> None:
    model = KnowingModel({1: "Ada Lovelace"}, strength=0.8)
    answers = ask(model, [face(1, number) for number in range(6)], NAMES)
    result = assess(answers, "Ada Lovelace")
    assert (result.photos, result.candidates, result.yardstick.of) == (6, 50, 49)
    assert 0 < result.named < 21
    every = Counter(row[0].name for wording in result.guesses for row in wording)
    for wording, guesses in zip(result.wordings, result.guesses, strict=True):
        told = Counter(row[0].name for row in guesses)
        ranked = told.most_common()
        tie = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
        assert wording.answer == (None if tie else ranked[0][0])
        assert wording.photos == ranked[0][1]
        assert wording.with_person == told["Ada Lovelace"]
    assert [wording.template for wording in result.wordings] == list(TEMPLATES)
    named = Counter(wording.answer for wording in result.wordings)
    assert result.named == named["Ada Lovelace"]
    for name in result.frequent:
        assert (name.wordings, name.answers) == (named[name.name], every[name.name])
    order = [(name.wordings, name.answers) for name in result.frequent]
    assert order == sorted(order, reverse=True)


def test_a_result_comes_back_from_json() -> None:
    model = KnowingModel({1: "Ada Lovelace"})
    answers = ask(model, [face(1, number) for number in range(4)], NAMES)
    result = assess(answers, " Ada  Lovelace", tau=2)
    text = json.dumps(result.to_json(), allow_nan=False)
    again = Result.from_json(json.loads(text))
    assert again.to_json() == result.to_json()
    assert again.person == "Ada Lovelace"
    assert again.guesses[3][2][0].name == result.guesses[3][2][0].name
    assert again.outcome is result.outcome


@pytest.mark.parametrize("damage", ["wordings", "guesses", "curve", "decoys", "person"])
def test_a_file_that_is_no_result_is_a_sentence(damage: str) -> None:
    values = result_of(3).to_json()
    kept = values.pop(damage)
    with pytest.raises(PassiveError, match="cannot be read"):
        Result.from_json(values)
    if damage != "person":
        values[damage] = {"names": [], "places": [[[5]]], "cosines": [[[1.0]]], "what": kept}
        with pytest.raises(PassiveError, match="cannot be read"):
            Result.from_json(values)


def test_a_name_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(PassiveError, match="none of the names"):
        assess(as_answers(np.zeros((21, 3), dtype=np.int64), NAMES), "Eve")
