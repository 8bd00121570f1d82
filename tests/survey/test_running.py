"""A survey: shares fixed beforehand, nothing asked twice, one bad kit stops no other."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from memory import SCORE, MemoryModel

from auditcore.audit import Store, estimate, start_audit
from auditcore.errors import AuditError, ClusterError, DesignError, KitError, ModelError
from auditcore.kit import open_kit
from auditcore.survey import (
    KitDone,
    KitMoved,
    SurveyFinished,
    SurveyRequest,
    Surveys,
    SurveyStarted,
    SurveyStopped,
    find_kits,
    is_folder_of_kits,
    run_survey,
)
from auditcore.survey.running import ADDED_LATER, ALONE

from .conftest import NOON, put, sealed

P = Fraction(1, 5)


def events_of(store: Store, folder: Path, model: MemoryModel, **how: Any) -> list[Any]:
    request = SurveyRequest(p=how.pop("p", P), score=SCORE, **how.pop("asks", {}))
    return list(run_survey(store, find_kits(folder), model, request, clock=lambda: NOON, **how))


def surveyed(store: Store, folder: Path, model: MemoryModel, **how: Any) -> SurveyFinished:
    last = events_of(store, folder, model, **how)[-1]
    assert isinstance(last, SurveyFinished)
    return last


def decisions(finished: SurveyFinished) -> list[str | None]:
    return [one.verdict and one.verdict.decision.value for one in finished.lines]


def test_each_kit_has_its_share_and_its_own_answer(
    store: Store, folder: Path, learned: Any
) -> None:
    finished = surveyed(store, folder, learned(0, 2))
    assert decisions(finished) == ["used", "not shown", "used"]
    assert finished.record.size == 3 and finished.record.share == P / 3
    plans = [store.audit(line.audit_id).plan for line in finished.lines if line.audit_id]
    assert {(plan.p, plan.level) for plan in plans} == {(P / 3, P / 6)}
    assert [line.name for line in finished.lines] == ["0/kit.zip", "1/kit.zip", "2/kit.zip"]


def test_a_survey_that_is_run_again_asks_nothing_and_spends_nothing(
    store: Store, folder: Path, learned: Any
) -> None:
    first = surveyed(store, folder, learned(0))
    queries = sum(audit.queries for audit in store.audits())
    again = surveyed(store, folder, learned(0))
    assert (again.record, again.lines) == (first.record, first.lines)
    assert sum(audit.queries for audit in store.audits()) == queries
    assert len(Surveys(store).surveys()) == 1


def test_one_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, store: Store, folder: Path, learned: Any
) -> None:
    whole = surveyed(Store(tmp_path / "whole.sqlite3"), folder, learned(2))
    calls = iter([False] * 40)
    stopped = events_of(store, folder, learned(2), should_stop=lambda: next(calls, True))
    assert isinstance(stopped[-1], SurveyStopped)
    assert sum(audit.queries for audit in store.audits()) > 0
    finished = surveyed(store, folder, learned(2))
    logs = [
        [store_.log(line.audit_id)[-1].hash for line in done.lines if line.audit_id]
        for store_, done in ((store, finished), (Store(tmp_path / "whole.sqlite3"), whole))
    ]
    assert logs[0] == logs[1]


def test_a_kit_that_cannot_be_opened_is_listed_and_its_share_is_kept(
    store: Store, folder: Path, learned: Any
) -> None:
    broken = folder / "1" / "kit.zip"
    broken.write_bytes(b"no kit")
    finished = surveyed(store, folder, learned(0))
    assert decisions(finished) == ["used", None, "not shown"]
    assert finished.record.share == P / 3
    assert finished.lines[1].note.endswith(".") and finished.lines[1].kit_id is None
    put(folder, 1)
    mended = surveyed(store, folder, learned(0))
    assert decisions(mended) == ["used", "not shown", "not shown"]
    assert mended.record.id == finished.record.id


def test_a_kit_that_is_added_later_is_left_out_and_raises_no_chance(
    store: Store, folder: Path, learned: Any
) -> None:
    surveyed(store, folder, learned(0, 3))
    put(folder, 3)
    grown = surveyed(store, folder, learned(0, 3))
    assert decisions(grown) == ["used", "not shown", "not shown", None]
    assert grown.lines[3].note == ADDED_LATER
    assert store.audits(kit_id=sealed(3).kit.id) == []
    (folder / "0" / "kit.zip").unlink()  # nor does its share become free
    assert decisions(surveyed(store, folder, learned(0, 3))) == ["not shown", "not shown", None]


def test_the_same_kit_twice_is_one_statement(store: Store, folder: Path, learned: Any) -> None:
    put(folder, 0, "copy.zip")
    finished = surveyed(store, folder, learned(0))
    assert finished.record.size == 3
    assert decisions(finished) == ["used", "not shown", "not shown", None]
    assert finished.lines[3].note == "The same kit as 0/kit.zip; see there."


def test_a_kit_that_was_audited_alone_keeps_that_promise(
    store: Store, folder: Path, learned: Any
) -> None:
    model = learned(0)
    start_audit(store, sealed(0).kit, model, p=P, score=SCORE, clock=lambda: NOON)
    finished = surveyed(store, folder, model)
    assert finished.record.size == 2
    assert finished.lines[0].note == ALONE
    with pytest.raises(DesignError, match=r"accepting 1 in 10.*cannot become 1 in 5"):
        start_audit(store, sealed(1).kit, model, p=P, score=SCORE)


def test_a_kit_that_waits_for_its_survey_is_held_to_its_share_by_itself(
    store: Store, folder: Path, learned: Any
) -> None:
    model = learned(0)
    stopped = events_of(store, folder, model, should_stop=lambda: True)
    assert isinstance(stopped[-1], SurveyStopped)
    kit = sealed(2).kit
    assert store.audits(kit_id=kit.id) == []
    with pytest.raises(DesignError, match=r"one of a survey.*held to 1 in 15.*Ask with 1 in 15"):
        start_audit(store, kit, model, p=P, score=SCORE)
    with pytest.raises(DesignError, match="one of a survey"):
        estimate(store, kit, model, p=P / 20, score=SCORE)
    alone = store.audit(start_audit(store, kit, model, score=SCORE)).plan
    assert (alone.p, alone.attempt) == (P / 3, 1)
    assert start_audit(store, kit, MemoryModel(name="another"), p=P, score=SCORE)
    finished = surveyed(store, folder, model)
    assert decisions(finished) == ["used", "not shown", "not shown"]
    assert {audit.plan.p for audit in store.audits() if audit.verdict} == {P / 3}


def test_an_audit_that_was_planned_before_the_survey_cannot_be_opened_after_it(
    store: Store, folder: Path, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are asked for at the same moment: whichever is written first binds the other."""
    model = learned(0)
    write = store.new_audit

    def meanwhile(*asks: Any) -> str:
        monkeypatch.undo()
        events_of(store, folder, model, should_stop=lambda: True)
        return write(*asks)

    monkeypatch.setattr(store, "new_audit", meanwhile)
    with pytest.raises(AuditError, match="survey of this model was begun meanwhile"):
        start_audit(store, sealed(1).kit, model, p=P, score=SCORE)
    assert store.audits(kit_id=sealed(1).kit.id) == []
    assert decisions(surveyed(store, folder, model)) == ["used", "not shown", "not shown"]


