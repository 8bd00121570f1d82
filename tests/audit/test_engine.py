"""The engine: nothing asked twice, nothing lost, every attempt counted, a drift noticed."""

import datetime
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeKit, FakeModel, FakePublic

from auditcore.audit import (
    BatchScored,
    Decision,
    Drifted,
    Event,
    Finished,
    Started,
    Status,
    Stopped,
    Store,
    estimate,
    run_audit,
    start_audit,
)
from auditcore.audit.plan import OTHERS, USUAL_SHARE, Plan
from auditcore.audit.replay import Replay
from auditcore.errors import AuditError, Cancelled, DesignError, ModelError, ScoreError

NOON = datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)
LATER = NOON + datetime.timedelta(days=3)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "audits.sqlite3")


@pytest.fixture
def kit() -> FakeKit:
    return FakeKit(100, count=3)


def opened(store: Store, kit: FakeKit, model: FakeModel, **request: Any) -> str:
    settings: dict[str, Any] = {"p": Fraction(1, 10), "clock": lambda: NOON, **request}
    return start_audit(store, kit, model, **settings)  # type: ignore[arg-type]


def run(store: Store, audit_id: str, kit: FakeKit, model: FakeModel, **how: Any) -> list[Event]:
    return list(run_audit(store, audit_id, kit, model, **how))  # type: ignore[arg-type]


def audited(store: Store, kit: FakeKit, model: FakeModel, **request: Any) -> str:
    audit_id = opened(store, kit, model, **request)
    run(store, audit_id, kit, model)
    return audit_id


@pytest.mark.parametrize("claim", ["collection", "each", "photo:photo-1.jpg"])
@pytest.mark.parametrize("shift", [2.0, 0.0])
def test_an_audit_ends_with_a_verdict_and_asks_each_version_once(
    store: Store, kit: FakeKit, claim: str, shift: float
) -> None:
    model = FakeModel(kit, shift)
    audit_id = opened(store, kit, model, claim=claim)
    events = run(store, audit_id, kit, model)
    record = store.audit(audit_id)
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert record.status == Status.FINISHED
    assert record.verdict == events[-1].verdict
    assert (record.verdict.decision is Decision.USED) == (shift > 0)  # type: ignore[union-attr]
    assert len(model.asked) == len(set(model.asked)) == record.queries
    assert store.log(audit_id)[-1].body["kind"] == "closing"


def test_every_event_says_how_far_it_is_and_what_happens_and_is_json(
    store: Store, kit: FakeKit
) -> None:
    events = run(store, opened(store, kit, model := FakeModel(kit)), kit, model)
    done = [event.progress.done for event in events]
    assert done == sorted(done)
    for event in events:
        far = event.progress
        assert far.done <= far.expected <= far.at_most
        assert event.now.endswith(".")
        assert json.loads(json.dumps(event.to_json(), allow_nan=False))["now"] == event.now
    assert events[0].progress.seconds_left is None
    assert events[-1].progress.seconds_left == 0


@pytest.mark.parametrize(("hosted", "seconds"), [(True, 0.5), (False, 0.5), (False, 0.0)])
def test_answers_are_written_in_groups_where_asking_again_costs_nothing(
    store: Store, kit: FakeKit, monkeypatch: pytest.MonkeyPatch, hosted: bool, seconds: float
) -> None:
    model = FakeModel(kit, hosted=hosted)
    monkeypatch.setattr("auditcore.audit.engine.GROUP_SECONDS", seconds)
    groups: list[int] = []
    keep = store.keep_answers

    def keeping(owner: str, plan: Plan, answers: dict[Any, Any]) -> None:
        groups.append(len(answers))
        keep(owner, plan, answers)

    monkeypatch.setattr(store, "keep_answers", keeping)
    audit_id = audited(store, kit, model)
    assert sum(groups) == store.audit(audit_id).queries
    one_by_one = hosted or seconds == 0
    assert (max(groups) == 1) == one_by_one


def test_what_was_answered_before_a_failure_is_kept(store: Store, kit: FakeKit) -> None:
    audit_id = opened(store, kit, model := FakeModel(kit, 2.0))
    answer = model.probabilities

    def failing(images: Any) -> Any:
        if len(model.asked) == 5:
            raise ModelError("The model ran out of memory.")
        return answer(images)

    model.probabilities = failing  # type: ignore[method-assign]
    with pytest.raises(ModelError):
        run(store, audit_id, kit, model)
    plan = store.audit(audit_id).plan
    assert set(store.known_answers("local", plan, model.asked)) == set(model.asked)


