"""The sentences for what a model answered about a person: one place for page and command line.

Two rules: everything here is an indication, and silence of a model is never put as absence of use.
"""

from dataclasses import asdict, dataclass
from typing import Any

from auditcore.passive.grade import GRADE, GRADE_MEANS, NOT_NEGATIVE, OVERLOOKED, REASON
from auditcore.passive.idia.answers import Sending
from auditcore.passive.idia.names import decoy_names
from auditcore.passive.idia.result import Outcome, Result
from auditcore.passive.idia.rule import MIN_PHOTOS
from auditcore.photos import shown

GOOD_PHOTOS = 10
"""From so many photos on, more change little."""

CONSENT = (
    "Ask about your own face and name, or about those of somebody who has agreed to it. Whoever "
    "runs the model can learn whose face it is."
)

MEASURED = (
    "Where its authors measured it, this method recognised 70 to 95 of 100 people whose photos "
    "were in the training data, and at most 2 of 100 others. The second figure rests on few "
    "people, and on other models and names than these."
)

LIMITS = (
    "Decoys are frequent American names put together at random. A name that is rarer, longer or "
    "from elsewhere is not like them, and a model may prefer or avoid it for that alone.",
    "A namesake who looks similar, or a famous bearer of the name, can be what the model knows.",
    "A model that was made to hide what it knows would not answer with the name.",
)


@dataclass(frozen=True)
class PersonWords:
    """A result in sentences.

    Attributes:
        headline: what the model did.
        caution: what must stand right beside it.
        grade, grade_means: always the indication, and what that is.
        facts: what was counted.
        means: what that means. means_not: what it does not. limits: what could mislead.
    """

    headline: str
    caution: str
    grade: str
    grade_means: str
    facts: tuple[str, ...]
    means: tuple[str, ...]
    means_not: tuple[str, ...]
    limits: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the sentences as plain JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def person_words(result: Result) -> PersonWords:
    """Put what was found about one person into sentences."""
    return PersonWords(
        headline=_headline(result),
        caution=_caution(result),
        grade=GRADE,
        grade_means=GRADE_MEANS,
        facts=_facts(result),
        means=_means(result),
        means_not=_means_not(result),
        limits=LIMITS,
    )


def sending_words(host: str, sent: Sending) -> str:
    """Say what a question to a hosted model discloses, and to whom, before anything is sent."""
    return (
        f"{_some(sent.photos, 'photo')} of the person and "
        f"{_some(sent.texts_with_names, 'sentence')} with the real name will be sent to {host}, "
        f"and up to {sent.texts_with_decoys:,} sentences with invented names. Whoever runs "
        f"{host} learns the face and the name together, and nobody can make sure that they are "
        "deleted there."
    )


def _headline(result: Result) -> str:
    name = shown(result.person)
    return {
        Outcome.STANDS_OUT: f"It looks as if this model knows this face under the name {name}.",
        Outcome.WEAK: f"A weak sign: the model answered {name}, but {_rivals(result)} as firmly.",
        Outcome.NOTHING: f"Nothing stands out: {_too_few_wordings(result)}.",
        Outcome.TOO_FEW: f"Too few photos of {name} to say anything.",
    }[result.outcome]


def _rivals(result: Result) -> str:
    rivals = result.yardstick.level_or_ahead
    return "an invented name just" if rivals == 1 else f"{rivals:,} invented names just"


def _too_few_wordings(result: Result) -> str:
    name = shown(result.person)
    if not result.named:
        return f"the model does not put the name {name} to these photos"
    return f"fewer wordings name {name} than the {result.tau} that were asked for"


def _caution(result: Result) -> str:
    if result.outcome is Outcome.TOO_FEW:
        return "What a model answers to so few is as good as chance."
    if result.outcome is Outcome.NOTHING:
        return OVERLOOKED
    if result.person in decoy_names():
        return (
            "This name is also on Telltale's own list of invented names. If it was taken from an "
            "earlier answer, it stands out only because it was chosen so."
        )
    return (
        "It counts for one name, settled before asking. Each further name makes a mistake likelier."
    )


def _facts(result: Result) -> tuple[str, ...]:
    needed = f"The published rule asks for {_some(result.tau, 'wording')}."
    return (f"{_named(result)} {needed}", _decoys(result), *_fewer(result))


def _named(result: Result) -> str:
    name, wordings = shown(result.person), len(result.wordings)
    if not result.named:
        return f"None of {wordings} wordings names {name}."
    verb = "names" if result.named == 1 else "name"
    return (
        f"{result.named} of {wordings} wordings {verb} {name}: there it was the answer to more of "
        f"the {_some(result.photos, 'photo')} than any other of {result.candidates:,} names."
    )


def _decoys(result: Result) -> str:
    measure = result.yardstick
    told = (
        f"By the same rule {measure.recognised:,} of {measure.of:,} invented names would be "
        "“recognised” in these photos."
    )
    if not result.named:
        return told
    if not measure.level_or_ahead:
        return f"{told} None of them is named by as many wordings; the nearest by {measure.most}."
    verb = "is" if measure.level_or_ahead == 1 else "are"
    return f"{told} {measure.level_or_ahead:,} of them {verb} named by at least as many wordings."


def _fewer(result: Result) -> tuple[str, ...]:
    """Say how steady a recognition is, by the middle of the curve."""
    sizes = [size for size in result.curve.sizes if MIN_PHOTOS <= size < result.photos]
    if not result.recognised or not sizes:
        return ()
    shares = dict(zip(result.curve.sizes, result.curve.recognised(result.tau), strict=True))
    found = round(float(shares[sizes[0]]) * result.curve.named.shape[1])
    return (
        f"With only {sizes[0]} of the photos the name is recognised in {found} of "
        f"{result.curve.named.shape[1]} random draws.",
    )


def _means(result: Result) -> tuple[str, ...]:
    if result.outcome is Outcome.TOO_FEW:
        return (
            f"With fewer than {MIN_PHOTOS} photos there is no majority among them. Add more, best "
            f"{GOOD_PHOTOS} to 30, taken on different days.",
        )
    if result.outcome is Outcome.NOTHING:
        return ("The model preferred other names for these photos, or none clearly.",)
    if result.outcome is Outcome.WEAK:
        return (
            "The model puts names to these photos as if by chance, and this one came up among "
            "them. Ask again with more photos, and see what is left when more wordings are needed.",
        )
    return (
        "That happens above all when photos of this face stood beside this name in what the model "
        "was trained on.",
        MEASURED,
    )


def _means_not(result: Result) -> tuple[str, ...]:
    if result.outcome is Outcome.TOO_FEW:
        return (NOT_NEGATIVE,)
    if result.outcome is Outcome.NOTHING:
        return (
            NOT_NEGATIVE,
            "Photos that stood there without the name cannot be noticed in this way at all.",
        )
    return (
        "It does not say which photos the model was trained on, nor that these were among them.",
        REASON,
    )


def _some(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
