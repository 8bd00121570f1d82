"""Whatever file a person gives, what they read is a sentence that says what to do."""

import re

import pytest
import reading_aloud
from hostile import Case, hostile_captions, hostile_photos
from hostile_kits import hostile_kits

from tests.benchmarks.bad_input import RESULT, table

JARGON = re.compile(
    r"traceback|exception|\w+error\b|\bnone\b|nonetype|null|errno|zlib|crc\b|codec|decode|struct"
    r"|unidentified|pillow|\bpil\b|numpy|0x|<class|sha-?256|regex|dataclass|__|\{|\}|eof",
    re.IGNORECASE,
)


def check(case: Case, accepted: bool, said: str) -> None:
    assert accepted == case.accepted, said
    assert case.says in said
    assert not JARGON.search(said), said
    assert said.strip() == said and "\n" not in said
    if not accepted:
        assert said.endswith((".", "?", ")")) and len(said) < 400
        assert len(re.findall(r"[.?:)] |[.?)]$", said)) >= 2, "says what is wrong, not what to do"


@pytest.mark.parametrize("case", hostile_photos(), ids=lambda case: case.what)
def test_photo(case: Case) -> None:
    check(case, *reading_aloud.of_photo(case))


@pytest.mark.parametrize("case", hostile_kits(), ids=lambda case: case.what)
def test_kit(case: Case) -> None:
    check(case, *reading_aloud.of_kit(case))


@pytest.mark.parametrize("case", hostile_captions(), ids=lambda case: case.what)
def test_captions(case: Case) -> None:
    check(case, *reading_aloud.of_captions(case))


def test_each_cause_has_a_sentence_of_its_own() -> None:
    said = [reading_aloud.of_kit(case)[1] for case in hostile_kits()]
    assert len(set(said)) >= 0.7 * len(said)


def test_the_written_table_is_what_the_program_says() -> None:
    assert RESULT.read_text(encoding="utf-8") == table()