def test_time_left_follows_the_pace_of_the_model(
    store: Store, kit: FakeKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditcore.audit.engine.GROUP_SECONDS", 0.0)
    ticks = iter(range(0, 100_000, 10))
    model = FakeModel(kit)
    events = run(store, opened(store, kit, model), kit, model, timer=lambda: next(ticks))
    scored = next(event for event in events if isinstance(event, BatchScored))
    far = scored.progress
    assert far.seconds_left == pytest.approx(10 * (far.expected - far.done))


def test_an_identical_audit_is_returned_and_not_repeated(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit, 2.0)
    first = audited(store, kit, model)
    asked = len(model.asked)
    assert opened(store, kit, model, clock=lambda: LATER) == first
    events = run(store, first, kit, model)
    assert [type(event) for event in events] == [Started, Finished]
    assert len(model.asked) == asked


def test_another_question_is_another_attempt_at_its_share_of_half_the_level(store: Store) -> None:
    kit = FakeKit(1500, count=3)
    model, usual = FakeModel(kit, 2.0), USUAL_SHARE**2
    plans = [
        store.audit(audited(store, kit, model, **request)).plan
        for request in ({}, {"claim": "photo-0.jpg"}, {"score": "label-histogram-unknown"})
    ]
    assert [plan.attempt for plan in plans] == [1, 2, 3]
    assert [plan.level for plan in plans] == [
        Fraction(1, 20),
        Fraction(1, 40) * usual / 12,
        Fraction(1, 80) * USUAL_SHARE * (1 - USUAL_SHARE) / OTHERS / 4,
    ]
    assert plans[2].earlier == (plans[0].hash, plans[1].hash)
    assert {plan.first for plan in plans} == {plans[0].first}


def test_a_later_attempt_keeps_the_promise_of_the_first(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit, 2.0)
    audited(store, kit, model)
    with pytest.raises(DesignError, match=r"1 in 10 false alarms.*cannot become 1 in 5"):
        audited(store, kit, model, claim="each", p=Fraction(1, 5))
    assert len(store.audits()) == 1


def test_another_model_kit_or_owner_starts_its_own_ledger(store: Store, kit: FakeKit) -> None:
    audited(store, kit, FakeModel(kit, 2.0))
    other = FakeModel(kit, 2.0, name="another")
    plan = store.audit(audited(store, kit, other)).plan
    assert (plan.attempt, plan.models_tried) == (1, 2)
    second_kit = FakeKit(100, seed=b"second", count=3)
    assert store.audit(audited(store, second_kit, FakeModel(second_kit, 2.0))).plan.attempt == 1
    mine = audited(store, kit, FakeModel(kit, 2.0), owner="somebody else")
    assert store.audit(mine).plan.attempt == 1


def test_answers_serve_a_second_attempt_whatever_its_claim(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit, 2.0)
    audited(store, kit, model, claim="each")
    asked = len(model.asked)
    audit_id = audited(store, kit, model, claim="collection")
    reused = [
        len(line.body["reused"]) for line in store.log(audit_id) if line.body["kind"] == "batch"
    ]
    assert len(model.asked) == len(set(model.asked))
    assert sum(reused) > 0
    assert len(model.asked) - asked == store.audit(audit_id).queries - sum(reused)


def test_a_pause_keeps_everything_and_the_log_comes_out_the_same(
    tmp_path: Path, kit: FakeKit
) -> None:
    whole, parts = Store(tmp_path / "whole.sqlite3"), Store(tmp_path / "parts.sqlite3")
    undisturbed = audited(whole, kit, FakeModel(kit, 0.7))
    paused_model = FakeModel(kit, 0.7)
    audit_id = opened(parts, kit, paused_model)
    for _ in range(200):
        calls = iter([False, False, True])
        events = run(
            parts, audit_id, kit, paused_model, should_stop=lambda calls=calls: next(calls, True)
        )
        if isinstance(events[-1], Finished):
            break
        assert isinstance(events[-1], Stopped)
        assert parts.audit(audit_id).status == Status.PAUSED
    assert [line.hash for line in parts.log(audit_id)] == [
        line.hash for line in whole.log(undisturbed)
    ]
    assert len(paused_model.asked) == len(set(paused_model.asked))


def test_only_the_opening_record_carries_a_time(tmp_path: Path, kit: FakeKit) -> None:
    logs = []
    for name, time in (("a", NOON), ("b", LATER)):
        store = Store(tmp_path / name)
        audit_id = opened(store, kit, model := FakeModel(kit), clock=lambda time=time: time)
        run(store, audit_id, kit, model)
        logs.append([line.body for line in store.log(audit_id)])
    assert logs[0][0] != logs[1][0]
    assert logs[0][1:] == logs[1][1:]


def test_a_model_that_changes_on_the_way_cannot_be_told_about(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit, 2.0, drift_after=5)
    audit_id = opened(store, kit, model)
    events = run(store, audit_id, kit, model)
    verdict = store.audit(audit_id).verdict
    assert any(isinstance(event, Drifted) for event in events)
    assert verdict is not None and verdict.decision is Decision.CANNOT_TELL
    assert "changed while it was being audited" in str(verdict.reason)


def test_a_model_that_changed_during_a_pause_is_noticed_before_the_next_query(
    store: Store, kit: FakeKit
) -> None:
    model = FakeModel(kit, 0.0)
    audit_id = opened(store, kit, model)
    calls = iter([False, False, True])
    run(store, audit_id, kit, model, should_stop=lambda: next(calls, True))
    asked = len(model.asked)
    model.drift_after = 0
    run(store, audit_id, kit, model)
    assert len(model.asked) == asked
    verdict = store.audit(audit_id).verdict
    assert verdict is not None and verdict.decision is Decision.CANNOT_TELL
    again = opened(store, kit, model)
    assert again != audit_id  # a spoiled audit may be attempted again, and counts
    assert store.audit(again).plan.attempt == 2


def test_answers_of_a_model_that_has_changed_since_are_not_reused(
    store: Store, kit: FakeKit
) -> None:
    model = FakeModel(kit, 2.0)
    audited(store, kit, model, claim="photo-0.jpg")
    asked = len(model.asked)
    model.drift_after = 0
    audit_id = audited(store, kit, model, claim="collection")
    reused = [x for line in store.log(audit_id) for x in line.body.get("reused", [])]
    assert reused == [] and len(model.asked) > asked


@pytest.mark.parametrize("noise", [0.001, 0.2])
def test_a_noisy_hosted_model_comes_to_a_verdict_and_a_change_is_still_noticed(
    store: Store, kit: FakeKit, noise: float
) -> None:
    model = FakeModel(kit, hosted=True, noise=noise)
    steady = store.audit(audited(store, kit, model))
    assert steady.verdict is not None and steady.verdict.reason is None
    probes = [line.body for line in store.log(steady.id) if line.body["kind"] == "probe"]
    assert {len(body["answers"]) for body in probes} == {8}
    kit = FakeKit(100, count=4, seed=b"another")
    other = FakeModel(kit, name="other", hosted=True, noise=0.001, drift_after=5)
    changed = store.audit(audited(store, kit, other))
    assert changed.verdict is not None and changed.verdict.decision is Decision.CANNOT_TELL


def test_waiting_for_a_provider_can_be_broken_off(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit, hosted=True)
    audit_id = opened(store, kit, model)
    stopped: list[bool] = []

    def waiting(images: Any) -> Any:
        raise Cancelled("Stopped while waiting.")

    answer, model.probabilities = model.probabilities, waiting  # type: ignore[method-assign]
    events = run(store, audit_id, kit, model, should_stop=lambda: bool(stopped))
    assert isinstance(events[-1], Stopped)
    assert store.audit(audit_id).status == Status.PAUSED
    model.probabilities = answer  # type: ignore[method-assign]
    assert isinstance(run(store, audit_id, kit, model)[-1], Finished)


def test_a_failing_model_leaves_an_audit_that_goes_on_later(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit, 2.0)
    audit_id = opened(store, kit, model)
    answer = model.probabilities

    def failing(images: Any) -> Any:
        if len(model.asked) == 5:
            raise ModelError("The model ran out of memory.")
        return answer(images)

    model.probabilities = failing  # type: ignore[method-assign]
    with pytest.raises(ModelError):
        run(store, audit_id, kit, model)
    record = store.audit(audit_id)
    assert (record.status, record.note) == (Status.INTERRUPTED, "The model ran out of memory.")
    model.probabilities = answer  # type: ignore[method-assign]
    run(store, audit_id, kit, model)
    assert store.audit(audit_id).status == Status.FINISHED


def test_kit_and_model_must_be_those_of_the_plan(store: Store, kit: FakeKit) -> None:
    model = FakeModel(kit)
    audit_id = opened(store, kit, model)
    with pytest.raises(AuditError, match="not the kit"):
        run(store, audit_id, FakeKit(100, seed=b"other", count=3), model)
    with pytest.raises(AuditError, match="not the one this audit"):
        run(store, audit_id, kit, FakeModel(kit, name="other"))
    with pytest.raises(AuditError, match="Choose float32 again"):
        run(store, audit_id, kit, FakeModel(kit, precision="bfloat16"))
    with pytest.raises(AuditError, match=r"program that calculates \(runtime\).*now it is torch"):
        run(store, audit_id, kit, FakeModel(kit, engine="torch"))


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        ({"claim": "photo-9.jpg"}, AuditError, "no photo called"),
        ({"p": Fraction(1, 100), "claim": "photo-0.jpg"}, DesignError, "at least 200 versions"),
        ({"p": Fraction(2)}, DesignError, "between 0 and 1"),
        ({"test": "guess"}, DesignError, "no test called"),
        ({"score": "caption-cosine"}, ScoreError, "needs"),
        ({"collection_test": "peek"}, AuditError, "no collection test"),
        ({"collection_test": "rank-sum", "claim": "each"}, AuditError, "collection as a whole"),
    ],
)
def test_what_cannot_be_had_is_refused_before_anything_is_asked_or_counted(
    store: Store, kit: FakeKit, request_: dict[str, Any], error: type[Exception], words: str
) -> None:
    model = FakeModel(kit)
    for ask in (opened, lambda *a, **k: estimate(*a, **k)):
        with pytest.raises(error, match=words):
            ask(store, kit, model, **request_)
    assert model.asked == [] and store.audits() == []


