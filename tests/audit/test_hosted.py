"""Hosted models: one batch a photo, in an order that no change of the model can profit from."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from fakes import FakeSealed, drive, make_plan, planted

from auditcore.audit import Decision
from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import Plan, one_batch_for, parse_claim
from auditcore.audit.rehearsal import expected_queries
from auditcore.audit.track import Track
from auditcore.sequential import HOSTED_TEST, make_test

LEVEL = Fraction(1, 20)


def hosted(sealed: FakeSealed, **asks: object) -> Plan:
    plan = make_plan(sealed, p="0.1", **asks)  # type: ignore[arg-type]
    plan = replace(plan, hosted=True, test=HOSTED_TEST)
    assert plan.level == LEVEL
    return replace(plan, max_hidden=plan.max_hidden_due)


def falling() -> Callable[[object], float]:
    """A model that ranks by nothing but when it was asked: each answer is below the one before."""
    asked = iter(range(10**6))
    return lambda _version: -float(next(asked))


@pytest.mark.parametrize("claim", ["photo-0.jpg", "collection", "each"])
def test_every_photo_is_asked_in_one_batch(claim: str) -> None:
    sealed = FakeSealed(400)
    plan = hosted(sealed, photos=6, claim=claim)
    batches = drive(AuditMachine(plan, sealed), planted(sealed, 0.0))
    homes = [(photo, number) for number, batch in enumerate(batches) for photo, _ in batch]
    assert len({photo for photo, _ in homes}) == len(set(homes))
    sizes = Counter(photo for photo, _ in homes)
    assert set(sizes.values()) == {plan.max_hidden + 1}


def test_the_batch_is_shuffled_by_itself() -> None:
    """The published version, and each hidden one, stands anywhere, whatever the committed order."""
    places: Counter[int] = Counter()
    first: Counter[int] = Counter()
    for kit in range(800):
        sealed = FakeSealed(10, seed=b"%d" % kit)
        asked = [version for _, version in Track(sealed, 0, shuffled=True).ask(4)]
        places[asked.index(sealed.published_version(0))] += 1
        first[asked.index(sealed.hidden_order(0)[0])] += 1
    for counts in (places, first):
        assert set(counts) == set(range(5))
        assert all(110 < count < 210 for count in counts.values())  # 160 expected, sd 11


@pytest.mark.parametrize(("photos", "claim"), [(1, "photo-0.jpg"), (8, "collection"), (3, "each")])
def test_a_model_that_changes_with_every_question_raises_no_more_false_alarms(
    photos: int, claim: str
) -> None:
    """The guarantee, without any look at the test picture (bound: 4 standard errors above p)."""
    audits, used = 300, 0
    for kit in range(audits):
        sealed = FakeSealed(100, seed=b"falling %d" % kit)
        machine = AuditMachine(hosted(sealed, photos=photos, claim=claim), sealed)
        drive(machine, falling())
        verdict = machine.verdict()
        assert verdict is not None
        used += verdict.decision is Decision.USED
    assert used / audits <= float(LEVEL) + 4 * (float(LEVEL) * 0.95 / audits) ** 0.5


def test_asked_as_a_local_model_is_such_a_model_would_be_accused_far_too_often() -> None:
    used = 0
    for kit in range(50):
        sealed = FakeSealed(100, seed=b"falling %d" % kit)
        plan = make_plan(sealed, photos=8, p="0.1")
        machine = AuditMachine(plan, sealed)
        drive(machine, falling())
        verdict = machine.verdict()
        assert verdict is not None
        used += verdict.decision is Decision.USED
    assert used > 25


@pytest.mark.parametrize("claim", ["photo-0.jpg", "collection", "each"])
def test_marks_that_are_remembered_are_found(claim: str) -> None:
    sealed = FakeSealed(1000)
    machine = AuditMachine(hosted(sealed, photos=6, claim=claim), sealed)
    drive(machine, planted(sealed, 2.0))
    verdict = machine.verdict()
    assert verdict is not None and verdict.decision is Decision.USED


def test_how_many_hidden_versions_one_batch_has() -> None:
    one, many, each = (parse_claim(text, ["a"]) for text in ("a", "collection", "each"))
    half = Fraction(1, 40)
    assert one_batch_for(one, "anytime", 1000, 1, half, "one-batch") == 199
    assert one_batch_for(one, "anytime", 1000, 1, half, "full-rank") == 999
    assert one_batch_for(one, "anytime", 100, 1, half, "one-batch") == 99
    assert one_batch_for(many, "anytime", 1000, 24, half, "one-batch") == 15
    assert one_batch_for(many, "anytime", 1000, 2, Fraction(1, 5000), "one-batch") > 15
    assert one_batch_for(many, "rank-sum", 1000, 24, half, "one-batch") == 15
    assert one_batch_for(each, "anytime", 1000, 5, half, "one-batch") == 255


def test_one_batch_has_nearly_the_power_of_all_versions() -> None:
    short, full = (make_test(name, 1000, LEVEL) for name in ("one-batch", "full-rank"))
    assert short.staircase[-1] == 99 and len(short.staircase) == 5
    assert full.staircase[-1] == 999


def test_what_it_will_take_is_known_beforehand() -> None:
    sealed = FakeSealed(400)
    single = hosted(sealed, photos=3, claim="photo-1.jpg")
    assert (
        expected_queries(single, None) == expected_queries(single, 0.002) == single.at_most == 100
    )
    together = hosted(sealed, photos=12)
    assert expected_queries(together, 0.0) < expected_queries(together, None) <= together.at_most
