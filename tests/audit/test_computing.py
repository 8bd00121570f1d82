"""Answers on record serve a later audit only if they were computed as it computes."""

from fractions import Fraction
from pathlib import Path

import pytest
from fakes import FakeKit, FakeModel

from auditcore.audit import Store, run_audit, start_audit


def audited(store: Store, kit: FakeKit, model: FakeModel, **asks: str) -> str:
    p = Fraction(1, 10)
    audit_id = start_audit(store, kit, model, p=p, **asks)  # type: ignore[arg-type]
    list(run_audit(store, audit_id, kit, model))  # type: ignore[arg-type]
    return audit_id


@pytest.mark.parametrize("other", [{"precision": "bfloat16"}, {"engine": "openvino"}])
def test_answers_computed_otherwise_are_not_reused(tmp_path: Path, other: dict[str, str]) -> None:
    store, kit = Store(tmp_path / "audits.sqlite3"), FakeKit(100, count=3)
    audited(store, kit, FakeModel(kit), claim="each")
    model = FakeModel(kit, **other)  # type: ignore[arg-type]
    audit_id = audited(store, kit, model, claim="collection")
    assert len(model.asked) == store.audit(audit_id).queries, "all versions are asked about alike"
    bodies = [line.body for line in store.log(audit_id) if line.body["kind"] == "batch"]
    assert all(body["reused"] == [] for body in bodies)
    again = FakeModel(kit)
    audit_id = audited(store, kit, again, collection_test="rank-sum")
    assert len(again.asked) < store.audit(audit_id).queries, "the first answers are still there"