def test_an_estimate_shows_the_model_no_version_and_writes_nothing(
    store: Store, kit: FakeKit
) -> None:
    model = FakeModel(kit, 2.0)
    told = estimate(store, kit, model, p=Fraction(1, 10))  # type: ignore[arg-type]
    assert model.asked == [] and store.audits() == []
    assert 0 < told.expected_used < told.at_most
    assert told.seconds_at_most > 0
    audit_id = audited(store, kit, model)
    assert store.audit(audit_id).queries <= told.at_most
    assert estimate(store, kit, model, p=Fraction(1, 10)).on_record == audit_id  # type: ignore[arg-type]


def test_warnings_before_the_start(store: Store) -> None:
    kit = FakeKit(100, count=3, public=FakePublic(test_seed="00" * 32))
    old = FakeModel(kit, released=datetime.date(2025, 12, 31))
    audited(store, kit, FakeModel(kit, name="another"))
    audited(store, kit, old)
    asks: Any = {"collection_test": "rank-sum", "p": Fraction(1, 10)}
    told = estimate(store, kit, old, **asks)  # type: ignore[arg-type]
    said = " ".join(told.warnings)
    assert "released on 2025-12-31, before the kit was sealed on 2026-01-01" in said
    assert "attempt 2 of this kit" in said and "tested at 1 in 208" in said
    assert "pointed at 2 models" in said and "1 in 20 each" in said
    assert "tests only" in said
    new = FakeModel(kit, released=datetime.date(2026, 1, 1))
    assert "released" not in " ".join(estimate(store, kit, new, **asks).warnings)  # type: ignore[arg-type]


def test_moves_on_disk_are_those_of_a_replay(store: Store, kit: FakeKit) -> None:
    audit_id = audited(store, kit, FakeModel(kit), claim="each")
    record, log = store.audit(audit_id), store.log(audit_id)
    replay = Replay(record.plan, kit)
    moves = [move for line in log[1:] for move in replay.take(line.body)]
    assert store.moves(audit_id) == moves


def test_an_answer_each_is_refused_for_a_whole_archive(store: Store) -> None:
    kit = FakeKit(100, count=201)
    with pytest.raises(DesignError, match=r"at most 200 photos.*this one has 201.*folder of kits"):
        opened(store, kit, FakeModel(kit), claim="each")
    assert store.audits() == []
