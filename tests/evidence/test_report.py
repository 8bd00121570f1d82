"""Reports: complete, in one spelling, and only of finished audits."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import SEED, Audited, audited
from memory import SCORE, MemoryModel

from auditcore.audit import start_audit
from auditcore.errors import AuditError, EvidenceError
from auditcore.evidence import build_report, report_bytes
from auditcore.evidence.form import FIELDS


def test_a_report_has_all_its_fields_and_one_spelling(used: Audited) -> None:
    assert set(used.report) == set(FIELDS)
    assert json.loads(used.data) == used.report
    assert report_bytes(json.loads(used.data)) == used.data
    assert used.report["verdict"]["collection"]["decision"] == "used"


def test_the_same_audit_gives_the_same_report(used: Audited) -> None:
    assert build_report(used.store, used.audit_id, used.kit) == used.report


def test_only_what_was_asked_about_is_revealed(used: Audited) -> None:
    for photo, order in enumerate(used.report["order"]):
        told = {order["published"], *order["hidden"]}
        assert order["published"] == used.kit.published_version(photo)
        assert len(told) < used.kit.versions
        assert len(order["priorities"]) == len(told)
    assert (
        used.kit.seed.hex()
        not in report_bytes({**used.report, "kit": None, "log": used.report["log"][1:]}).decode()
    )


def test_a_given_seed_is_named_and_a_drawn_one_is_not(used: Audited, tmp_path: Path) -> None:
    assert used.report["kit"]["public"]["test_seed"] == SEED.hex()
    assert any("tests only" in warning for warning in used.report["warnings"])
    drawn = audited(tmp_path, learned=0)
    assert drawn.report["kit"]["public"]["test_seed"] is None
    assert drawn.kit.seed.hex() not in drawn.data.decode()


def test_the_sample_kit_is_named(used: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditcore.evidence.report.sample_kit_id", lambda: used.kit.id)
    report = build_report(used.store, used.audit_id, used.kit)
    assert any("sample photos" in warning for warning in report["warnings"])


def test_an_unfinished_audit_has_no_report(tmp_path: Path) -> None:
    done = audited(tmp_path, learned=0)
    model = MemoryModel(name="another")
    unfinished = start_audit(done.store, done.kit, model, p=Fraction(1, 10), score=SCORE)
    with pytest.raises(EvidenceError, match="no verdict yet"):
        build_report(done.store, unfinished, done.kit)
    with pytest.raises(AuditError, match="no such audit"):
        build_report(done.store, "made up", done.kit)


def test_a_report_needs_the_kit_that_was_audited(used: Audited, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not the one that was audited"):
        build_report(used.store, used.audit_id, audited(tmp_path, learned=0).kit)
