"""The machine: pure, in committed order, decided at the first crossing, one statement an audit."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from fakes import FakeSealed, drive, make_plan, noise, planted
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import BATCHINGS, Plan
from auditcore.audit.verdict import Decision, Verdict
from auditcore.errors import AuditError, DesignError
from auditcore.sequential import Walk, make_test

CLAIMS = ["photo:photo-1.jpg", "collection", "each"]


def verdict_of(sealed: FakeSealed, plan: Plan, shift: float, seed: bytes = b"m") -> Verdict:
    machine = AuditMachine(plan, sealed)
    drive(machine, planted(sealed, shift, seed))
    verdict = machine.verdict()
    assert verdict is not None
    return verdict


def test_a_photo_is_asked_in_the_batches_of_the_plan() -> None:
    sealed = FakeSealed(1000)
    machine = AuditMachine(make_plan(sealed, claim="photo-0.jpg", p="0.1"), sealed)
    sizes = [len(batch) for batch in drive(machine, planted(sealed, 2.0))]
    assert sizes == [9, 8, 11]  # 27 hidden decide at p = .05: 8, 8, then exactly the rest
    assert machine.verdict().photos[0].hidden_queries == 27  # type: ignore[union-attr]


@pytest.mark.parametrize("claim", CLAIMS)
def test_use_is_found_and_said_about_what_was_claimed_only(claim: str) -> None:
    sealed = FakeSealed(200)
    verdict = verdict_of(sealed, make_plan(sealed, photos=3, claim=claim), 2.0)
    decisions = [photo.decision for photo in verdict.photos]
    assert verdict.decision is Decision.USED
    if claim == "each":
        assert decisions == [Decision.USED] * 3
    elif claim == "collection":
        assert decisions == [Decision.CANNOT_TELL] * 3
        assert verdict.collection.statistic >= verdict.collection.threshold  # type: ignore[operator]
    else:
        assert decisions == [Decision.CANNOT_TELL, Decision.USED, Decision.CANNOT_TELL]
        assert verdict.collection.decision is Decision.CANNOT_TELL
        assert [photo.hidden_queries for photo in verdict.photos][::2] == [0, 0]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_model_that_prefers_hidden_versions_is_never_said_to_have_used(claim: str) -> None:
    sealed = FakeSealed(200)
    verdict = verdict_of(sealed, make_plan(sealed, photos=3, claim=claim), -2.0)
    assert verdict.decision is Decision.NOT_SHOWN
    assert Decision.USED not in {photo.decision for photo in verdict.photos}


def test_each_claims_the_photos_that_were_used_and_no_others() -> None:
    sealed = FakeSealed(1000)
    used = {0, 2, 5}

    def score(asked: tuple[int, int]) -> float:
        published = asked[1] == sealed.published_version(asked[0])
        return noise(b"m", *asked) + (2.0 if published and asked[0] in used else 0.0)

    machine = AuditMachine(make_plan(sealed, photos=6, claim="each"), sealed)
    drive(machine, score)
    photos = machine.verdict().photos  # type: ignore[union-attr]
    assert {i for i, photo in enumerate(photos) if photo.decision is Decision.USED} == used


def test_nine_photos_need_one_hidden_version_each() -> None:
    sealed = FakeSealed(1000)
    verdict = verdict_of(sealed, make_plan(sealed, photos=9, p="0.02"), 2.0)
    assert (verdict.queries, verdict.decision) == (18, Decision.USED)


def test_the_rank_sum_looks_once_and_spends_its_whole_budget() -> None:
    sealed = FakeSealed(200)
    plan = make_plan(sealed, photos=4, collection_test="rank-sum")
    machine = AuditMachine(plan, sealed)
    score = planted(sealed, 2.0)
    while (batch := machine.next_batch()) and machine.queries + len(batch) < plan.at_most:
        machine.absorb(batch, [score(asked) for asked in batch])
        assert machine.verdict() is None
    machine.absorb(batch, [score(asked) for asked in batch])
    verdict = machine.verdict()
    assert verdict is not None
    assert (verdict.queries, verdict.collection.decision) == (plan.at_most, Decision.USED)
    assert verdict.collection.statistic == pytest.approx(16.0**-4)


def test_the_collection_of_a_single_photo_is_the_photo() -> None:
    sealed = FakeSealed(200)
    alone = verdict_of(sealed, make_plan(sealed, claim="photo-0.jpg"), 2.0)
    together = verdict_of(sealed, make_plan(sealed, claim="collection"), 2.0)
    assert together.collection.decision is Decision.USED
    assert together.photos == alone.photos


@pytest.mark.parametrize("test", ["pprm", "betting", "besag-clifford", "full-rank"])
def test_every_test_decides_a_photo_as_its_own_walk_does(test: str) -> None:
    for run in range(20):
        sealed = FakeSealed(100, seed=bytes([run]))
        plan = make_plan(sealed, claim="photo-0.jpg", p="0.2", test=test)
        shift = 0.3 * (run % 3)
        score = planted(sealed, shift)
        walk = Walk(make_test(test, 100, Fraction(1, 10)))
        best = (score((0, sealed.published_version(0))), 0)
        walk.observe((score((0, version)), 0) > best for version in sealed.hidden_order(0))
        photo = verdict_of(sealed, plan, shift, b"model").photos[0]
        assert (photo.hidden_queries, photo.beaten_by) == (walk.t, walk.k)
        assert (photo.decision is Decision.USED) == (walk.state == "rejected")


@pytest.mark.parametrize(
    ("settings_of", "words"),
    [
        ({"claim": "photo-0.jpg", "p": "0.01"}, "needs at least 200 versions"),
        ({"claim": "each", "p": "0.01"}, "needs at least 200 versions"),
        ({"claim": "collection", "p": "0.0001"}, "together"),
        ({"claim": "collection", "p": "0.00001", "collection_test": "rank-sum"}, "cannot reach"),
    ],
)
def test_a_level_out_of_reach_is_refused_before_the_first_query(
    settings_of: dict[str, str], words: str
) -> None:
    sealed = FakeSealed(100)
    with pytest.raises(DesignError, match=words):
        AuditMachine(make_plan(sealed, photos=2, **settings_of), sealed)


def test_answers_to_other_queries_are_refused() -> None:
    sealed = FakeSealed(100)
    machine = AuditMachine(make_plan(sealed, claim="photo-0.jpg"), sealed)
    batch = machine.next_batch()
    for wrong in (batch[:-1], batch[::-1], [*batch, (0, 99)]):
        with pytest.raises(AuditError, match="not to the queries"):
            machine.absorb(wrong, [0.0] * len(wrong))
    with pytest.raises(AuditError, match="not to the queries"):
        machine.absorb(batch, [0.0] * (len(batch) - 1))
    assert machine.next_batch() == batch


def test_a_spoiled_audit_tells_nothing() -> None:
    sealed = FakeSealed(100)
    machine = AuditMachine(make_plan(sealed, photos=2), sealed)
    machine.spoil("The model changed.")
    verdict = machine.verdict()
    assert verdict is not None and verdict.decision is Decision.CANNOT_TELL
    assert {photo.decision for photo in verdict.photos} == {Decision.CANNOT_TELL}
    assert machine.next_batch() == []


def test_scores_decide_nothing_about_the_first_batch_or_its_order() -> None:
    sealed = FakeSealed(100)
    plan = make_plan(sealed, photos=3)
    assert AuditMachine(plan, sealed).next_batch() == AuditMachine(plan, sealed).next_batch()


@settings(max_examples=60, deadline=None)
@given(
    claim=st.sampled_from(CLAIMS),
    versions=st.integers(45, 130),
    values=st.lists(st.integers(0, 3), min_size=20, max_size=20),
    seed=st.binary(min_size=1, max_size=4),
)
def test_whatever_the_scores_an_audit_ends_within_its_budget_and_repeats(
    claim: str, versions: int, values: list[int], seed: bytes
) -> None:
    sealed = FakeSealed(versions, seed=seed)
    plan = make_plan(sealed, photos=3, claim=claim)

    def score(asked: tuple[int, int]) -> float:
        return float(values[(7 * asked[0] + asked[1]) % 20])

    machine, again = AuditMachine(plan, sealed), AuditMachine(plan, sealed)
    batches = drive(machine, score)
    asked = [query for batch in batches for query in batch]
    assert len(asked) == len(set(asked)) == machine.queries <= plan.at_most
    for photo in plan.photos:
        hidden = [v for p, v in asked if p == photo and v != sealed.published_version(photo)]
        assert hidden == list(sealed.hidden_order(photo))[: len(hidden)]
    assert drive(again, score) == batches
    assert again.verdict() == machine.verdict()


@pytest.mark.parametrize(
    ("claim", "collection_test"),
    [("photo-0.jpg", "anytime"), ("collection", "anytime"), ("each", "anytime"),
     ("collection", "rank-sum")],
)  # fmt: skip
def test_false_alarms_of_whole_audits_stay_below_the_level(
    claim: str, collection_test: str
) -> None:
    level, runs = 0.25, 200
    alarms = 0
    for run in range(runs):
        sealed = FakeSealed(60, seed=b"level" + run.to_bytes(2, "big"))
        plan = make_plan(
            sealed, photos=3, claim=claim, p=str(2 * level), collection_test=collection_test
        )
        verdict = verdict_of(sealed, plan, 0.0, sealed.seed)
        alarms += verdict.decision is Decision.USED
    assert alarms / runs < level + 3.1 * np.sqrt(level * (1 - level) / runs)
    assert alarms / runs > 0.01  # an audit that can never say "used" proves nothing


@pytest.mark.parametrize("claim", ["photo:photo-0.jpg", "collection", "each"])
@pytest.mark.parametrize("test", ["pprm", "pprm-best-split"])
def test_a_test_that_can_never_reject_is_refused_before_the_first_query(
    claim: str, test: str
) -> None:
    """With few versions PPRM has no step; it once asked for the published one without end."""
    plan = make_plan(FakeSealed(40), claim=claim, test=test)
    with pytest.raises(DesignError, match="can never reach a false-alarm level of 1 in 40"):
        AuditMachine(plan, FakeSealed(40))


@pytest.mark.parametrize("claim", ["photo-0.jpg", "collection"])
@pytest.mark.parametrize("shift", [-1.0, 2.0])
def test_a_plan_of_any_batches_ends_where_the_evidence_crosses(claim: str, shift: float) -> None:
    """Large batches ask for more, and for photos that small ones would have given up by then."""
    sealed = FakeSealed(200)
    plan = make_plan(sealed, photos=70, claim=claim, p="0.2")
    sparing, *others = [
        verdict_of(sealed, replace(plan, batching=batching), shift) for batching in BATCHINGS
    ]
    assert (sparing.decision is Decision.USED) == (shift > 0)
    for other in others:
        assert other.queries >= sparing.queries
        assert other.decision is sparing.decision
        if shift > 0:  # answers after the crossing decide nothing
            assert replace(other, queries=sparing.queries) == sparing


def test_an_audit_of_very_many_photos_asks_each_about_few_versions() -> None:
    sealed = FakeSealed(1000)
    plan = make_plan(sealed, photos=10_000, collection_test="rank-sum")
    assert plan.max_hidden == 5
    machine = AuditMachine(plan, sealed)
    assert len(machine.next_batch()) == 60  # of at most 64
    assert machine.expected() == plan.at_most == 60_000
