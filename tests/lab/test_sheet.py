"""The teacher's sheet: the shipped one is made anew, and its commands are commands."""

import re
import shlex
from pathlib import Path

import pytest

from auditcore.cli import _parser
from auditcore.lab import exercises, sheet
from auditcore.lab.exercises import Exercise

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shipped() -> str:
    return sheet.sheet_file().read_text("utf-8")


@pytest.fixture(scope="module")
def made() -> str:
    return sheet.teachers_sheet()


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,]\d+)*", text)


def test_the_shipped_sheet_has_the_figures_that_come_out(shipped: str, made: str) -> None:
    assert shipped == made + "\n", "make it again: python -m auditcore lab sheet > " + str(
        sheet.sheet_file().relative_to(ROOT)
    )


def test_every_command_in_it_is_one(shipped: str) -> None:
    told = re.findall(r"^python -m auditcore (.+)$", shipped, re.MULTILINE)
    told += re.findall(r"`python -m auditcore ([^`]+)`", shipped)
    assert len(told) >= 8
    for command in told:
        _parser().parse_args(shlex.split(command))


def test_the_figures_on_paper_are_those_of_the_methodology() -> None:
    """From the table of numbers to test against, not from the code."""
    stairs = exercises.clean_run().expect
    assert "| 1 in 20 | 19 | 27 | 65 | 105 | 144 |" in stairs
    assert "| 1 in 100 | 99 | 129 | 313 | 499 | 686 |" in stairs
    assert exercises.many_photos().expect.startswith("64 %")
    lottery = exercises.lottery()
    assert "about 1.5 pupils" in lottery.expect and "79 %" in lottery.expect
    assert "1/2 after 0, 1/3 after 1, 1/11 after 9" in exercises.next_one().expect


def test_a_thousand_innocent_models_keep_the_promise_and_taste_breaks_it() -> None:
    told = exercises.fair_draw().expect
    low, high, fair, nicest = (
        int(found)
        for found in re.search(  # type: ignore[union-attr]
            r"(\d+) to (\d+) in 95 .* (\d+) of 1,000\. With the nicest version, (\d+) of", told
        ).groups()
    )
    assert low <= 49 <= high <= 65
    assert low <= fair <= high
    assert nicest > 5 * high


def test_every_exercise_asks_tells_and_teaches(shipped: str) -> None:
    heads = re.findall(r"^### (\d+)\. (.+) \((\d+) minutes\)$", shipped, re.MULTILINE)
    assert [int(number) for number, _, _ in heads] == list(range(1, 12))
    for part in ("Ask", "Do", "Comes out", "To take home"):
        assert shipped.count(f"**{part}.**") == len(heads)
    assert "not used" not in re.sub("never “not\\s+used”", "", shipped)


def test_a_practice_that_harms_is_told_with_its_guard() -> None:
    made: Exercise = exercises.practices()
    rows = [line.split(" | ") for line in made.expect.splitlines() if line.startswith("| ")][2:]
    worse = [float(numbers(row[1])[0]) for row in rows]
    guarded = [float(numbers(row[2])[0]) for row in rows]
    assert max(worse) > 80 and max(guarded) < 7