def test_what_is_wrong_with_the_machines_is_no_fault_of_a_kit(
    store: Store, folder: Path, learned: Any
) -> None:
    def dead(*_asks: Any) -> Any:
        raise ClusterError("All workers died.")

    model = learned(0)
    with pytest.raises(ClusterError, match="All workers died"):
        surveyed(store, folder, model, scoring=dead)
    assert len(store.audits()) == 1, "no further kit was begun"
    assert decisions(surveyed(store, folder, model)) == ["used", "not shown", "not shown"]


def test_all_kits_audited_alone_make_no_survey(store: Store, folder: Path, learned: Any) -> None:
    model = learned(0)
    for number in range(3):
        start_audit(store, sealed(number).kit, model, p=P, score=SCORE)
    with pytest.raises(AuditError, match="one by one"):
        surveyed(store, folder, model)


def test_another_level_or_a_mixture_of_surveys_is_refused(
    store: Store, folder: Path, tmp_path: Path, learned: Any
) -> None:
    model = learned(0)
    surveyed(store, folder, model)
    with pytest.raises(DesignError, match="cannot become"):
        surveyed(store, folder, model, p=P / 2)
    other = tmp_path / "other"
    put(other, 3)
    surveyed(store, other, model)
    put(folder, 3)
    with pytest.raises(AuditError, match="kits of 2 earlier surveys"):
        surveyed(store, folder, model)


