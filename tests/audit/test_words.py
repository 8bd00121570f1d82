"""Sentences: never "not used", always a grade, a meaning and a limit."""

import itertools
from dataclasses import replace

import pytest
from fakes import FakeSealed, drive, make_plan, planted

from auditcore.audit.machine import AuditMachine
from auditcore.audit.verdict import Decision, Verdict
from auditcore.audit.words import chance, verdict_words

CLAIMS = ["photo:photo-0.jpg", "collection", "each"]
FORBIDDEN = ["not used", "unused", "never used", "was not trained", "innocent", "safe"]


def verdict_of(claim: str, shift: float, photos: int, spoil: bool) -> tuple[Verdict, object]:
    sealed = FakeSealed(200)
    plan = make_plan(sealed, photos=photos, claim=claim)
    machine = AuditMachine(plan, sealed)
    drive(machine, planted(sealed, shift))
    if spoil:
        machine.spoil("The model changed on the way.")
    verdict = machine.verdict()
    assert verdict is not None
    return verdict, plan


@pytest.mark.parametrize(
    ("claim", "shift", "photos", "spoil"),
    list(itertools.product(CLAIMS, [2.0, -2.0], [1, 3], [False, True])),
)
def test_no_verdict_says_not_used_and_each_says_what_it_does_not_mean(
    claim: str, shift: float, photos: int, spoil: bool
) -> None:
    verdict, plan = verdict_of(claim, shift, photos, spoil)
    words = verdict_words(verdict, plan)  # type: ignore[arg-type]
    said = [words.headline, *words.photos, *words.means, *words.means_not, *words.limits]
    assert words.grade == "guaranteed"
    for sentence in said:
        assert sentence.endswith((".", "photos;")) and "None" not in sentence
        assert not [word for word in FORBIDDEN if word in sentence.lower()]
    assert words.means_not and any("DATABench" in limit for limit in words.limits)
    if spoil:
        assert "cannot tell" in words.headline and words.means == (verdict.reason,)
    elif shift > 0:
        assert "was used" in words.headline or "were used" in words.headline
    else:
        assert words.headline.startswith("No use of")


def test_a_collection_is_not_said_of_single_photos() -> None:
    verdict, plan = verdict_of("collection", 2.0, 3, False)
    words = verdict_words(verdict, plan)  # type: ignore[arg-type]
    assert words.headline == "At least one of these 3 photos was used to train this model."
    assert all("no claim is made" in line for line in words.photos)


def test_each_may_know_that_some_were_used_and_not_which() -> None:
    verdict, plan = verdict_of("each", 2.0, 3, False)
    hidden = replace(
        verdict, photos=tuple(replace(p, decision=Decision.NOT_SHOWN) for p in verdict.photos)
    )
    assert "which one is not shown" in verdict_words(hidden, plan).headline  # type: ignore[arg-type]


def test_chances_are_said_as_people_say_them() -> None:
    from fractions import Fraction

    assert chance(Fraction(1, 20)) == "1 in 20"
    assert chance(Fraction("0.004")) == "1 in 250"


def test_a_kit_made_from_a_given_seed_is_never_called_guaranteed() -> None:
    verdict, plan = verdict_of("collection", 3.0, 3, False)
    given = replace(plan, test_seed="00" * 32)  # type: ignore[type-var]
    assert verdict_words(verdict, plan).grade_means.startswith("Guaranteed:")  # type: ignore[arg-type]
    words = verdict_words(verdict, given)  # type: ignore[arg-type]
    assert words.grade == "no guarantee"
    assert words.grade_means.startswith("No guarantee holds here")
