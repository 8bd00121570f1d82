"""The page Already online: two doors, consent first, what a person reads, and deletion."""

from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from auditcore import paths
from auditcore.jobs import catalogue, check, passive_kinds
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, Portrayed, Upload, submit_faces, submit_pictures
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import JobState, Queue
from auditcore.models import Capability, ModelEntry
from auditcore.passive.encodermi.comparing import LEAST_MINE, LEAST_REFERENCE
from auditcore.passive.grade import GRADE_MEANS
from auditcore.passive.idia.result import Outcome, Result
from auditcore.passive.idia.words import person_words
from pages._parts import keys
from tests.app.planted import do_jobs
from tests.app.reading import labels, press, told

Visit = Callable[..., AppTest]
Work = Callable[[], None]

IMAGES = frozenset({Capability.IMAGE_FEATURES})
BOTH = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})
HERE = f"openclip:{paths.assets_dir()}/models/demo-without"
NAME = "Philippa Quillfeather"
MEANS = GRADE_MEANS.removeprefix("Indication: t")
NEVER = ("proof", "verdict", "was used", "not used", "false alarm rate")


def photo(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).resize((80, 60), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        ModelEntry("demo:with", "Demo model, with", BOTH, 3_000_000, True),
        ModelEntry("demo:without", "Demo model, without", BOTH, 3_000_000, True),
        ModelEntry("demo:people", "A model of drawn people", BOTH, 3_000_000, True),
        ModelEntry("demo:encoder", "A small encoder", IMAGES, 3_000_000, True),
        ModelEntry(HERE, "Mine", BOTH, 3_000_000, True),
    ]
    monkeypatch.setattr(catalogue, "list_models", lambda: entries)
    catalogue.write_catalogue()


@pytest.fixture
def work(data_dir: Path, decoys: Path) -> Work:
    """The worker's work; what the model made of the decoys in an earlier test is there."""
    (data_dir / "text-features").symlink_to(decoys)
    return lambda: do_jobs({**check.kinds(KeyRing()), **passive_kinds.kinds(KeyRing())})


def face_door(visit: Visit) -> AppTest:
    return visit("already_online").radio(key=keys.ONLINE_DOOR).set_value("face").run()


def agreed(visit: Visit) -> AppTest:
    return face_door(visit).checkbox(key=f"{keys.CONSENT}.0").set_value(True).run()


def upload(app: AppTest, widget: str, *files: tuple[str, bytes]) -> AppTest:
    uploader = app.file_uploader(key=f"{widget}.0")
    return uploader.set_value([(name, data, "") for name, data in files]).run()


def named(app: AppTest, number: int, name: str, *seeds: int) -> AppTest:
    app.text_input(key=f"{keys.PERSON_NAME}.0.{number}").set_value(name).run()
    files = [(f"{name} {seed}.png", photo(seed)) for seed in seeds]
    return upload(app, f"{keys.PERSON_PHOTOS}.{number}", *files)


def can(app: AppTest, key: str) -> bool:
    return key in [button.key for button in app.button]


def test_the_grade_is_told_before_anything_is_asked(visit: Visit) -> None:
    app = visit("already_online")
    assert not app.exception
    assert MEANS in told(app)
    assert "tt-indication" in told(app) and "tt-verdict" not in told(app)


@pytest.mark.parametrize("door", ["pictures", "face"])
def test_each_door_offers_its_own_demo_models(visit: Visit, door: str) -> None:
    app = agreed(visit) if door == "face" else visit("already_online")
    chosen = app.radio(key=f"{keys.DEMO_MODEL}.{door}").options
    assert chosen[0] == {"pictures": "A small encoder", "face": "A model of drawn people"}[door]
    kits = visit("check").radio(key=keys.DEMO_MODEL).options
    assert kits == ["Demo model, with", "Demo model, without"]


