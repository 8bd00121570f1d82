"""A face and a name for a model behind an address: a consent of its own, counted, nothing kept."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving.live import served
from serving.tiny import ENCODER, TinyModel
from streamlit.testing.v1 import AppTest

from auditcore import paths
from auditcore.jobs import catalogue, check, passive, passive_faces, passive_kinds
from auditcore.jobs.keys import KeyRing, listen
from auditcore.jobs.lanes import WEB
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, Portrayed, Upload, most_sent
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import JobState, Needs, Queue
from auditcore.models import Budget
from auditcore.models.access import PRIVATE_SWITCH
from auditcore.passive.encodermi.comparing import LEAST_MINE, LEAST_REFERENCE
from pages._parts import keys
from tests.app.planted import do_jobs
from tests.app.reading import labels, press, told
from tests.app.test_online import NAME, agreed, named, photo, upload

Visit = Callable[..., AppTest]
Work = Callable[[], None]

KEY = "a-key-of-sixteen-or-more"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(TinyModel(ENCODER), key=KEY) as address:
        yield address


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch, data_dir: Path, decoys: Path) -> None:
    monkeypatch.setenv(PRIVATE_SWITCH, "1")
    monkeypatch.setattr(catalogue, "list_models", list)
    catalogue.write_catalogue()
    (data_dir / "text-features").symlink_to(decoys)


@pytest.fixture
def ring(data_dir: Path) -> KeyRing:
    one = KeyRing()
    listen(one)
    return one


@pytest.fixture
def work(ring: KeyRing) -> Work:
    kinds = {**check.kinds(ring), **passive_kinds.kinds(ring)}
    return lambda: do_jobs(kinds)


def ask(url: str, budget: Budget | None = None, keyed: bool = True) -> str:
    choice = Choice(f"openai:{url}/v1#m", keyed=keyed, budget=budget or Budget(most=30_000))
    people = [Portrayed(NAME, [Upload(f"{NAME} {n}.png", photo(n)) for n in range(3)])]
    consent = Consent(people=True, host="127.0.0.1")
    return passive.submit_faces(Queue(), choice, people, consent=consent)


def connected(app: AppTest, url: str, work: Work) -> AppTest:
    app.text_input(key=keys.ADDRESS).set_value(f"{url}/v1").run()
    app.text_input(key=keys.MODEL_NAME).set_value("m").run()
    app.text_input(key=f"{keys.API_KEY}.127.0.0.1").set_value(KEY).run()
    press(app, keys.CONNECT)
    work()
    return app.run()


def tables() -> str:
    found = sqlite3.connect(paths.database()).execute("SELECT name FROM sqlite_master")
    return str(found.fetchall())


def database() -> bytes:
    folder = paths.data_dir()
    return b"".join(path.read_bytes() for path in folder.glob("telltale.sqlite3*"))


def test_nothing_is_sent_without_a_consent_that_names_the_host(
    visit: Visit, url: str, work: Work
) -> None:
    app = agreed(visit).radio(key=f"{keys.DOOR}.face").set_value("address").run()
    assert "Photos **and names** are sent." in str(app.radio(key=f"{keys.DOOR}.face").proto)
    app = named(connected(app, url, work), 0, NAME, 1, 2, 3)
    said = told(app)
    assert "3 photos of the person and 21 sentences with the real name" in said.replace("\\", "")
    assert keys.START_FACES not in [button.key for button in app.button]
    app.checkbox(key=f"{keys.CONSENT_HOST}.127.0.0.1.{3 + 21 * 1002}.0").set_value(True).run()
    app = upload(app, f"{keys.PERSON_PHOTOS}.0", *((f"{n}.png", photo(n)) for n in (1, 2, 3, 4)))
    assert keys.START_FACES not in [button.key for button in app.button], "more would be sent"
    app.checkbox(key=f"{keys.CONSENT_HOST}.127.0.0.1.{4 + 21 * 1002}.0").set_value(True).run()
    assert not app.exception
    press(app, keys.START_FACES)
    [job] = Queue().list(kind="idia")
    question = Confided(job.id).question
    assert question["consent"]["host"] == "127.0.0.1"
    assert question["choice"]["budget"]["most"] == most_sent(4 + 21 + 21 * 1001)


def test_of_a_hosted_model_nothing_is_kept_or_logged(
    url: str, ring: KeyRing, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    ring.put("local", "127.0.0.1", KEY)
    job_id = ask(url)
    with caplog.at_level(logging.INFO):  # the worker's level
        work()
    assert NAME not in caplog.text
    assert Queue().status(job_id).state is JobState.DONE, Confided(job_id).reason
    assert Confided(job_id).result is not None
    assert "hosted_answers" not in tables()
    assert NAME.encode() not in database()


def test_it_stops_at_what_was_agreed_to(url: str, ring: KeyRing, work: Work) -> None:
    ring.put("local", "127.0.0.1", KEY)
    job_id = ask(url, Budget(most=10))
    work()
    assert Queue().status(job_id).state is JobState.FAILED
    assert "everything you had agreed to was sent" in str(Confided(job_id).reason)


def test_what_was_cut_off_is_not_sent_again_without_being_asked(
    visit: Visit, url: str, ring: KeyRing, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    ring.put("local", "127.0.0.1", KEY)
    job_id = ask(url)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(passive_faces, "choose", killed)
        work()
    assert Queue().adopt(WEB) == 1
    work()
    assert Queue().status(job_id).state is JobState.FAILED
    app = visit("already_online", job=job_id)
    assert "all of it is sent once more" in told(app)
    press(app, keys.RETRY_ONLINE)
    work()
    assert Queue().status(job_id).state is JobState.DONE


def test_a_missing_key_pauses_and_is_asked_for(
    visit: Visit, url: str, ring: KeyRing, work: Work
) -> None:
    job_id = ask(url, keyed=False)
    work()
    job = Queue().status(job_id)
    assert job.state is JobState.PAUSED and job.needs is Needs.KEY
    assert NAME.encode() not in database()
    app = visit("already_online", job=job_id)
    assert {"Go on", "Delete everything now"} <= set(labels(app))
    assert "sent once more" in told(app)
    app.text_input(key=f"{keys.KEY_AGAIN}.127.0.0.1").set_value(KEY).run()
    press(app, keys.GO_ON_ONLINE)
    work()
    assert Queue().status(job_id).state is JobState.DONE
    app.run()
    assert NAME in told(app)


def test_pictures_are_counted_view_by_view_before_they_are_sent(
    visit: Visit, url: str, work: Work
) -> None:
    app = visit("already_online").radio(key=f"{keys.DOOR}.pictures").set_value("address").run()
    connected(app, url, work)
    for widget, seeds in (
        (keys.UPLOAD_MINE, range(LEAST_MINE)),
        (keys.UPLOAD_REFERENCE, range(100, 100 + LEAST_REFERENCE)),
    ):
        app = upload(app, widget, *((f"{seed}.png", photo(seed)) for seed in seeds))
    assert "250 pictures, ten views of each of yours" in told(app)
    assert keys.START_PICTURES not in [button.key for button in app.button]
    app.checkbox(key=f"{keys.CONSENT_HOST}.127.0.0.1.250.0").set_value(True).run()
    press(app, keys.START_PICTURES)
    work()
    [job] = Queue().list(kind="encodermi")
    assert job.state is JobState.DONE
    assert "hosted_answers" not in tables()
