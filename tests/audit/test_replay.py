"""The path of records: each in its place, a drift noticed, a forged record refused."""

from typing import Any

import pytest
from fakes import FakeSealed, make_plan, planted

from auditcore.audit.plan import Probing
from auditcore.audit.replay import DRIFTED, Due, Replay, trace_of
from auditcore.audit.verdict import Decision
from auditcore.errors import AuditError

SEALED = FakeSealed(200)
PLAN = make_plan(SEALED, photos=2)


def probe(when: str, score: float = 0.5) -> dict[str, Any]:
    return {"kind": "probe", "when": when, "answers": [[score, "d"]]}


def batch(replay: Replay, shift: float = 2.0) -> dict[str, Any]:
    score = planted(SEALED, shift)
    answers = [[*asked, score(asked), "d"] for asked in replay.machine.next_batch()]
    return {"kind": "batch", "answers": answers, "reused": []}


def records(replay: Replay, shift: float = 2.0) -> list[dict[str, Any]]:
    """Take a replay to its end; return the records on the way."""
    written = []
    while (due := replay.due()) is not Due.NOTHING:
        if due is Due.BATCH:
            record = batch(replay, shift)
        elif due is Due.CLOSING:
            record = replay.closing()
        else:
            record = probe(due.value)
        replay.take(record)
        written.append(record)
    return written


def test_an_audit_is_probed_at_start_and_end_and_closed() -> None:
    kinds = [(record["kind"], record.get("when")) for record in records(Replay(PLAN, SEALED))]
    assert kinds[0] == ("probe", "start")
    assert kinds[-2:] == [("probe", "end"), ("closing", None)]


def test_a_long_audit_is_probed_on_the_way() -> None:
    sealed = FakeSealed(1000)
    plan = make_plan(sealed, claim="photo-0.jpg", p="0.002")
    replay = Replay(plan, sealed)
    queries = 0
    while (due := replay.due()) is not Due.PROBE_END:
        if due is Due.BATCH:
            answers = [
                [*asked, float(asked[1] == sealed.published_version(0)), "d"]
                for asked in replay.machine.next_batch()
            ]
            replay.take({"kind": "batch", "answers": answers, "reused": []})
            queries += len(answers)
        else:
            replay.take(probe(due.value))
            assert queries < Probing().every + 65
            queries = 0
    assert replay.machine.queries == 1000


@pytest.mark.parametrize("place", [1, -2])
def test_a_drift_ends_in_cannot_tell(place: int) -> None:
    written = records(Replay(PLAN, SEALED))
    replay = Replay(PLAN, SEALED)
    for record in written[:place]:
        replay.take(record)
    replay.take(probe("resume" if place == 1 else "end", 0.6))
    assert replay.due() is Due.CLOSING
    replay.take(replay.closing())
    verdict = replay.machine.verdict()
    assert verdict is not None
    assert (verdict.decision, verdict.reason) == (Decision.CANNOT_TELL, DRIFTED)


def test_a_difference_within_the_tolerance_is_no_drift() -> None:
    replay = Replay(PLAN, SEALED)
    replay.take(probe("start"))
    with pytest.raises(AuditError, match="no place"):
        replay.take(probe("resume", 0.5 + 0.5 * PLAN.probing.tolerance))


@pytest.mark.parametrize(
    ("forged", "words"),
    [
        (lambda r: batch(r), "where 'start' is due"),
        (lambda r: probe("end"), "where 'start' is due"),
        (lambda r: probe("batch"), "not in the form"),
        (lambda r: {"kind": "closing", "verdict": {}}, "where 'start' is due"),
        (lambda r: {"kind": "poem"}, "unknown kind"),
        (lambda r: {}, "not in the form"),
        (
            lambda r: {"kind": "probe", "when": "start", "answers": [["high", "d"]]},
            "not in the form",
        ),
        (lambda r: {"kind": "probe", "when": "start", "answers": []}, "not in the form"),
        (
            lambda r: {"kind": "probe", "when": "start", "answers": [[0.5, "d"]] * 2},
            "not in the form",
        ),
    ],
)
def test_a_record_out_of_place_is_refused(forged: Any, words: str) -> None:
    replay = Replay(PLAN, SEALED)
    with pytest.raises(AuditError, match=words):
        replay.take(forged(replay))


def test_answers_in_another_order_are_refused() -> None:
    replay = Replay(PLAN, SEALED)
    replay.take(probe("start"))
    record = batch(replay)
    record["answers"] = record["answers"][::-1]
    with pytest.raises(AuditError, match="seed"):
        replay.take(record)


def test_another_verdict_than_the_answers_lead_to_is_refused() -> None:
    written = records(Replay(PLAN, SEALED), shift=-2.0)
    replay = Replay(PLAN, SEALED)
    for record in written[:-1]:
        replay.take(record)
    forged = written[-1] | {"verdict": written[-1]["verdict"] | {"queries": 1}}
    with pytest.raises(AuditError, match="not the one that its answers lead to"):
        replay.take(forged)


def test_the_trace_holds_every_point_on_the_way() -> None:
    replay = Replay(PLAN, SEALED)
    again = Replay(PLAN, SEALED)
    moves = [move for record in records(replay) for move in again.take(record)]
    points = trace_of(PLAN, moves)
    verdict = replay.machine.verdict()
    assert verdict is not None
    for path, photo in zip(points.photos, verdict.photos, strict=True):
        assert [t for t, _, _ in path] == list(range(1, photo.hidden_queries + 1))
        assert path[-1][1] == photo.beaten_by
    assert len(points.collection) == sum(len(path) for path in points.photos)
