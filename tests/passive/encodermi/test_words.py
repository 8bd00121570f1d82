import re
import subprocess
import sys

import pytest

from auditcore.passive.encodermi.comparing import Reading, compare
from auditcore.passive.encodermi.words import Words, comparison_words
from auditcore.passive.grade import NOT_NEGATIVE
from tests.passive.encodermi.encoders import drawn

CASES = {
    Reading.STANDS_OUT: (drawn(40, 0.8, 1), drawn(40, 0.4, 2)),
    Reading.NOTHING: (drawn(40, 0.5, 1), drawn(40, 0.5, 2)),
    Reading.BELOW: (drawn(40, 0.4, 1), drawn(40, 0.8, 2)),
    Reading.TOO_FEW: (drawn(1, 0.4, 1), drawn(10, 0.8, 2)),
}
FORBIDDEN = re.compile(
    r"\bproofs?\b|\bproves?\b|verdict|guarantee|not used\b(?<!were not used)|false alarm", re.I
)


def said(words: Words) -> list[str]:
    lists = (words.figures, words.means, words.means_not, words.attacks)
    return [words.headline, words.grade_means, words.reason, *(line for x in lists for line in x)]


@pytest.mark.parametrize("reading", Reading)
def test_every_reading_is_told_as_an_indication_at_most(reading: Reading) -> None:
    found = compare(*CASES[reading])
    assert found.reading is reading
    words = comparison_words(found)
    assert words.grade == "indication"
    assert all(text.endswith(".") for text in said(words))
    assert not [text for text in said(words) if FORBIDDEN.search(text)]
    assert words.means and words.means_not
    if reading is not Reading.STANDS_OUT:
        assert NOT_NEGATIVE in words.means_not
    assert set(words.to_json()) >= {"headline", "grade", "figures", "means", "means_not"}


def test_what_stands_out_warns_of_series() -> None:
    assert "one series" in " ".join(comparison_words(compare(*CASES[Reading.STANDS_OUT])).means_not)


def test_too_few_says_how_many_are_needed() -> None:
    headline = comparison_words(compare(*CASES[Reading.TOO_FEW])).headline
    assert "1 picture of yours and 10 pictures for reference" in headline
    assert "At least 5 and 20" in headline


def test_pages_read_comparisons_without_torch() -> None:
    modules = ", ".join(f"auditcore.passive.encodermi.{n}" for n in ("comparing", "words", "shape"))
    command = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command]).returncode == 0
