"""What is said of a survey: plain, never "not used", grades apart."""

from dataclasses import replace
from fractions import Fraction

from auditcore.audit import Decision, Verdict
from auditcore.audit.verdict import CollectionVerdict
from auditcore.audit.words import GRADE, NO_GRADE
from auditcore.survey import KitLine, SurveyRecord, survey_words

RECORD = SurveyRecord(
    "s", "local", "f" * 64, "a model", Fraction(1, 20), 4, "2026-03-04T12:00:00Z", ()
)


def line(name: str, decision: Decision, grade: str = GRADE) -> KitLine:
    together = CollectionVerdict(decision, 1.0, 20.0, "evidence")
    verdict = Verdict("collection", "1/160", (), together, 10)
    return KitLine(name, "k", 3, "a", verdict, f"About {name}.", grade)


USED, NOT_SHOWN = line("a", Decision.USED), line("b", Decision.NOT_SHOWN)
BROKEN = KitLine("c", note="It cannot be opened.")


def everything(*lines: KitLine) -> str:
    words = survey_words(RECORD, lines)
    return " ".join(
        [words.headline, words.grade_means, *words.kits, *words.means, *words.means_not,
         *words.limits]
    )  # fmt: skip


def test_the_headline_counts_kits_and_the_list_names_them() -> None:
    words = survey_words(RECORD, [USED, NOT_SHOWN, BROKEN])
    assert words.headline == "1 of 2 kits holds photos that were used to train this model."
    assert words.kits[0] == "“a”: About a."
    assert words.kits[2] == "“c”: no verdict. It cannot be opened."
    assert words.grade == GRADE


def test_no_use_is_not_shown_and_never_denied() -> None:
    words = survey_words(RECORD, [NOT_SHOWN, NOT_SHOWN])
    assert words.headline == "No use of the photos of any of these 2 kits was shown."
    for lines in ([NOT_SHOWN], [USED, NOT_SHOWN], [BROKEN]):
        assert "not used" not in everything(*lines)
    assert survey_words(RECORD, [BROKEN]).headline == "No kit of this folder came to a verdict."


def test_the_promise_and_each_kits_share_are_said() -> None:
    said = everything(USED, NOT_SHOWN, BROKEN)
    assert "at most 1 in 20 surveys" in said
    assert "within 1/4 of" in said and "each is held to 1 in 80" in said
    assert "fixed on 2026-03-04" in said
    assert "1 kit has no answer" in said


def test_grades_are_never_counted_together() -> None:
    given = replace(line("d", Decision.USED), grade=NO_GRADE)
    both = survey_words(RECORD, [NOT_SHOWN, given])
    assert both.grade == GRADE and "was shown" in both.headline
    assert both.kits[1] == "“d”: About d. (no guarantee: not counted above.)"
    alone = survey_words(RECORD, [given])
    assert alone.grade == NO_GRADE and alone.headline.startswith("1 of 1")
