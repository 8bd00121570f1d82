"""Everything that was found about one person, as values that page, command and file share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from auditcore.errors import PassiveError
from auditcore.passive.idia.answers import Answers
from auditcore.passive.idia.curves import Curve, curve
from auditcore.passive.idia.names import tidy_name
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.rule import (
    MIN_PHOTOS,
    NOBODY,
    TAU,
    Yardstick,
    check_tau,
    named,
    votes,
    yardstick,
)

_FREQUENT = 10


class Outcome(StrEnum):
    """What a person reads first. All four are indications."""

    STANDS_OUT = "stands out"
    WEAK = "no more than decoys"
    NOTHING = "nothing stands out"
    TOO_FEW = "too few photos"


@dataclass(frozen=True)
class Guess:
    """A name the model put to a photo, with the cosine of the two."""

    name: str
    cosine: float


@dataclass(frozen=True)
class Wording:
    """What one wording says.

    Attributes:
        template: the wording, with {} for the name.
        answer: whom it names; None where names are level at the top, so that it is skipped.
        photos: how many photos were answered so; where names are level, with each of them.
        with_person: how many photos were answered with the true name.
    """

    template: str
    answer: str | None
    photos: int
    with_person: int


@dataclass(frozen=True)
class Frequent:
    """A name the model often gave.

    Attributes:
        name: the name.
        wordings: how many wordings name it.
        answers: how often it was the answer, over all photos and wordings.
    """

    name: str
    wordings: int
    answers: int


@dataclass(frozen=True)
class Result:
    """What a model answered about one person.

    Attributes:
        person: the true name.
        photos: how many were asked about.
        tau: wordings that must name the person.
        candidates: names that the model chose from.
        named: wordings that name the person.
        yardstick: what the same rule says of the decoys.
        wordings: one entry a template.
        frequent: names given most often, the most wordings first.
        guesses: for each wording and photo the best names, best first.
        curve: the same with fewer photos.
    """

    person: str
    photos: int
    tau: int
    candidates: int
    named: int
    yardstick: Yardstick
    wordings: tuple[Wording, ...]
    frequent: tuple[Frequent, ...]
    guesses: tuple[tuple[tuple[Guess, ...], ...], ...]
    curve: Curve

    @property
    def recognised(self) -> bool:
        """Say whether the published rule calls the person recognised."""
        return self.named >= self.tau

    @property
    def outcome(self) -> Outcome:
        """Return what the answers amount to, the decoys considered."""
        if self.photos < MIN_PHOTOS:
            return Outcome.TOO_FEW
        if not self.recognised:
            return Outcome.NOTHING
        return Outcome.WEAK if self.yardstick.level_or_ahead else Outcome.STANDS_OUT

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON values; each name of the guesses is written once."""
        table = {guess.name: 0 for wording in self.guesses for row in wording for guess in row}
        places = {name: place for place, name in enumerate(table)}
        return {
            "person": self.person,
            "photos": self.photos,
            "tau": self.tau,
            "candidates": self.candidates,
            "named_by_wordings": self.named,
            "recognised": self.recognised,
            "outcome": str(self.outcome),
            "decoys": asdict(self.yardstick),
            "wordings": [asdict(wording) for wording in self.wordings],
            "frequent": [asdict(name) for name in self.frequent],
            "guesses": {
                "names": list(table),
                "places": [[[places[g.name] for g in row] for row in w] for w in self.guesses],
                "cosines": [[[round(g.cosine, 5) for g in row] for row in w] for w in self.guesses],
            },
            "curve": self.curve.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Result":
        """Read back what `to_json` wrote.

        Raises:
            PassiveError: it was not written by this version.
        """
        try:
            return cls(
                person=values["person"],
                photos=values["photos"],
                tau=values["tau"],
                candidates=values["candidates"],
                named=values["named_by_wordings"],
                yardstick=Yardstick(**values["decoys"]),
                wordings=tuple(Wording(**wording) for wording in values["wordings"]),
                frequent=tuple(Frequent(**name) for name in values["frequent"]),
                guesses=_guesses(values["guesses"]),
                curve=Curve.from_json(values["curve"]),
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise PassiveError(
                "This result cannot be read: it is damaged, or of another version of Telltale. "
                "Ask the model once more."
            ) from error


def assess(answers: Answers, name: str, tau: int = TAU) -> Result:
    """Apply the published rule to the answers about one person's photos.

    Args:
        answers: about all photos of the person (see `Answers.of`).
        name: the true name, one of the candidates.
        tau: wordings that must name the person, 1 to 21.

    Raises:
        PassiveError: a name that was not among the candidates, or a tau out of range.
    """
    person = answers.names.index(name)
    candidates = answers.names.everyone
    counted = votes(answers.best, len(candidates))
    return Result(
        person=tidy_name(name),
        photos=answers.photos,
        tau=check_tau(tau),
        candidates=len(candidates),
        named=int(counted[person]),
        yardstick=yardstick(counted, person, len(answers.names.decoys), tau),
        wordings=_wordings(answers, candidates, person),
        frequent=_frequent(answers, candidates),
        guesses=tuple(
            tuple(_row(candidates, places, cosines) for places, cosines in zip(*pair, strict=True))
            for pair in zip(answers.top, answers.cosines, strict=True)
        ),
        curve=curve(answers, name),
    )


def _row(candidates: tuple[str, ...], places: Any, cosines: Any) -> tuple[Guess, ...]:
    pairs = zip(places, cosines, strict=True)
    return tuple(Guess(candidates[place], float(cosine)) for place, cosine in pairs)


def _wordings(answers: Answers, candidates: tuple[str, ...], person: int) -> tuple[Wording, ...]:
    whom = named(answers.best, len(candidates))
    return tuple(
        Wording(
            template=template,
            answer=None if winner == NOBODY else candidates[winner],
            photos=int(np.bincount(best).max()),
            with_person=int((best == person).sum()),
        )
        for template, winner, best in zip(TEMPLATES, whom, answers.best, strict=True)
    )


def _frequent(answers: Answers, candidates: tuple[str, ...]) -> tuple[Frequent, ...]:
    counted = votes(answers.best, len(candidates))
    given = np.bincount(answers.best.ravel(), minlength=len(candidates))
    order = np.lexsort((-given, -counted))[:_FREQUENT]
    return tuple(
        Frequent(candidates[place], int(counted[place]), int(given[place]))
        for place in order
        if given[place]
    )


def _guesses(values: Mapping[str, Any]) -> tuple[tuple[tuple[Guess, ...], ...], ...]:
    names = values["names"]
    return tuple(
        tuple(_row(names, places, cosines) for places, cosines in zip(*pair, strict=True))
        for pair in zip(values["places"], values["cosines"], strict=True)
    )
