"""The sentences for a comparison: one place for page, report and command line.

No sentence says that a picture was used or was not: the grade is an indication at most.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from auditcore.passive.encodermi.comparing import (
    LEAST_MINE,
    LEAST_REFERENCE,
    Comparison,
    Flagged,
    Reading,
)
from auditcore.passive.grade import GRADE, GRADE_MEANS, NOT_NEGATIVE, OVERLOOKED, REASON

VARIANT_TITLES = {
    "V": "vector attack (V)",
    "S": "set attack (S)",
    "T": "threshold attack (T)",
}


@dataclass(frozen=True)
class Words:
    """A comparison in sentences.

    Attributes:
        headline: what was found.
        caution: what must stand right beside it.
        grade: always "indication". grade_means, reason: what that is, and why no more is possible.
        figures: what was counted.
        means, means_not: how to take it, and how not to.
        attacks: one sentence for each attack that was asked.
    """

    headline: str
    caution: str
    grade: str
    grade_means: str
    reason: str
    figures: tuple[str, ...]
    means: tuple[str, ...]
    means_not: tuple[str, ...]
    attacks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the sentences as plain JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def comparison_words(found: Comparison) -> Words:
    """Put a comparison into sentences for its owner."""
    return Words(
        headline=_headline(found),
        caution=_CAUTIONS[found.reading],
        grade=GRADE,
        grade_means=GRADE_MEANS,
        reason=REASON,
        figures=_figures(found),
        means=_MEANS[found.reading],
        means_not=_MEANS_NOT[found.reading],
        attacks=tuple(_attack(variant, flagged) for variant, flagged in found.attacks.items()),
    )


_CAUTIONS: Mapping[Reading, str] = {
    Reading.STANDS_OUT: "Only worth something if both collections are of the same kind: any other "
    "difference between them can look just like this.",
    Reading.NOTHING: OVERLOOKED,
    Reading.BELOW: OVERLOOKED,
    Reading.TOO_FEW: "What comes out for so few is as good as chance.",
}

_STANDS_OUT = "An indication: your pictures look more like its training data than the reference."
_NOTHING = "Nothing stands out: your pictures look like the reference."
_BELOW = (
    "These two collections differ, but not as training would make them differ: your pictures stand "
    "below the reference."
)


def _headline(found: Comparison) -> str:
    if found.reading is Reading.TOO_FEW:
        return _too_few(found)
    return {
        Reading.STANDS_OUT: _STANDS_OUT,
        Reading.NOTHING: _NOTHING,
        Reading.BELOW: _BELOW,
    }[found.reading]


def _too_few(found: Comparison) -> str:
    mine, reference = len(found.mine), len(found.reference)
    return (
        f"Too few pictures to say anything: {_pictures(mine)} of yours and {_pictures(reference)} "
        f"for reference. At least {LEAST_MINE} and {LEAST_REFERENCE} are needed, and more tell "
        "more."
    )


def _figures(found: Comparison) -> tuple[str, ...]:
    area = found.auc
    whole = (
        f"Taken at random, one of yours stands above one of the reference {area.value:.0%} of the "
        f"time (between {area.low:.0%} and {area.high:.0%}); 50% if the two are alike."
    )
    if found.cut is None:
        return (whole,)
    above = found.above
    top = (
        f"{above.count} of your {above.of} pictures stand among the top 5% of the reference. If "
        f"the two were alike, about {found.expected:.1f} would, and in 19 of 20 such comparisons "
        f"{found.usual_most} at most."
    )
    return top, whole


def _attack(variant: str, flagged: Flagged) -> str:
    title = VARIANT_TITLES[variant]
    if not flagged.fits:
        return (
            f"The {title} does not fit this model: it calls {flagged.reference.value:.0%} of the "
            "reference pictures training data, and none of them can be. Do not go by it; go by the "
            "comparison with the reference."
        )
    return (
        f"The {title} calls {flagged.mine.count} of your {flagged.mine.of} pictures training data "
        f"({flagged.mine.value:.0%}), and {flagged.reference.count} of the "
        f"{flagged.reference.of} reference pictures ({flagged.reference.value:.0%}), where every "
        "such call is wrong."
    )


_ALIKE = (
    "Both collections must be of the same kind: same camera, size, compression and subject. A "
    "difference in any of these can look just like training."
)
_SERIES = (
    "Pictures of one series, such as many shots of one moment, count almost as one picture, in "
    "yours and in the reference: take one of each, or chance stands out far more often."
)
_SINGLE = "It says nothing sure about any single picture: look at the collection as a whole."

_MEANS: Mapping[Reading, tuple[str, ...]] = {
    Reading.STANDS_OUT: (
        "The model finds the views of your pictures more alike than those of pictures that it "
        "cannot know. Models do that with pictures that they were trained on for long.",
        "It is a reason to ask the maker of the model, and to protect the next photos.",
    ),
    Reading.NOTHING: ("The model treats your pictures as it treats pictures that it cannot know.",),
    Reading.BELOW: ("Choose a reference that is closer to your pictures, and compare again.",),
    Reading.TOO_FEW: ("Add pictures of the same kind, and compare again.",),
}
_MEANS_NOT: Mapping[Reading, tuple[str, ...]] = {
    Reading.STANDS_OUT: (
        "It cannot settle that they were trained on: nothing about them was drawn at random before "
        "they were published.",
        _ALIKE,
        _SERIES,
        _SINGLE,
    ),
    Reading.NOTHING: (NOT_NEGATIVE,),
    Reading.BELOW: (_ALIKE, NOT_NEGATIVE),
    Reading.TOO_FEW: (NOT_NEGATIVE,),
}


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"