def test_nothing_is_asked_of_a_face_before_consent(visit: Visit) -> None:
    app = face_door(visit)
    assert not [one for one in app.text_input if keys.PERSON_NAME in str(one.key)]
    assert not can(app, keys.START_FACES)
    assert "neither photo nor name leaves it" in told(app)
    assert "24 hours" in told(app)


def test_a_face_is_asked_about_with_name_and_photos(visit: Visit) -> None:
    app = agreed(visit)
    assert not can(app, keys.START_FACES)
    app = named(app, 0, NAME, 1, 2)
    assert not can(app, keys.START_FACES) and "At least 3 photos of each person" in told(app)
    app = named(app, 0, NAME, 1, 2, 3)
    assert can(app, keys.START_FACES)
    app = press(app, keys.MORE_PEOPLE)
    assert not can(app, keys.START_FACES), "the second person has no name"
    app = named(app, 1, "Bo Quill", 4, 5, 6, 7)
    app = press(app, keys.START_FACES)
    [job] = Queue().list(kind="idia")
    assert app.query_params[keys.JOB] == job.id
    question = Confided(job.id).question
    assert [len(one["photos"]) for one in question["people"]] == [3, 4]
    assert question["choice"]["spec"] == "demo:people"
    assert "Delete everything now" in labels(app)


def test_what_is_no_photo_is_told_and_left_out(visit: Visit) -> None:
    app = named(agreed(visit), 0, NAME, 1)
    files = [(f"{n}.png", photo(n)) for n in (1, 2, 3)]
    extra = [("letter.txt", b"a letter"), ("again.png", photo(2))]
    app = upload(app, f"{keys.PERSON_PHOTOS}.0", *files, *extra)
    assert "letter.txt</span>: left out." in told(app)
    assert "again.png</span>: left out." in told(app)
    assert "The same picture as 2.png" in told(app)
    assert "3 pictures ready." in told(app)
    press(app, keys.START_FACES)
    [job] = Queue().list(kind="idia")
    assert Confided(job.id).question["people"][0]["photos"] == [name for name, _data in files]


def several(*seeds: int) -> list[tuple[str, bytes]]:
    return [(f"{seed}.png", photo(seed)) for seed in seeds]


MINE, REFERENCE = several(*range(LEAST_MINE)), several(*range(100, 100 + LEAST_REFERENCE))


def test_pictures_need_enough_of_both_collections(visit: Visit) -> None:
    app = upload(visit("already_online"), keys.UPLOAD_MINE, *MINE)
    assert not can(app, keys.START_PICTURES)
    app = upload(app, keys.UPLOAD_REFERENCE, *REFERENCE[1:])
    assert not can(app, keys.START_PICTURES)
    app = upload(app, keys.UPLOAD_REFERENCE, *REFERENCE)
    press(app, keys.START_PICTURES)
    [job] = Queue().list(kind="encodermi")
    question = Confided(job.id).question
    given = [[name for name, _data in part] for part in (MINE, REFERENCE)]
    assert [question["mine"], question["reference"]] == given


def test_the_same_picture_on_both_sides_is_told(visit: Visit) -> None:
    app = upload(visit("already_online"), keys.UPLOAD_MINE, *MINE)
    both = [*REFERENCE[1:], ("b.png", photo(1))]
    app = press(upload(app, keys.UPLOAD_REFERENCE, *both), keys.START_PICTURES)
    assert "are the same picture" in told(app)
    assert Queue().list() == []


# The answers


def ask_faces(*photos: int, name: str = NAME) -> str:
    given = [Upload(f"{n}.png", photo(n)) for n in photos]
    people = [Portrayed(name, given)]
    return submit_faces(Queue(), Choice("demo:without"), people, consent=Consent(people=True))


