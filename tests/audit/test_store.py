"""The store: whole transactions, a ledger that counts, nobody sees another's audits."""

from pathlib import Path

import pytest
from fakes import FakeSealed, make_plan
from sqlalchemy import text

from auditcore.audit.chain import GENESIS, chained
from auditcore.audit.machine import Move
from auditcore.audit.plan import request_key
from auditcore.audit.store import Status, Store, StoredAnswer
from auditcore.errors import AuditError

SEALED = FakeSealed(100)
PLAN = make_plan(SEALED, photos=2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "deep" / "audits.sqlite3")


def opened(store: Store, owner: str = "local", attempt: int = 1) -> str:
    plan = make_plan(SEALED, photos=2, attempt=attempt)
    return store.new_audit(owner, plan, request_key(plan))


def test_an_audit_reads_back_with_its_opening_record(store: Store) -> None:
    audit_id = opened(store)
    record, log = store.audit(audit_id), store.log(audit_id)
    assert (record.plan, record.status, record.verdict) == (PLAN, Status.READY, None)
    assert log[0].body == {"kind": "opening", "plan": PLAN.to_json()}
    assert log[0].hash == chained(GENESIS, log[0].body)


def test_lines_are_chained_and_a_second_writer_is_refused(store: Store) -> None:
    audit_id = opened(store)
    first = store.log(audit_id)[-1]
    move = Move(0, 1, 0, -float("inf"), None)
    line = store.append(audit_id, first, {"kind": "a"}, [move], queries=2)
    assert line.hash == chained(first.hash, {"kind": "a"})
    with pytest.raises(AuditError, match="another process"):
        store.append(audit_id, first, {"kind": "b"}, [], queries=9)
    assert [one.body.get("kind") for one in store.log(audit_id)] == ["opening", "a"]
    assert store.audit(audit_id).queries == 2
    assert store.moves(audit_id) == [move]


def test_the_ledger_counts_attempts_a_owner_kit_and_model(store: Store) -> None:
    opened(store)
    opened(store, attempt=2)
    opened(store, owner="somebody else")
    kit_id, fingerprint = PLAN.kit_id, PLAN.model["fingerprint"]
    assert len(store.attempts("local", kit_id, fingerprint)) == 2
    assert store.attempts("local", kit_id, "another model") == []
    assert store.models_tried("local", kit_id) == {fingerprint}


def test_the_same_attempt_cannot_be_opened_twice(store: Store) -> None:
    opened(store)
    with pytest.raises(AuditError, match="opened meanwhile"):
        opened(store)
    assert len(store.audits()) == 1


def test_an_owner_sees_own_audits_only(store: Store) -> None:
    mine, other = opened(store), opened(store, owner="somebody else")
    assert [record.id for record in store.audits()] == [mine]
    assert store.matching("local", request_key(PLAN))[0].id == mine
    with pytest.raises(AuditError, match="no such audit"):
        store.audit(other, owner="local")
    with pytest.raises(AuditError, match="no such audit"):
        store.audit("made up")


def test_answers_are_kept_a_score_model_kit_and_owner(store: Store) -> None:
    answer = StoredAnswer(0.1 + 0.2, "d", "audit", 0.5, 0)
    for asked in ((0, 3), (1, 3)):
        store.keep_answers("local", PLAN, {asked: answer})
    assert store.known_answers("local", PLAN, [(0, 3), (1, 4)]) == {(0, 3): answer}
    assert store.known_answers("somebody else", PLAN, [(0, 3)]) == {}
    newer = StoredAnswer(0.7, "e", "later", 0.5, 0)
    store.keep_answers("local", PLAN, {(0, 3): newer})
    assert store.known_answers("local", PLAN, [(0, 3)]) == {(0, 3): newer}


def test_writers_never_keep_readers_waiting(store: Store) -> None:
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 1
    audit_id = opened(store)
    with store.engine.execution_options(immediate=True).begin() as writing:
        writing.execute(text("UPDATE audits SET note = 'being written'"))
        assert store.audit(audit_id).note == ""
