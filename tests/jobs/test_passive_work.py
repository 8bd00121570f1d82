"""The jobs about unmarked photos, done for real on the demo model, and what happens on the way."""

import logging
import sqlite3
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore import paths
from auditcore.errors import ModelError
from auditcore.jobs import passive, passive_faces, passive_kinds, passive_pictures
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, Portrayed, Upload
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.passive_work import KEPT_APART
from auditcore.jobs.queue import Job, JobState, Queue
from auditcore.jobs.worker import _do
from auditcore.passive.encodermi.comparing import Comparison, Reading
from auditcore.passive.idia.result import Outcome, Result

NAME = "Philippa Quillfeather"
MODEL = Choice("demo:without")


def photo(seed: int) -> Upload:
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).resize((80, 60), Image.Resampling.BICUBIC).save(out, "PNG")
    return Upload(f"{NAME} {seed}.png", out.getvalue())


BROKEN = Upload(f"{NAME} at home.png", b"\x89PNG\r\n\x1a\n cut")


@pytest.fixture
def queue(data_dir: Path, decoys: Path) -> Queue:
    """A queue whose worker finds what the model made of the decoys in an earlier test."""
    data_dir.mkdir()
    (data_dir / "text-features").symlink_to(decoys)
    return Queue()


def do(queue: Queue, job_id: str) -> Job:
    kinds, job = passive_kinds.kinds(KeyRing()), queue.claim()
    assert job is not None and job.id == job_id
    _do(queue, job, kinds[job.kind])
    return queue.status(job_id)


def ask_faces(queue: Queue, *people: Portrayed, choice: Choice = MODEL) -> str:
    return passive.submit_faces(queue, choice, people, consent=Consent(people=True))


def ask_pictures(queue: Queue, mine: int = 3, reference: int = 2) -> str:
    first = [photo(seed) for seed in range(mine)]
    second = [photo(100 + seed) for seed in range(reference)]
    return passive.submit_pictures(queue, MODEL, first, second, None, consent=Consent())


def rows() -> str:
    found = sqlite3.connect(paths.database()).execute("SELECT * FROM jobs").fetchall()
    return repr(found)


def test_two_people_are_asked_about_at_once(queue: Queue) -> None:
    ada = Portrayed("Ada Quill", [photo(0), BROKEN, photo(1), photo(2)])
    job_id = ask_faces(queue, ada, Portrayed("Bo Quill", [photo(3)]))
    assert do(queue, job_id).state is JobState.DONE
    found = Confided(job_id).result
    assert found is not None
    first, second = found["people"]
    assert [one["number"] for one in first["photos"]] == [0, 2, 3]
    assert [one["number"] for one in second["photos"]] == [4]
    assert "damaged" in first["refused"][0]["why"]
    results = [Result.from_json(person["result"]) for person in found["people"]]
    assert [one.person for one in results] == ["Ada Quill", "Bo Quill"]
    assert [one.photos for one in results] == [3, 1]
    assert results[0].yardstick.of == 998
    assert results[1].outcome is Outcome.TOO_FEW


def test_answers_belong_to_the_right_person(queue: Queue) -> None:
    """Asked about together or alone, a person gets the same answers."""
    ada, bo = Portrayed("Ada Quill", [photo(0), photo(1)]), Portrayed("Bo Quill", [photo(2)])
    together, alone = ask_faces(queue, ada, bo), ask_faces(queue, bo)
    do(queue, together)
    do(queue, alone)
    both, one = Confided(together).result, Confided(alone).result
    assert both is not None and one is not None
    best = [
        [[row[0].name for row in wording] for wording in Result.from_json(who["result"]).guesses]
        for who in (both["people"][1], one["people"][0])
    ]
    assert best[0] == best[1]


def test_pictures_are_compared(queue: Queue) -> None:
    job_id = ask_pictures(queue)
    assert do(queue, job_id).state is JobState.DONE
    found = Confided(job_id).result
    assert found is not None
    comparison = Comparison.from_json(found["comparison"])
    assert comparison.reading is Reading.TOO_FEW
    assert (len(comparison.mine), len(comparison.reference)) == (3, 2)
    assert found["mine"] == [photo(seed).name for seed in range(3)]