def test_the_answer_about_a_face(visit: Visit, work: Work) -> None:
    job_id = ask_faces(1, 2, 3, 4)
    work()
    app = visit("already_online", job=job_id)
    assert not app.exception
    said = told(app)
    found = Confided(job_id).result
    assert found is not None
    result = Result.from_json(found["people"][0]["result"])
    assert result.outcome is Outcome.NOTHING
    assert f"<p class='answer'>{escape(person_words(result).headline)}</p>" in said
    assert NAME in said and MEANS in said
    assert "invented names would be “recognised”" in said
    assert "Protect the next photos" in [link.proto.label for link in app.get("page_link")]
    assert not [word for word in NEVER if word in said.lower().replace("were not used", "")]
    tables = [table.value for table in app.dataframe]
    assert any("Wordings that name it" in table for table in tables)
    assert any(len(table) == 21 for table in tables)


def test_too_few_photos_of_a_face(visit: Visit, work: Work) -> None:
    job_id = ask_faces(1)
    work()
    app = visit("already_online", job=job_id)
    assert "Too few photos of" in told(app)
    assert "invented names" not in told(app) and not app.dataframe, "figures would mislead"


def test_the_answer_about_pictures(visit: Visit, work: Work) -> None:
    first, second = (
        [Upload(f"{n}.png", photo(n)) for n in numbers] for numbers in (range(6), range(50, 72))
    )
    broken = Upload("<b>x</b>.png", b"\x89PNG\r\n\x1a\n cut")
    job_id = submit_pictures(
        Queue(), Choice("demo:without"), [*first, broken], second, None, consent=Consent()
    )
    work()
    app = visit("already_online", job=job_id)
    assert not app.exception
    assert "stand among the top 5% of the reference" in told(app)
    assert "&lt;b&gt;x&lt;/b&gt;.png</span>: left out." in told(app)
    assert MEANS in told(app)
    assert len(app.dataframe[0].value) == 6


def test_delete_everything(visit: Visit, work: Work) -> None:
    job_id = ask_faces(1)
    work()
    app = press(visit("already_online", job=job_id), keys.DELETE_ONLINE)
    assert not app.exception
    assert "Deleted." in told(app)
    assert keys.JOB not in app.query_params
    assert not Confided(job_id).exists
    assert "nothing under this address" in told(visit("already_online", job=job_id))


def test_the_door_stays_after_a_question(visit: Visit) -> None:
    app = named(agreed(visit), 0, NAME, 1, 2, 3)
    app = press(press(app, keys.START_FACES), keys.DELETE_ONLINE)
    assert app.radio(key=keys.ONLINE_DOOR).value == "face"


def test_a_running_question_can_be_cancelled_and_deleted(visit: Visit) -> None:
    job_id = ask_faces(1)
    Queue().claim()
    app = visit("already_online", job=job_id)
    assert {"Cancel", "Delete everything now"} <= set(labels(app))
    press(app, keys.DELETE_ONLINE)
    assert Queue().list() == []


def test_why_it_failed_is_read_on_the_page_alone(visit: Visit, work: Work) -> None:
    broken = [Upload(f"{NAME}.png", b"\x89PNG\r\n\x1a\n cut")]
    people = [Portrayed(NAME, broken)]
    job_id = submit_faces(Queue(), Choice("demo:without"), people, consent=Consent(people=True))
    work()
    assert NAME not in Queue().status(job_id).error
    app = visit("already_online", job=job_id)
    assert "None of the photos can be read." in told(app)
    assert {"Try again", "Delete everything now"} <= set(labels(app))


def test_what_was_swept_is_told(visit: Visit) -> None:
    job_id = ask_faces(1)
    Confided(job_id).remove()
    assert "were deleted" in told(visit("already_online", job=job_id))


def test_another_person_s_question_is_not_there(visit: Visit) -> None:
    given = [Portrayed(NAME, [Upload("a.png", photo(1))])]
    consent = Consent(people=True)
    job_id = submit_faces(Queue(), Choice("demo:people"), given, consent=consent, owner="someone")
    app = visit("already_online", job=job_id)
    assert "nothing under this address" in told(app)
    assert NAME not in told(app)
    assert Confided(job_id).exists
    assert Queue().status(job_id, "someone").state is JobState.WAITING
