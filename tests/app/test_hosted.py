"""A model behind an address on the page: tested, priced, paused at a ceiling or without a key."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from serving.live import served
from serving.tiny import ENCODER, TinyModel
from streamlit.testing.v1 import AppTest

from auditcore.jobs import check
from auditcore.jobs.keys import KeyRing, deliver, listen
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.queue import Job, JobState, Needs, Queue
from auditcore.models import Budget
from auditcore.models.access import PRIVATE_SWITCH
from pages._parts import keys
from tests.app.conftest import ROOT
from tests.app.planted import do_jobs
from tests.app.reading import labels, press, told

Visit = Callable[..., AppTest]
Work = Callable[[], None]

KEY = "a-key-of-sixteen-or-more"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(TinyModel(ENCODER), key=KEY) as address:
        yield address


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setenv(PRIVATE_SWITCH, "1")
    data_dir.mkdir(exist_ok=True)
    entry = {"spec": "demo:with", "title": "Demo", "gives": ["image features"]}
    listed = [{**entry, "size_bytes": 1, "on_this_machine": True}]
    (data_dir / "models.json").write_text(json.dumps({"models": listed, "devices": ["cpu"]}))


@pytest.fixture
def ring() -> KeyRing:
    """The keys of a worker that listens."""
    one = KeyRing()
    listen(one)
    return one


@pytest.fixture
def work(ring: KeyRing) -> Work:
    kinds = check.kinds(ring)
    return lambda: do_jobs(dict(kinds))


def typed(visit: Visit, url: str, key: str = KEY) -> AppTest:
    app = visit("check").radio(key=keys.DOOR).set_value("address").run()
    app.text_input(key=keys.ADDRESS).set_value(f"{url}/v1").run()
    app.text_input(key=keys.MODEL_NAME).set_value("m").run()
    if key:
        app.text_input(key=f"{keys.API_KEY}.127.0.0.1").set_value(key).run()
    assert not app.exception
    return app


def connected(visit: Visit, url: str, work: Work) -> AppTest:
    app = press(typed(visit, url), keys.CONNECT)
    work()
    app.run()
    assert not can_start(app), "what it will take comes first"
    work()
    return app.run()


def last(kind: str) -> Job:
    return Queue().list(kind=kind)[0]


def can_start(app: AppTest) -> bool:
    return keys.START_AUDIT in [button.key for button in app.button]


def rows(app: AppTest) -> str:
    return " ".join(table.value.to_string() for table in app.table)


def test_nothing_is_sent_before_the_test_and_nothing_started(visit: Visit, url: str) -> None:
    app = typed(visit, url)
    assert "Test the connection" in labels(app)
    assert "Nothing of yours is sent" in told(app)
    assert not can_start(app)
    assert Queue().list(kind="connect") == []


def test_from_the_address_to_the_verdict(
    visit: Visit, url: str, work: Work, data_dir: Path
) -> None:
    app = connected(visit, url, work)
    assert not app.exception
    said = told(app)
    assert "It answers. It describes a picture by a list of numbers" in said
    assert "how near it puts each picture to its caption" in said
    assert "small copies of the published photos" in said
    assert "and their captions" in said
    assert "Pictures" in rows(app)
    assert "16 by 16 pixels" in rows(app)
    app.radio(key=keys.CLAIM).set_value("photo").run()
    work()
    press(app.run(), keys.START_AUDIT)
    work()
    job = last("audit")
    assert job.state is JobState.DONE
    assert "cat.jpg" not in job.error
    assert "What it does not mean" in told(visit("check", audit=job.id))
    assert not any(
        KEY.encode() in file.read_bytes() for file in data_dir.rglob("*") if file.is_file()
    )


def test_the_price_changes_the_forecast_and_needs_no_other_test(
    visit: Visit, url: str, work: Work
) -> None:
    app = connected(visit, url, work)
    assert "Cost" not in rows(app)
    jobs = len(Queue().list())
    app.number_input(key=keys.PRICE).set_value(20.0).run()
    app.number_input(key=keys.MOST_MONEY).set_value(1.0).run()
    assert not app.exception
    assert "Cost" in rows(app)
    assert "The check stops at 50 pictures" in told(app)
    assert "Your ceiling is 50 pictures" in told(app)
    app.number_input(key=keys.MOST_PICTURES).set_value(30).run()
    assert "The check stops at 30 pictures" in told(app)
    assert len(Queue().list()) == jobs
    press(app, keys.START_AUDIT)
    assert Order.from_json(last("audit").params).model.budget.most == 30


def test_a_model_that_is_older_than_the_kit_is_warned_of(
    visit: Visit, url: str, work: Work
) -> None:
    app = connected(visit, url, work)
    app.get("date_input")[0].set_value("2020-01-01").run()
    work()
    app.run()
    assert "before the kit was sealed" in told(app)


def test_a_wrong_key_is_explained_and_another_test_is_offered(
    visit: Visit, url: str, work: Work
) -> None:
    app = press(typed(visit, url, key="another-key-altogether"), keys.CONNECT)
    work()
    app.run()
    assert not app.exception
    assert "does not accept the key" in told(app)
    assert not can_start(app)
    app.text_input(key=f"{keys.API_KEY}.127.0.0.1").set_value(KEY).run()
    press(app, keys.CONNECT)
    work()
    app.run()
    work()
    assert can_start(app.run())


def test_a_key_that_is_cleared_is_forgotten(
    visit: Visit, url: str, ring: KeyRing, work: Work
) -> None:
    app = connected(visit, url, work)
    assert ring.key_of("local")("127.0.0.1") == KEY
    app.text_input(key=f"{keys.API_KEY}.127.0.0.1").set_value("").run()
    press(app, keys.CONNECT)
    assert ring.key_of("local")("127.0.0.1") is None
    work()
    assert "asks for a key" in told(app.run())


def test_the_apps_secrets_hold_keys_too(visit: Visit, url: str, work: Work) -> None:
    app = visit("check")
    app.secrets["keys"] = {"127.0.0.1": KEY}
    app.radio(key=keys.DOOR).set_value("address").run()
    app.text_input(key=keys.ADDRESS).set_value(f"{url}/v1").run()
    app.text_input(key=keys.MODEL_NAME).set_value("m").run()
    assert "has a key for it" in app.text_input(key=f"{keys.API_KEY}.127.0.0.1").placeholder
    press(app, keys.CONNECT)
    work()
    app.run()
    assert not app.exception
    assert "It answers." in told(app)
    assert KEY not in told(app)


def test_on_a_shared_telltale_the_apps_key_is_lent_and_a_typed_one_is_ones_own(
    ring: KeyRing,
) -> None:
    host, ada = "api.example.org", "https://id.example.org ada"
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.secrets = {"auth": {"client_id": "c"}, "keys": {host: KEY}}
    app.user = {"is_logged_in": True, "iss": "https://id.example.org", "sub": "ada"}
    app.run().switch_page("pages/check.py").run().radio(key=keys.DOOR).set_value("address").run()
    app.text_input(key=keys.ADDRESS).set_value(f"https://{host}/v1").run()
    app.text_input(key=keys.MODEL_NAME).set_value("m").run()
    press(app, keys.CONNECT)
    assert not app.exception
    assert ring.key_of(ada)(host) == KEY
    assert ring.is_lent(ada, host)
    app.text_input(key=f"{keys.API_KEY}.{host}").set_value("a-key-of-her-own").run()
    press(app, keys.CONNECT)
    assert ring.key_of(ada)(host) == "a-key-of-her-own"
    assert not ring.is_lent(ada, host)


def test_a_key_of_one_host_is_not_offered_to_another(visit: Visit, url: str) -> None:
    app = typed(visit, url)
    app.text_input(key=keys.ADDRESS).set_value("https://api.example.org/v1").run()
    assert app.text_input(key=f"{keys.API_KEY}.api.example.org").value == ""


def test_without_a_worker_the_key_goes_nowhere(
    visit: Visit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deliver.__kwdefaults__, "patience", 0.0)
    app = press(typed(visit, url), keys.CONNECT)
    assert not app.exception
    assert "does not answer" in told(app)
    assert Queue().list(kind="connect") == []


def submitted(url: str, **choice: object) -> str:
    chosen = replace(Choice(f"openai:{url}/v1#m", keyed=True), **choice)
    return submit_audit(Queue(), Order(SAMPLE_KIT, chosen, "photo:cat.jpg", Fraction(1, 20)))


def test_a_ceiling_is_raised_on_the_audits_page(
    visit: Visit, url: str, ring: KeyRing, work: Work
) -> None:
    ring.put("local", "127.0.0.1", KEY)
    job = submitted(url, budget=Budget(most=12))
    work()
    assert Queue().status(job).needs is Needs.CEILING
    app = visit("check", audit=job)
    assert "The ceiling of 12 pictures is reached" in told(app)
    assert app.number_input(key=keys.MORE_PICTURES).value == 24
    app.number_input(key=keys.MORE_PICTURES).set_value(4000).run()
    press(app, keys.RESUME_AUDIT)
    work()
    app = visit("check", audit=job)
    assert not app.exception
    assert "What it does not mean" in told(app)


def test_a_key_is_typed_again_on_the_audits_page(visit: Visit, url: str, work: Work) -> None:
    job = submitted(url)
    work()
    assert Queue().status(job).needs is Needs.KEY
    app = visit("check", audit=job)
    assert "Type the key for 127.0.0.1 again" in told(app)
    app.text_input(key=f"{keys.KEY_AGAIN}.127.0.0.1").set_value(KEY).run()
    press(app, keys.RESUME_AUDIT)
    work()
    assert "What it does not mean" in told(visit("check", audit=job))


def test_an_audit_is_gone_on_with_from_the_results(
    visit: Visit, url: str, ring: KeyRing, work: Work
) -> None:
    ring.put("local", "127.0.0.1", KEY)
    job = submitted(url, budget=Budget(most=12))
    work()
    audit = Queue().status(job).result["audit"]
    app = visit("results", audit=audit)
    assert app.number_input(key=keys.MORE_PICTURES).value == 24
    press(app, keys.RESUME_AUDIT)
    order = Order.from_json(last("audit").params)
    assert order.model.budget.most == 24
    assert order.model.keyed is False