def test_another_question_is_a_further_attempt_within_the_shares(
    store: Store, folder: Path, learned: Any
) -> None:
    model = learned(0)
    surveyed(store, folder, model)
    asks = {"collection_test": "rank-sum"}
    again = surveyed(store, folder, model, asks=asks)
    plans = [store.audit(line.audit_id).plan for line in again.lines if line.audit_id]
    assert {plan.attempt for plan in plans} == {2}
    assert all(plan.p == P / 3 and plan.level < P / 12 for plan in plans)


def test_every_attempt_of_every_kit_ever_let_in_stays_below_the_level(
    store: Store, folder: Path, learned: Any
) -> None:
    """A hostile owner: breaks files, adds kits, asks otherwise, audits alone in between."""
    model = learned(0)
    (folder / "1" / "kit.zip").write_bytes(b"no kit")
    surveyed(store, folder, model)
    put(folder, 3)
    put(folder, 1)
    surveyed(store, folder, model)
    put(folder, 4)
    surveyed(store, folder, model, asks={"collection_test": "rank-sum"})
    surveyed(store, folder, model, asks={"claim": "each"})
    share = P / 3
    start_audit(store, sealed(0).kit, model, p=share, score=SCORE, test="betting")
    spent = sum(audit.plan.level for audit in store.audits())
    assert spent < P
    assert {audit.plan.p for audit in store.audits()} == {share}
    assert len({audit.plan.kit_id for audit in store.audits()}) == 3


def test_a_level_out_of_reach_is_said_of_each_kit(store: Store, folder: Path, learned: Any) -> None:
    finished = surveyed(store, folder, learned(), asks={"claim": "photo 0.png"}, p=Fraction(1, 50))
    assert decisions(finished) == [None, None, None]
    assert all("needs at least 300 versions" in line.note for line in finished.lines)
    assert store.audits() == []


def test_a_model_that_fails_ends_the_survey_for_now(
    store: Store, folder: Path, learned: Any
) -> None:
    model = learned(0)
    answer = model.probabilities

    def failing(images: Any) -> Any:
        if sum(audit.queries for audit in store.audits()) > 4:
            raise ModelError("The model ran out of memory.")
        return answer(images)

    model.probabilities = failing
    with pytest.raises(ModelError):
        surveyed(store, folder, model)
    model.probabilities = answer
    assert decisions(surveyed(store, folder, model))[0] == "used"


def test_progress_goes_on_over_all_kits_with_the_time_left(
    store: Store, folder: Path, learned: Any
) -> None:
    ticks = iter(range(1_000_000))
    events = events_of(store, folder, learned(0), timer=lambda: next(ticks))
    shares = [event.progress.share for event in events]
    assert isinstance(events[0], SurveyStarted) and shares[0] == 0.0 and shares[-1] == 1.0
    assert all(0 <= share <= 1 for share in shares)
    assert [e.progress.kits_done for e in events if isinstance(e, KitDone)] == [1, 2, 3]
    moved = [event for event in events if isinstance(event, KitMoved)]
    assert moved[-1].progress.seconds_left == 0.0
    assert events[0].progress.seconds_left is None


def test_a_folder_is_one_of_kits_unless_it_is_a_kit(tmp_path: Path, folder: Path) -> None:
    assert is_folder_of_kits(folder) and not is_folder_of_kits(folder / "0" / "kit.zip")
    import zipfile

    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(folder / "0" / "kit.zip") as archive:
        archive.extractall(unpacked / "kit")
    assert not is_folder_of_kits(unpacked / "kit")
    assert [one.name for one in find_kits(unpacked)] == ["kit"]
    assert open_kit(unpacked / "kit").id == sealed(0).kit.id
    (tmp_path / "empty").mkdir()
    with pytest.raises(KitError, match="holds no kit"):
        find_kits(tmp_path / "empty")
