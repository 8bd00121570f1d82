"""The sentences for what a survey found; those for each kit come from `audit.words`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from auditcore.audit import Decision
from auditcore.audit.words import GRADE, GRADE_MEANS, NO_GRADE, SEED_GIVEN, chance
from auditcore.survey.ledger import SurveyRecord
from auditcore.survey.running import KitLine


@dataclass(frozen=True)
class SurveyWords:
    """A survey in sentences.

    Attributes:
        headline: the answer. grade: of all that the headline counts.
        kits: one line a kit.
        means: what it means. means_not: what it does not. limits: what could defeat it.
    """

    headline: str
    grade: str
    grade_means: str
    kits: tuple[str, ...]
    means: tuple[str, ...]
    means_not: tuple[str, ...]
    limits: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the sentences as plain JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def survey_words(record: SurveyRecord, lines: Sequence[KitLine]) -> SurveyWords:
    """Put a finished survey into sentences. Kits of the other grade are not counted with it."""
    grade = NO_GRADE if {line.grade for line in lines} - {None} == {NO_GRADE} else GRADE
    counted = [line for line in lines if line.verdict is not None and line.grade == grade]
    used = [line for line in counted if _is(line, Decision.USED)]
    return SurveyWords(
        headline=_headline(len(used), len(counted)),
        grade=grade,
        grade_means=GRADE_MEANS if grade == GRADE else SEED_GIVEN,
        kits=tuple(_kit_line(line, grade) for line in lines),
        means=_means(record, lines, bool(used)),
        means_not=_means_not(bool(used)),
        limits=_limits(record),
    )


def _headline(used: int, counted: int) -> str:
    if counted == 0:
        return "No kit of this folder came to a verdict."
    if used == 0:
        kits = "this kit" if counted == 1 else f"any of these {counted:,} kits"
        return f"No use of the photos of {kits} was shown."
    kits, hold = "kit" if counted == 1 else "kits", "holds" if used == 1 else "hold"
    return f"{used:,} of {counted:,} {kits} {hold} photos that were used to train this model."


def _kit_line(line: KitLine, grade: str) -> str:
    if line.headline is None:
        return f"“{line.name}”: no verdict. {line.note}"
    apart = "" if line.grade == grade else f" ({line.grade}: not counted above.)"
    return f"“{line.name}”: {line.headline}{apart}"


def _means(record: SurveyRecord, lines: Sequence[KitLine], used: bool) -> tuple[str, ...]:
    said = [
        f"Each kit is one statement of its own, tested within 1/{record.size:,} of the accepted "
        f"chance of a false alarm; the shares were fixed on {record.created[:10]}, before the "
        "first question.",
        f"If the model never met the photos of some kits, any of those is called used in at most "
        f"{chance(record.p)} surveys, whatever it met of the others and however often this one is "
        "run.",
    ]
    unclear = sum(line.headline is None or _is(line, Decision.CANNOT_TELL) for line in lines)
    if unclear:
        were = "kit has" if unclear == 1 else "kits have"
        said.append(f"{unclear:,} {were} no answer; the list says why, kit by kit.")
    if used:
        said.append("The claims are about the kits that are named, and about no others.")
    return tuple(said)


def _means_not(used: bool) -> tuple[str, ...]:
    said = (
        "“Not shown” is no proof of the opposite: a model may have learned from the photos of a "
        "kit and kept too weak a trace of them for this audit.",
        "The number of kits called used is no estimate of how many were used.",
    )
    if used:
        return (*said, "It does not say who took the photos, or whether that was allowed.")
    return said


def _limits(record: SurveyRecord) -> tuple[str, ...]:
    return (
        "The survey is about the kits that were in the folder when it began. Kits in other "
        "folders, other models and other ledgers make promises of their own.",
        "Every further kit makes the bar of each higher: "
        f"with {record.size:,} kits, each is held to {chance(record.share)}.",
        "Whoever trains a model and knows of this kind of audit can try to defeat it (DATABench, "
        "arXiv 2507.05622).",
        "Whoever holds a kit knows its published versions. Its owner must have kept it secret, and "
        "sealed it before the photos were published.",
    )


def _is(line: KitLine, decision: Decision) -> bool:
    return line.verdict is not None and line.verdict.decision is decision
