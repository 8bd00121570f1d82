"""An audit done in many short turns ends exactly like one that was alone."""

from fractions import Fraction

import pytest

from auditcore import paths
from auditcore.audit import Store
from auditcore.jobs import check, manners
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.queue import Job, JobState, Queue
from auditcore.jobs.worker import _do
from tests.app.planted import planted

ORDER = Order(SAMPLE_KIT, Choice("demo:with"), "photo:cat.jpg", Fraction(1, 20))


def do_all(queue: Queue) -> list[str]:
    """Do what waits, and return whose turns it were."""
    kinds, turns = check.kinds(KeyRing()), []
    while (job := queue.claim()) is not None:
        turns.append(job.owner)
        _do(queue, job, kinds[job.kind])
    return turns


def told(job: Job) -> list[object]:
    """Return what an audit's log says of questions and verdict, whoever's it is."""
    store = Store(paths.database())
    audit_id = job.result["audit"]
    return [line.body for line in store.log(audit_id)[1:]]


def test_turns_change_nothing_of_an_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue()
    with planted(0.3):
        alone = submit_audit(queue, ORDER, owner="ada")
        assert do_all(queue) == ["ada"]
        monkeypatch.setitem(manners.TURN_SECONDS, manners.AUDIT, 0.0)
        monkeypatch.setattr("auditcore.jobs.worker._WRITE_SECONDS", 0.0)
        jobs = {owner: submit_audit(queue, ORDER, owner=owner) for owner in ("grace", "mary")}
        turns = do_all(queue)
    assert turns[:4] == ["grace", "mary", "grace", "mary"]
    assert len(turns) > 4
    first = queue.status(alone, "ada")
    assert first.state is JobState.DONE
    for owner, job_id in jobs.items():
        job = queue.status(job_id, owner)
        assert job.state is JobState.DONE
        assert [b for b in told(job) if "resume" not in str(b)] == told(first)
