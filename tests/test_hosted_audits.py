"""Whole audits over HTTP through random faults: they finish or stop with a sentence, and go on.

No answer is lost, none is asked for twice, and never more is sent than was allowed.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from faulty_server import HARMLESS, LASTING, PASSING, Faulty
from hosted_audits import (
    PROTOCOLS,
    Auditor,
    SmallKit,
    auditing,
    logged_scores,
    rounded,
    without_faults,
)
from serving.tiny import TinyModel

from auditcore.audit import Decision, Store, run_audit, start_audit
from auditcore.errors import KeyRefused, ModelError, SpendingError
from auditcore.models.hosted import door

KITS = [SmallKit(60, seed=bytes([number]), count=3) for number in range(3)]
TWO_PHOTOS = SmallKit(40, seed=b"two", count=2)
RARELY = {fault: chance / 8 for fault, chance in LASTING.items()}
# protocol -> faults and kits: one picture a request makes hundreds of requests an audit
FAULTS = {
    "openai": ({**PASSING, **LASTING, **HARMLESS}, KITS),
    "hf": ({**PASSING, **RARELY, **HARMLESS}, KITS[:1]),
    "oip": ({**PASSING, **LASTING, **HARMLESS}, KITS),
}


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients give up on a late answer after 4 seconds; deadlines on the hurried clock are off."""
    monkeypatch.setitem(door._SECONDS, "read", 4.0)
    monkeypatch.setattr(door, "SECONDS_MOST", 1e9)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "audits.sqlite3")


def asked_once(auditor: Auditor) -> None:
    """No picture of a version and no caption was answered twice."""
    answered = auditor.faulty.answered()["version"]
    assert answered and max(answered.values()) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_audits_through_all_faults_come_to_what_they_come_to_without(
    store: Store, tmp_path: Path, protocol: str
) -> None:
    chances, kits = FAULTS[protocol]
    faulty = Faulty(seed=3, chances=chances)
    with auditing(store, protocol, faulty) as auditor:
        for number, kit in enumerate(kits):
            course = auditor.audit(kit, 0)
            plain = without_faults(Store(tmp_path / f"{number}.sqlite3"), kit, protocol)
            assert course.verdict.decision is plain.verdict.decision
            assert course.scores == pytest.approx(plain.scores, rel=2e-6, abs=1e-9)
            assert all(text.endswith((".", ";output=labels")) for text in course.sentences)
            assert set(course.stops) <= {"ModelError", "ChangedAnswer"}, course.sentences
        asked_once(auditor)
    fates = faulty.fates()
    assert fates.keys() >= {"429 in seconds", "429 by date", "429", "500", "cut", "half JSON"}
    assert sum(fates[name] for name in LASTING) > 0


def test_the_ceiling_is_never_passed_and_raising_it_goes_on(store: Store) -> None:
    faulty = Faulty(seed=4, chances=PASSING)
    with auditing(store, "openai", faulty, most=300) as auditor:
        course = auditor.audit(KITS[0], raise_by=250)
        asked_once(auditor)
    assert course.stops["SpendingError"] >= 2
    assert course.ceiling is not None and course.sent <= course.ceiling


def test_going_on_at_a_reached_ceiling_sends_nothing_more(store: Store) -> None:
    faulty = Faulty(seed=9, chances={})
    with auditing(store, "openai", faulty, most=300) as auditor:
        model = auditor.connect()
        audit_id = start_audit(store, TWO_PHOTOS, model, p=Fraction(1, 10), score="caption-cosine")  # type: ignore[arg-type]
        with pytest.raises(SpendingError, match="300 pictures"):
            list(run_audit(store, audit_id, TWO_PHOTOS, model))  # type: ignore[arg-type]
        for _ in range(3):
            with pytest.raises(SpendingError, match="Nothing is lost"):
                list(run_audit(store, audit_id, TWO_PHOTOS, auditor.connect(audit_id)))  # type: ignore[arg-type]
    assert 290 < faulty.sent <= 300


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("402", SpendingError, "credit"),
        ("401", KeyRefused, "key"),
        ("long wait", ModelError, "1440 minutes"),
        ("500", ModelError, "8 tries"),
        ("too few", ModelError, "test the connection again"),
        ("NaN", ModelError, "not a number"),
        ("short vector", ModelError, "one vector"),
        ("doubled", ModelError, "twice"),
    ],
)
def test_what_stops_an_audit_is_said_and_nothing_is_lost(
    store: Store, fault: str, kind: type[ModelError], words: str
) -> None:
    faulty = Faulty(seed=5, chances={})
    with auditing(store, "openai", faulty) as auditor:
        model = auditor.connect()
        audit_id = start_audit(store, KITS[0], model, p=Fraction(1, 10), score="caption-cosine")  # type: ignore[arg-type]
        for number, _ in enumerate(run_audit(store, audit_id, KITS[0], model)):  # type: ignore[arg-type]
            if number == 5:
                break
        faulty.chances = {fault: 1.0}
        with pytest.raises(kind, match=f"(?i){words}"):
            list(run_audit(store, audit_id, KITS[0], model))  # type: ignore[arg-type]
        faulty.chances = {}
        auditor.audit(KITS[0])
        asked_once(auditor)
    assert logged_scores(store, audit_id)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("digits", [None, 3])
def test_noisy_and_rounded_answers_do_not_stop_an_audit(
    store: Store, protocol: str, digits: int | None
) -> None:
    rng = np.random.default_rng(7)

    def noisy(value: float) -> float:
        return value * (1 + 0.002 * rng.normal())

    alter = rounded(digits) if digits else noisy
    faulty = Faulty(seed=6, chances={}, alter=alter)
    with auditing(store, protocol, faulty) as auditor:
        course = auditor.audit(TWO_PHOTOS)
        asked_once(auditor)
    assert course.verdict.reason is None
    assert course.verdict.decision is Decision.NOT_SHOWN


class Replaced(TinyModel):
    """Another model after so many calls."""

    after = 0

    def _coarse(self, images):  # type: ignore[no-untyped-def]
        coarse = super()._coarse(images)
        return coarse if self.calls <= self.after else coarse[:, ::-1]


@pytest.mark.parametrize(("protocol", "after"), [("openai", 30), ("hf", 200), ("oip", 30)])
def test_a_model_that_is_replaced_under_way_is_noticed(
    store: Store, protocol: str, after: int
) -> None:
    model = Replaced(PROTOCOLS[protocol][1])
    model.after = after
    with auditing(store, protocol, Faulty(seed=8, chances=HARMLESS), model) as auditor:
        course = auditor.audit(TWO_PHOTOS)
    assert course.verdict.decision is Decision.CANNOT_TELL
    assert course.verdict.reason is not None and "changed" in course.verdict.reason
