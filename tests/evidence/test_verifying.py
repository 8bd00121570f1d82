"""Verification: true reports verify, and no field of a report or a kit can be changed unseen."""

import json
from pathlib import Path

import pytest
from conftest import Audited, audited
from tampering import changed, forged_kits, leaves, message, resealed, spelled, with_change, without

from auditcore.audit import Plan
from auditcore.audit.chain import GENESIS, chained
from auditcore.errors import EvidenceError
from auditcore.evidence import Outcome, report_bytes, verify
from auditcore.evidence.form import faults

CANNOT_TELL = {"the model is the one named", "there are no other ledgers"}


@pytest.fixture
def opened_once(used: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the (unchanged) kit once for many forged reports."""
    monkeypatch.setattr("auditcore.evidence.verifying.open_kit", lambda source: used.kit)


@pytest.mark.parametrize("claim", ["collection", "each", "photo:photo 1.png"])
def test_a_true_report_verifies_and_says_what_cannot_be_told(tmp_path: Path, claim: str) -> None:
    done = audited(tmp_path, learned=2, claim=claim)
    found = verify(done.data, done.kit_bytes)
    assert found.ok, found.summary
    assert [step.number for step in found.steps] == list(range(1, 13))
    unknown = {step.title for step in found.steps if step.outcome is Outcome.CANNOT_TELL}
    assert unknown == CANNOT_TELL
    assert found.summary.startswith("Verified: 10 steps hold. 2 more cannot be told")


def test_verification_reads_the_kit_from_its_path_too(used: Audited, tmp_path: Path) -> None:
    (tmp_path / "kit.zip").write_bytes(used.kit_bytes)
    assert verify(used.data, tmp_path / "kit.zip").ok


def test_every_field_of_a_report_is_bound_by_its_digest(used: Audited) -> None:
    for path in leaves(used.report):
        forged = with_change(used.report, path)
        assert faults(forged, report_bytes(forged)), spelled(path)


@pytest.mark.usefixtures("opened_once")
def test_a_digest_that_was_made_to_fit_hides_nothing(used: Audited) -> None:
    for path in leaves({**used.report, "digest": {}, "format_version": {}}):
        if path[0] not in ("digest", "format_version"):
            found = verify(resealed(with_change(used.report, path)), used.kit_bytes)
            assert not found.ok, spelled(path)
            assert message(found).endswith("."), spelled(path)
            assert path == ("kind",) or not message(found).startswith("(1)"), spelled(path)


@pytest.mark.usefixtures("opened_once")
def test_a_field_that_is_left_out_is_missed(used: Audited) -> None:
    for path in leaves(used.report):
        if isinstance(path[-1], str) and path[0] != "trace":
            forged = without(used.report, path)
            data = report_bytes(forged) if path == ("digest",) else resealed(forged)
            assert not verify(data, used.kit_bytes).ok, spelled(path)


@pytest.mark.usefixtures("opened_once")
def test_a_log_that_is_chained_anew_must_still_lead_to_its_verdict(used: Audited) -> None:
    """Whoever makes up a whole log can make up scores; but order, plan and verdict are bound."""
    passed = []
    for path in leaves(used.report["log"]):
        if path[1] == "body":
            log = with_change(used.report["log"], path)
            previous = GENESIS
            for line in log:
                line["hash"] = previous = chained(previous, line["body"])
            forged = {**used.report, "log": log}
            if verify(resealed(forged), used.kit_bytes).ok:
                passed.append(spelled(path[2:]))
    scores = [path for path in passed if path.startswith("answers")]
    assert set(passed) - set(scores) <= {"score", "digest", "reused"}


@pytest.mark.usefixtures("opened_once")
@pytest.mark.parametrize("path", [("max_hidden",), ("disclosed",)])
def test_no_plan_chooses_its_own_budget(used: Audited, path: tuple[str, ...]) -> None:
    """A fixed budget that is chosen once the answers are known is a look taken too often."""
    log = with_change(used.report["log"], (0, "body", "plan", *path))
    previous = GENESIS
    for line in log:
        line["hash"] = previous = chained(previous, line["body"])
    attempts = [Plan.from_json(log[0]["body"]["plan"]).hash]
    found = verify(resealed({**used.report, "log": log, "attempts": attempts}), used.kit_bytes)
    assert found.steps[4].outcome is Outcome.NOT_VERIFIED


def test_every_member_and_field_of_a_kit_is_bound(used: Audited) -> None:
    for what, kit in forged_kits(used.kit_bytes):
        found = verify(used.data, kit)
        assert found.steps[1].outcome is Outcome.NOT_VERIFIED, what
        assert found.steps[1].detail.endswith("."), what
        assert not found.ok


def test_another_kit_is_not_the_reports(used: Audited, tmp_path: Path) -> None:
    other = audited(tmp_path, learned=0)
    found = verify(used.data, other.kit_bytes)
    failed = [step.title for step in found.steps if step.outcome is Outcome.NOT_VERIFIED]
    assert failed[0] == "the kit is the report's"
    assert "the order was committed" in failed


def test_without_a_kit_the_steps_that_need_it_cannot_tell(used: Audited) -> None:
    found = verify(used.data, b"")
    outcomes = {step.number: step.outcome for step in found.steps}
    assert outcomes[2] is Outcome.NOT_VERIFIED
    assert outcomes[4] is Outcome.VERIFIED
    assert outcomes[6] is outcomes[8] is Outcome.CANNOT_TELL


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read as JSON"),
        (b"\xff\xd8\xff", "cannot be read as JSON"),
        (b"[1, 2]", "not a report"),
        (b'{"hello": 1}', "not a report"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b'{"kind": "telltale report", "format_version": 2}', "Update Telltale"),
    ],
)
def test_what_is_no_report_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        verify(data, b"")


@pytest.mark.parametrize(
    "respell",
    [
        lambda data: data + b" ",
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: data.replace(b'{\n "attempts"', b'{\n "kind": "x",\n "attempts"', 1),
        lambda data: data.replace(b'"format_version": 1', b'"format_version": 1.0', 1),
        lambda data: data.replace(b'"queries": ', b'"queries": NaN, "x": ', 1),
    ],
)
def test_a_report_that_was_saved_again_is_not_the_one_that_was_written(
    used: Audited, respell: object
) -> None:
    found = verify(respell(used.data), used.kit_bytes)  # type: ignore[operator]
    assert found.steps[0].outcome is Outcome.NOT_VERIFIED


@pytest.mark.parametrize("value", [None, 0, "", [], {}, [None], {"a": []}, -1.5])
def test_any_value_anywhere_is_a_finding_and_never_a_traceback(
    used: Audited, value: object
) -> None:
    for name in used.report:
        found = verify(report_bytes({**used.report, name: value}), used.kit_bytes)
        assert not found.ok
    for number in range(len(used.report["log"])):
        log = [*used.report["log"]]
        log[number] = value
        assert not verify(resealed({**used.report, "log": log}), used.kit_bytes).ok


def test_a_change_is_a_change() -> None:
    for value in (None, True, 3, 0.0, 2.5, "", "x", "text", [], {}):
        assert changed(value) != value
