"""The jobs about models: met, paused for a key or a ceiling, gone on with; owners kept apart."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from serving.live import served
from serving.tiny import ENCODER, TinyModel

from auditcore import paths
from auditcore.audit import Store
from auditcore.errors import ModelError
from auditcore.jobs import check, opened
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.meeting import met
from auditcore.jobs.orders import (
    SAMPLE_KIT,
    Choice,
    Order,
    submit_audit,
    submit_connect,
    submit_estimate,
)
from auditcore.jobs.queue import Job, JobState, Needs, Queue
from auditcore.jobs.worker import Kind, _do
from auditcore.models import Budget, Capability, ModelEntry, open_model
from auditcore.models.access import PRIVATE_SWITCH
from auditcore.paths import assets_dir
from auditcore.survey import Surveys

KEY = "a-key-of-sixteen-or-more"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(TinyModel(ENCODER), key=KEY) as address:
        yield address


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRIVATE_SWITCH, "1")


@pytest.fixture
def ring() -> KeyRing:
    keys = KeyRing()
    keys.put("local", "127.0.0.1", KEY)
    return keys


def do(kinds: dict[str, Kind], job_id: str, owner: str = "local") -> Job:
    job = Queue().claim(Queue().status(job_id, owner).lane)
    assert job is not None
    assert job.id == job_id
    _do(Queue(), job, kinds[job.kind])
    return Queue().status(job_id, owner)


def order_for(url: str, **choice: object) -> Order:
    chosen = replace(Choice(f"openai:{url}/v1#m", keyed=True), **choice)
    return Order(SAMPLE_KIT, chosen, "photo:cat.jpg", Fraction(1, 20))


def test_an_order_survives_the_queue_and_holds_no_key(url: str) -> None:
    budget = Budget(most=7, per_minute=30)
    order = order_for(url, budget=budget, released="2024-05-01")
    job = Queue().status(submit_audit(Queue(), order))
    assert Order.from_json(job.params) == order
    assert order.model.unpriced == replace(order.model, budget=Budget())


def test_a_connection_test_says_what_there_is(url: str, ring: KeyRing) -> None:
    job = do(check.kinds(ring), submit_connect(Queue(), order_for(url).model))
    assert job.state is JobState.DONE
    found = met(job)
    assert found.hosted
    assert set(found.gives) == {Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES}
    assert found.input_size == 16
    assert found.seconds_per_image > 0


def test_a_refused_key_is_a_sentence(url: str) -> None:
    choice = replace(order_for(url).model, keyed=False)
    job = do(check.kinds(KeyRing()), submit_connect(Queue(), choice))
    assert job.state is JobState.FAILED
    assert "asks for a key" in job.error


def test_a_local_model_is_tried_for_a_second() -> None:
    found = met(do(check.kinds(KeyRing()), submit_connect(Queue(), Choice("demo:with"))))
    assert not found.hosted
    assert found.seconds_per_image > 0
    assert found.details["precision"] == "float32"


def test_an_audit_without_its_key_waits_for_it_and_goes_on(url: str, data_dir: Path) -> None:
    keys = KeyRing()
    kinds = check.kinds(keys)
    job_id = submit_audit(Queue(), order_for(url))
    job = do(kinds, job_id)
    assert (job.state, job.needs) == (JobState.PAUSED, Needs.KEY)
    assert "Type the key for 127.0.0.1 again" in job.now
    keys.put("local", "127.0.0.1", KEY)
    Queue().resume(job_id)
    assert Queue().status(job_id).needs is None
    assert do(kinds, job_id).state is JobState.DONE
    for file in filter(Path.is_file, data_dir.rglob("*")):
        assert KEY.encode() not in file.read_bytes()


def test_a_kit_of_a_survey_is_asked_about_at_its_share() -> None:
    kinds = check.kinds(KeyRing())
    order = Order(SAMPLE_KIT, Choice("demo:without"), "collection", p=None)
    kit, model = check.open_kept(SAMPLE_KIT), open_model("demo:without")
    kits = {kit.id: "sample", "k" * 64: "another"}
    when = "2026-01-01T00:00:00Z"
    surveys = Surveys(Store(paths.database()))
    surveys.enrol("local", model.identity, Fraction(1, 5), kits, 0, when)
    at_share = do(kinds, submit_estimate(Queue(), order))
    assert check.estimated(at_share).level == Fraction(1, 20)
    other = do(kinds, submit_audit(Queue(), replace(order, p=Fraction(1, 20))))
    assert other.state is JobState.FAILED
    assert "one of a survey" in other.error and "held to 1 in 10" in other.error
    assert Store(paths.database()).audits() == []


def test_a_wrong_key_waits_for_another(url: str) -> None:
    keys = KeyRing()
    keys.put("local", "127.0.0.1", "another-key-altogether")
    job = do(check.kinds(keys), submit_audit(Queue(), order_for(url)))
    assert (job.state, job.needs) == (JobState.PAUSED, Needs.KEY)


def test_a_ceiling_pauses_and_a_higher_one_goes_on(url: str, ring: KeyRing) -> None:
    kinds = check.kinds(ring)
    order = order_for(url, budget=Budget(most=12))
    job_id = submit_audit(Queue(), order)
    job = do(kinds, job_id)
    assert (job.state, job.needs) == (JobState.PAUSED, Needs.CEILING)
    assert "12" in job.now
    higher = replace(order, model=replace(order.model, budget=Budget(most=5000)))
    Queue().resume(job_id, params=higher.to_json())
    job = do(kinds, job_id)
    assert job.state is JobState.DONE
    [record] = Store(paths.database()).audits()
    assert record.id == job.result["audit"]


def test_what_somebody_else_pays_for_needs_a_ceiling(url: str, ring: KeyRing) -> None:
    ring.put("ada", "127.0.0.1", KEY, lent=True)
    kinds, order = check.kinds(ring), order_for(url)
    job_id = submit_audit(Queue(), order, owner="ada")
    job = do(kinds, job_id, "ada")
    assert (job.state, job.needs) == (JobState.PAUSED, Needs.CEILING)
    assert "belongs to whoever runs this Telltale" in job.now
    Queue().resume(job_id, "ada", params=order.to_json())
    assert do(kinds, job_id, "ada").needs is Needs.CEILING
    capped = replace(order, model=replace(order.model, budget=Budget(most=5000)))
    Queue().resume(job_id, "ada", params=capped.to_json())
    assert "private network" in do(kinds, job_id, "ada").error, "it goes on to the address"
    ring.put("ada", "127.0.0.1", KEY)
    own = do(kinds, submit_audit(Queue(), order, owner="ada"), "ada")
    assert "private network" in own.error


def test_no_owner_uses_anothers_key_or_the_private_network(url: str, ring: KeyRing) -> None:
    kinds = check.kinds(ring)
    job_id = submit_connect(Queue(), order_for(url).model, owner="ada")
    job = do(kinds, job_id, "ada")
    assert job.state is JobState.FAILED
    assert "Type the key" in job.error
    ring.put("ada", "127.0.0.1", KEY)
    job_id = submit_connect(Queue(), order_for(url).model, owner="ada")
    assert "private network" in do(kinds, job_id, "ada").error


def test_files_of_a_shared_machine_cannot_be_named() -> None:
    place = assets_dir() / "models" / "demo-with"
    job_id = submit_connect(Queue(), Choice(f"openclip:{place}"), owner="ada")
    job = do(check.kinds(KeyRing()), job_id, "ada")
    assert job.state is JobState.FAILED
    assert "no files" in job.error


def test_others_than_its_owner_have_nothing_fetched_to_a_shared_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = ModelEntry("timm:far", "Far", frozenset({Capability.IMAGE_FEATURES}), 1, False)
    asked: list[str] = []
    monkeypatch.setattr(opened, "list_models", lambda: [entry])
    monkeypatch.setattr(opened, "_local", lambda spec, _running: asked.append(spec))
    models = opened.OpenModels(KeyRing())
    with pytest.raises(ModelError, match="already on its machine"):
        models.open("ada", Choice("timm:far"))
    assert asked == []
    models.open("local", Choice("timm:far"))
    assert asked == ["timm:far"]