def test_photos_that_cannot_be_read_are_told_in_the_folder_alone(queue: Queue) -> None:
    job_id = ask_faces(queue, Portrayed(NAME, [BROKEN]))
    job = do(queue, job_id)
    assert job.state is JobState.FAILED
    assert job.error == KEPT_APART
    assert NAME in str(Confided(job_id).reason)
    assert "hilippa" not in rows()


def test_a_defect_is_logged_without_what_it_was_about(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(NAME) from KeyError(NAME)

    monkeypatch.setattr(passive_faces, "assess", broken)
    job_id = ask_faces(queue, Portrayed(NAME, [photo(0)]))
    with caplog.at_level(logging.DEBUG):
        job = do(queue, job_id)
    assert job.state is JobState.FAILED
    assert "inside Telltale" in job.error
    assert "ZeroDivisionError at" in caplog.text and "passive_faces.py" in caplog.text
    assert "hilippa" not in caplog.text + rows()


def test_a_second_try_begins_without_the_reason_of_the_first(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    job_id = ask_faces(queue, Portrayed(NAME, [BROKEN]))
    do(queue, job_id)
    assert Confided(job_id).reason is not None
    monkeypatch.setattr(passive_faces, "read_pixels", broken)
    queue.resume(job_id)
    assert "inside Telltale" in do(queue, job_id).error
    assert Confided(job_id).reason is None


def test_a_provider_s_words_stay_in_the_folder(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ModelError(f"It said: a photo of {NAME} is not allowed.")

    monkeypatch.setattr(passive_faces, "look", refuse)
    job_id = ask_faces(queue, Portrayed(NAME, [photo(0)]))
    assert do(queue, job_id).error == KEPT_APART
    assert NAME in str(Confided(job_id).reason)
    assert "hilippa" not in rows()


def after(monkeypatch: pytest.MonkeyPatch, pictures: int, act: Callable[[], None]) -> list[int]:
    """Do something when so many pictures were answered; return the count as it grows."""
    answered: list[int] = []
    real = passive_pictures.similarities_of

    def counting(*args: object) -> object:
        row = real(*args)
        answered.append(len(answered))
        if len(answered) == pictures:
            act()
        return row

    monkeypatch.setattr(passive_pictures, "similarities_of", counting)
    return answered


def test_a_killed_job_asks_only_what_was_not_answered(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    answered = after(monkeypatch, 3, killed)
    job_id = ask_pictures(queue)
    with pytest.raises(KeyboardInterrupt):
        do(queue, job_id)
    assert Confided(job_id).result is None
    assert queue.adopt() == 1
    assert do(queue, job_id).state is JobState.DONE
    assert len(answered) == 3 + 3, "two of five had been written down, the third was on its way"


def test_cancel_ends_it_at_the_next_picture(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditcore.jobs.worker._WRITE_SECONDS", 0.0)
    answered = after(monkeypatch, 2, lambda: queue.cancel(job_id))
    job_id = ask_pictures(queue)
    assert do(queue, job_id).state is JobState.CANCELLED
    assert len(answered) == 2
    assert Confided(job_id).result is None


@pytest.mark.parametrize("kind", ["pictures", "faces"])
def test_deleted_while_it_runs_nothing_comes_back(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "pictures":
        after(monkeypatch, 2, lambda: passive.delete(queue, job_id))
        job_id = ask_pictures(queue)
    else:
        real = passive_faces.read_pixels

        def deleting(data: bytes, name: str) -> object:
            passive.delete(queue, job_id)
            return real(data, name)

        monkeypatch.setattr(passive_faces, "read_pixels", deleting)
        job_id = ask_faces(queue, Portrayed(NAME, [photo(0), photo(1)]))
    job = queue.claim()
    assert job is not None
    _do(queue, job, passive_kinds.kinds(KeyRing())[job.kind])
    assert list(paths.passive_dir().iterdir()) == []
    assert queue.list() == []


def test_a_model_that_cannot_be_opened_is_explained(queue: Queue) -> None:
    missing = Choice(f"onnx:{paths.assets_dir()}/missing.onnx")
    job_id = ask_faces(queue, Portrayed(NAME, [photo(0)]), choice=missing)
    assert do(queue, job_id).state is JobState.FAILED
    assert "missing.onnx" in str(Confided(job_id).reason)
