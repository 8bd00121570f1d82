"""Data folders of earlier versions keep their jobs, which find their lanes; waits are foretold."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditcore import paths
from auditcore.jobs import __main__ as main
from auditcore.jobs import check, passive_kinds
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.lanes import CPU, CUDA, WEB
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.passive import Consent, Upload, submit_pictures
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import JobState, Queue
from auditcore.jobs.worker import Kind, _do

HOSTED = Choice("openai:http://127.0.0.1:9/v1#m")
_BEFORE_LANES = """
CREATE TABLE jobs (
  number INTEGER NOT NULL PRIMARY KEY, id VARCHAR NOT NULL UNIQUE, kind VARCHAR NOT NULL,
  owner VARCHAR NOT NULL, title VARCHAR NOT NULL, state VARCHAR NOT NULL, wish VARCHAR NOT NULL,
  params VARCHAR NOT NULL, result VARCHAR NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL,
  seconds_left FLOAT, now VARCHAR NOT NULL, error VARCHAR NOT NULL,
  done_at_start INTEGER NOT NULL, crashes INTEGER NOT NULL, created DATETIME NOT NULL);
CREATE INDEX ix_jobs_owner ON jobs (owner);
CREATE INDEX ix_jobs_state ON jobs (state);
"""
_ROW = "INSERT INTO jobs VALUES (?,?,?,?,?,?,'',?,'{}',?,?,NULL,'','',-1,?,'2026-01-02 03:04:05')"


@pytest.fixture
def before(data_dir: Path) -> None:
    """A database of the version before: one job done, one running, two waiting."""
    data_dir.mkdir()
    with sqlite3.connect(paths.database()) as old:
        old.executescript(_BEFORE_LANES)
        for number, state in enumerate(("done", "running", "waiting", "waiting"), 1):
            params = json.dumps({"n": number})
            old.execute(_ROW, (number, f"j{number}", "count", "ada", "T", state, params, 3, 9, 1))


def claimed(kinds: Mapping[str, Kind], lane: str = CPU) -> None:
    job = Queue().claim(lane)
    assert job is not None
    _do(Queue(), job, kinds[job.kind])


@pytest.mark.usefixtures("before")
def test_jobs_of_an_earlier_version_are_all_there_and_go_on() -> None:
    queue = Queue()
    jobs = queue.list("ada")
    assert [(job.id, job.params["n"], job.done) for job in jobs] == [
        (f"j{number}", number, 3) for number in (4, 3, 2, 1)
    ]
    assert {job.lane for job in jobs} == {CPU}
    assert queue.adopt() == 1
    assert [queue.claim().id for _ in range(3)] == ["j2", "j3", "j4"]
    again = Queue()  # once is enough
    assert len(again.list("ada")) == 4
    with sqlite3.connect(paths.database()) as now:
        names = {row[1] for row in now.execute("PRAGMA index_list(jobs)")}
    assert {"jobs_by_lane", "jobs_by_owner"} <= names


@pytest.mark.usefixtures("before")
def test_a_worker_of_the_earlier_version_may_live_on_beside() -> None:
    """It knows no lanes; what it writes lands in the CPU's, whose lock it holds."""
    queue = Queue()
    with sqlite3.connect(paths.database()) as old:
        names = "number,id,kind,owner,title,state,wish,params,result,done,total,seconds_left,now,"
        names += "error,done_at_start,crashes,created"
        row = _ROW.replace("INTO jobs VALUES", f"INTO jobs ({names}) VALUES")
        old.execute(row, (9, "j9", "count", "ada", "T", "waiting", "{}", 0, 0, 0))
    assert queue.status("j9", "ada").lane == CPU


def test_hosted_work_put_in_the_cpus_lane_finds_its_own_and_sends_nothing() -> None:
    queue, kinds = Queue(), {**check.kinds(KeyRing(), CPU), **passive_kinds.kinds(KeyRing(), CPU)}
    order = Order(SAMPLE_KIT, HOSTED, "collection", None)
    audit = queue.submit("audit", order.to_json(), title="")
    pictures = [Upload("a.png", b"a"), Upload("b.png", b"b")]
    consent = Consent(host="127.0.0.1")
    asked = submit_pictures(queue, HOSTED, pictures[:1], pictures[1:], None, consent=consent)
    assert queue.status(asked).lane == WEB
    with sqlite3.connect(paths.database()) as old:
        old.execute("UPDATE jobs SET lane = 'cpu'")
    claimed(kinds)
    claimed(kinds)
    for job in (queue.status(audit), queue.status(asked)):
        assert (job.lane, job.state) == (WEB, JobState.WAITING)
    assert not Confided(asked).sent


def test_a_model_goes_to_the_fastest_processor(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    """The page does not know the processors before the worker has listed them."""
    queue, order = Queue(), Order(SAMPLE_KIT, Choice("demo:with"), "collection", None)
    first = submit_audit(queue, order)
    assert queue.status(first).lane == CPU
    monkeypatch.setattr("auditcore.models.devices.available_devices", lambda: (CUDA, CPU))
    monkeypatch.setattr("auditcore.jobs.worker.Waker.wake", lambda _self, _lane: False)
    claimed(check.kinds(KeyRing(), CPU))
    assert queue.status(first).lane == CUDA
    (data_dir / "models.json").write_text('{"models": [], "devices": ["cuda", "cpu"]}')
    assert queue.status(submit_audit(queue, order)).lane == CUDA


@pytest.mark.parametrize("lane", [CPU, WEB])
def test_only_the_lane_of_providers_listens_for_keys(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, lane: str
) -> None:
    data_dir.mkdir()
    monkeypatch.setattr(check, "warm_up", lambda: None)
    main._load(lane)
    assert (data_dir / "worker.keys").exists() == (lane == WEB)


def test_how_long_the_line_is_follows_from_what_took_how_long_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, clock = Queue(), [1000.0]
    monkeypatch.setattr("auditcore.jobs.queue.time.time", lambda: clock[0])
    for took in (30.0, 50.0):
        done = queue.submit("count", {}, title="")
        queue.claim()
        clock[0] += took
        queue.end(done, JobState.DONE, "Finished.")
    running, waiting, last = (queue.submit("count", {}, title="", owner=o) for o in "abc")
    assert queue.status(running, "a").position == 0
    queue.claim()
    clock[0] += 10.0
    job = queue.status(waiting, "b")
    assert (job.position, job.wait) == (1, pytest.approx(30.0))
    job = queue.status(last, "c")
    assert (job.position, job.wait) == (2, pytest.approx(70.0))
    queue.progress(running, 5, 10, "On the way.", 100.0)  # it knows better
    assert queue.status(waiting, "b").wait == pytest.approx(100.0)
