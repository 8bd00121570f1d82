"""The sentences: an indication always, silence never as absence."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from auditcore.passive.grade import NOT_NEGATIVE, OVERLOOKED
from auditcore.passive.idia.answers import sending
from auditcore.passive.idia.names import decoy_names
from auditcore.passive.idia.result import Outcome, Result
from auditcore.passive.idia.words import CONSENT, person_words, sending_words
from passive.idia.test_result import result_of

RESULTS = {
    Outcome.STANDS_OUT: result_of(9, decoy=2),
    Outcome.WEAK: result_of(2, decoy=3),
    Outcome.NOTHING: result_of(0, decoy=3),
    Outcome.TOO_FEW: result_of(21, photos=2),
}
FORBIDDEN = re.compile(
    r"\b(proof|proves?|proven|verdict|guaranteed|was used|were used|false alarm)\b", re.IGNORECASE
)


@pytest.mark.parametrize("result", RESULTS.values(), ids=map(str, RESULTS))
def test_no_sentence_claims_more_than_an_indication(result: Result) -> None:
    words = person_words(result)
    assert words.grade == "indication"
    told = words.to_json()
    assert told.pop("grade") == words.grade
    for name, value in told.items():
        for sentence in [value] if isinstance(value, str) else value:
            assert (sentence and sentence[0].isupper()) or sentence[0].isdigit(), sentence
            assert sentence.endswith("."), sentence
            if sentence not in (NOT_NEGATIVE, OVERLOOKED, words.grade_means):
                assert not FORBIDDEN.search(sentence), (name, sentence)
                assert "not used" not in sentence


def test_each_outcome_has_its_headline() -> None:
    assert {o: result.outcome for o, result in RESULTS.items()} == {o: o for o in RESULTS}
    headlines = {person_words(result).headline for result in RESULTS.values()}
    assert len(headlines) == 4
    assert all("Ada Lovelace" in headline for headline in headlines)


def test_a_weak_sign_says_how_many_decoys_do_as_well() -> None:
    words = person_words(RESULTS[Outcome.WEAK])
    assert words.headline.endswith("but an invented name just as firmly.")
    assert "1 of them is named by at least as many wordings" in words.facts[1]


def test_too_few_wordings_is_not_put_as_none() -> None:
    words = person_words(result_of(2, tau=3))
    assert words.headline.endswith("than the 3 that were asked for.")


def test_silence_is_never_put_as_absence() -> None:
    for outcome in (Outcome.NOTHING, Outcome.TOO_FEW):
        assert NOT_NEGATIVE in person_words(RESULTS[outcome]).means_not


def test_the_counts_are_told() -> None:
    own, decoys, fewer = person_words(RESULTS[Outcome.STANDS_OUT]).facts
    assert own.startswith("9 of 21 wordings name")
    assert "5 photos" in own and "50 names" in own and "1 wording." in own
    assert "1 of 49 invented names" in decoys and "the nearest by 2" in decoys
    assert "3 of the photos" in fewer
    assert "by at least as many" in person_words(RESULTS[Outcome.WEAK]).facts[1]
    nothing = person_words(RESULTS[Outcome.NOTHING]).facts
    assert nothing[0].startswith("None of 21 wordings names")
    assert len(nothing) == 2 and "nearest" not in nothing[1]
    assert person_words(result_of(1)).facts[0].startswith("1 of 21 wordings names")


def test_too_few_says_how_many_are_needed() -> None:
    assert "fewer than 3 photos" in person_words(RESULTS[Outcome.TOO_FEW]).means[0]


def test_pages_can_tell_a_result_without_loading_torch() -> None:
    asked = "import auditcore.passive.idia.words, auditcore.passive.idia.answers, sys"
    done = subprocess.run([sys.executable, "-c", f"{asked}; sys.exit('torch' in sys.modules)"])
    assert done.returncode == 0


def test_before_sending_it_is_told_what_and_to_whom() -> None:
    told = sending_words("api.example.org", sending(photos=12, people=2))
    assert "12 photos" in told and "42 sentences with the real name" in told
    assert told.count("api.example.org") == 2 and "21,021" in told
    assert "agreed" in CONSENT


def test_what_would_be_misread_is_cautioned_beside_the_headline() -> None:
    cautions = {outcome: person_words(result).caution for outcome, result in RESULTS.items()}
    assert cautions[Outcome.NOTHING] == OVERLOOKED
    assert "one name, settled before asking" in cautions[Outcome.STANDS_OUT]
    chosen = replace(RESULTS[Outcome.STANDS_OUT], person=decoy_names()[7])
    assert "taken from an earlier answer" in person_words(chosen).caution
