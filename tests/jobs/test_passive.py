"""Questions about unmarked photos: what is kept, for whom, for how long, and how it goes."""

import os
import sqlite3
import stat
import time
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from auditcore import paths
from auditcore.errors import JobError, PassiveError
from auditcore.jobs import passive
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, Portrayed, Upload
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import JobState, Queue

NAME = "Philippa Quillfeather"
AGREED = Consent(people=True)
HERE = Choice("demo:people")
FAR = Choice("openai:https://far.example/v1#m")
DAY = 24 * 3600


def photos(count: int = 2, first: int = 0) -> list[Upload]:
    numbers = range(first, first + count)
    return [Upload(f"philippa-{n}.jpg", b"\xff\xd8 photo %d" % n) for n in numbers]


def ask(queue: Queue, owner: str = "local", **changed: object) -> str:
    asked = {"choice": HERE, "people": [Portrayed(NAME, photos())], "consent": AGREED} | changed
    return passive.submit_faces(queue, owner=owner, **asked)


def age(job_id: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(paths.passive_dir() / job_id, (then, then))


@pytest.fixture
def queue() -> Queue:
    return Queue()


def test_the_queue_never_hears_whom_a_question_is_about(queue: Queue) -> None:
    job = queue.status(ask(queue))
    assert job.params == {}
    rows = sqlite3.connect(paths.database()).execute("SELECT * FROM jobs").fetchall()
    assert "hilippa" not in repr(rows)
    question = Confided(job.id).question
    assert [person["name"] for person in question["people"]] == [NAME]


def test_the_folder_is_its_owners_alone(queue: Queue) -> None:
    folder = paths.passive_dir() / ask(queue)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert not [file for file in folder.iterdir() if "philippa" in file.name]


@pytest.mark.parametrize("state", list(JobState))
def test_delete_leaves_neither_folder_nor_job(queue: Queue, state: JobState) -> None:
    job_id = ask(queue)
    queue.claim()
    queue.end(job_id, state, "")
    passive.delete(queue, job_id)
    assert list(paths.passive_dir().iterdir()) == []
    with pytest.raises(JobError):
        queue.status(job_id)


def test_nobody_deletes_or_opens_what_is_another_s(queue: Queue) -> None:
    job_id = ask(queue, owner="someone")
    for act in (passive.delete, passive.folder_of):
        with pytest.raises(JobError, match="nothing under this address"):
            act(queue, job_id, "another")
    assert Confided(job_id).exists


@pytest.mark.parametrize("address", ["../passive", "..", ".", "", "/etc"])
def test_an_address_never_leads_out_of_the_folder(queue: Queue, address: str) -> None:
    ask(queue)
    with pytest.raises(JobError):
        passive.delete(queue, address)
    assert len(list(paths.passive_dir().iterdir())) == 1


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.PAUSED])
def test_a_day_after_its_end_everything_is_swept_and_not_before(
    queue: Queue, state: JobState
) -> None:
    job_id = ask(queue)
    queue.claim()
    queue.end(job_id, state, "")
    age(job_id, DAY - 60)
    passive.sweep(queue)
    assert Confided(job_id).exists
    age(job_id, DAY + 60)
    passive.sweep(queue)
    assert list(paths.passive_dir().iterdir()) == []


def test_what_still_waits_or_runs_is_not_swept(queue: Queue) -> None:
    running, waiting = ask(queue), ask(queue)
    queue.claim()
    for job_id in (running, waiting):
        age(job_id, 3 * DAY)
    passive.sweep(queue)
    assert Confided(running).exists and Confided(waiting).exists


def test_what_an_interrupted_removal_left_is_swept_at_once(queue: Queue) -> None:
    left = paths.passive_dir() / ".removed-0011"
    left.mkdir()
    (left / "photo-0000").write_bytes(b"a face")
    passive.sweep(queue)
    assert not left.exists()


def test_nobody_writes_into_what_was_removed(queue: Queue) -> None:
    folder = Confided(ask(queue))
    folder.remove()
    folder.remove()
    with pytest.raises(FileNotFoundError):
        folder.result = {"answer": NAME}
    folder.tell(NAME)
    folder.touch()
    assert list(paths.passive_dir().iterdir()) == []


def test_a_file_that_withstands_is_told(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(queue)

    def withstand(_path: Path) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr("auditcore.jobs.passive_folder.shutil.rmtree", withstand)
        for _twice in range(2):
            with pytest.raises(JobError, match="Not everything"):
                passive.delete(queue, job_id)
    assert Confided(job_id).lingers
    assert queue.status(job_id).id == job_id, "so that deleting can be tried again"
    passive.sweep(queue)
    assert list(paths.passive_dir().iterdir()) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"consent": Consent()}, "must agree first"),
        ({"choice": FAR}, "sent to far.example"),
        ({"choice": FAR, "consent": Consent(True, "near.example")}, "sent to far.example"),
        ({"people": []}, "One to 5 people"),
        ({"people": [Portrayed(" ", photos())]}, "A name is empty"),
        ({"people": [Portrayed("x" * 90, photos())]}, "too long"),
        ({"people": [Portrayed(NAME, [])]}, "needs at least one photo"),
        ({"people": [Portrayed(NAME, photos(61))]}, "60 at most"),
        ({"people": [Portrayed(NAME, photos() + photos(1))]}, "are the same picture"),
        (
            {"people": [Portrayed(NAME, photos()), Portrayed(NAME.upper(), photos())]},
            "is there twice",
        ),
    ],
)
def test_without_consent_names_or_photos_nothing_is_kept(
    queue: Queue, changed: dict[str, object], sentence: str
) -> None:
    with pytest.raises(PassiveError, match=sentence):
        ask(queue, **changed)
    assert list(paths.passive_dir().iterdir()) == []
    assert queue.list() == []


def test_a_full_disk_is_told_and_nothing_stays(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Confided, "write", full)
    with pytest.raises(JobError, match="Make room"):
        ask(queue)
    assert list(paths.passive_dir().iterdir()) == []
    assert queue.list() == []


def test_what_cannot_be_put_into_the_queue_is_not_kept(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_given: object, **_named: object) -> str:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(queue, "submit", locked)
    with pytest.raises(OperationalError):
        ask(queue)
    assert list(paths.passive_dir().iterdir()) == []


def test_pictures_need_something_to_compare_with(queue: Queue) -> None:
    with pytest.raises(PassiveError, match="add the pictures to compare"):
        passive.submit_pictures(queue, HERE, photos(), [], None, consent=Consent())
    with pytest.raises(PassiveError, match="At most 500"):
        passive.submit_pictures(queue, HERE, photos(501), photos(), None, consent=Consent())
    with pytest.raises(PassiveError, match="are the same picture"):
        passive.submit_pictures(queue, HERE, photos(3), photos(2, 2), None, consent=Consent())
    job_id = passive.submit_pictures(queue, HERE, photos(3), photos(2, 3), None, consent=Consent())
    assert len([f for f in (paths.passive_dir() / job_id).iterdir() if "photo" in f.name]) == 5


def test_going_on_needs_the_photos(queue: Queue) -> None:
    job_id = ask(queue, choice=FAR, consent=Consent(True, "far.example"))
    queue.claim()
    queue.end(job_id, JobState.PAUSED, "")
    passive.go_on(queue, job_id, keyed=True)
    assert queue.status(job_id).state is JobState.WAITING
    assert Confided(job_id).question["choice"]["keyed"] is True
    Confided(job_id).remove()
    with pytest.raises(JobError, match="deleted meanwhile"):
        passive.go_on(queue, job_id, keyed=True)
