"""Choosing a model on the page: three doors, each checked and tested before it is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from auditcore.jobs import catalogue
from auditcore.jobs.catalogue import Catalogue
from auditcore.jobs.orders import Order
from auditcore.jobs.queue import Queue
from auditcore.models import Capability, ModelEntry
from auditcore.paths import assets_dir
from pages._parts import hosted_form, keys
from tests.app.conftest import ROOT
from tests.app.planted import planted
from tests.app.reading import labels, press, told

Visit = Callable[..., AppTest]
Work = Callable[[], None]

BOTH = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})
DEMO = assets_dir() / "models" / "demo-without"
REMOTE = "openclip:ViT-B-32/laion2b_s34b_b79k"


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        ModelEntry("demo:with", "Demo model, with", BOTH, 3_000_000, True),
        ModelEntry("demo:without", "Demo model, without", BOTH, 3_000_000, True),
        ModelEntry(f"openclip:{DEMO}", "Mine", BOTH, 3_000_000, True),
        ModelEntry(REMOTE, "ViT-B-32, laion2b", BOTH, 605_000_000, False),
    ]
    monkeypatch.setattr(catalogue, "list_models", lambda: entries)
    catalogue.write_catalogue()


def door(visit: Visit, name: str) -> AppTest:
    return visit("check").radio(key=keys.DOOR).set_value(name).run()


def can_start(app: AppTest) -> bool:
    return keys.START_AUDIT in [button.key for button in app.button]


def test_the_catalogue_comes_back_as_it_was_written() -> None:
    known = catalogue.read_catalogue()
    assert isinstance(known, Catalogue)
    assert known.devices[-1] == "cpu"
    assert [entry.spec for entry in known.models][:2] == ["demo:with", "demo:without"]


def test_a_demo_model_needs_no_test_and_says_how_it_is_asked(visit: Visit) -> None:
    app = door(visit, "demo")
    assert can_start(app)
    assert "how near it puts each picture to its caption" in told(app)
    assert keys.CONNECT not in [button.key for button in app.button]


def test_a_model_that_must_be_fetched_is_not_fetched_before_it_is_wanted(visit: Visit) -> None:
    app = door(visit, "here")
    assert not can_start(app)
    app.selectbox(key=keys.LISTED_MODEL).set_value(REMOTE).run()
    assert not app.exception
    assert "605.0 MB" in told(app)
    assert "Fetch it and try it" in labels(app)
    assert Queue().list(kind="connect") == []
    assert not can_start(app)


def test_a_folder_on_this_computer_is_tried_and_then_asked(visit: Visit, work: Work) -> None:
    app = door(visit, "here")
    app.get("button_group")[0].set_value("A file or folder of mine").run()
    app.text_input(key=keys.MODEL_PATH).set_value(str(DEMO)).run()
    app.selectbox(key=keys.PRECISION).set_value("float32").run()
    press(app, keys.CONNECT)
    assert not can_start(app)
    work()
    app.run()
    assert not app.exception
    assert "It works on this computer." in told(app)
    assert "how near it puts each picture to its caption" in told(app)
    press(app, keys.START_AUDIT)
    order = Order.from_json(Queue().list(kind="audit")[0].params)
    assert order.model.spec == f"openclip:{DEMO}"
    assert order.model.running.precision == "float32"


def test_another_choice_needs_another_test(visit: Visit, work: Work) -> None:
    app = door(visit, "here")
    app.selectbox(key=keys.LISTED_MODEL).set_value(f"openclip:{DEMO}").run()
    press(app, keys.CONNECT)
    work()
    assert can_start(app.run())
    app.selectbox(key=keys.PRECISION).set_value("bfloat16").run()
    assert not can_start(app)
    app.selectbox(key=keys.RUNTIME).set_value("onnxruntime").run()
    assert not can_start(app)
    app.selectbox(key=keys.PRECISION).set_value("float32").run()
    press(app, keys.CONNECT)
    work()
    assert can_start(app.run())
    details = [job.result["met"]["details"] for job in Queue().list(kind="connect")]
    assert sorted(found["engine"] for found in details) == ["onnxruntime", "torch"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/no/such/place", "There is nothing at /no/such/place"),
        ("{tmp}", "is not known as a model"),
    ],
)
def test_a_wrong_path_is_explained_as_it_is_typed(
    visit: Visit, tmp_path: Path, path: str, sentence: str
) -> None:
    app = door(visit, "here")
    app.get("button_group")[0].set_value("A file or folder of mine").run()
    app.text_input(key=keys.MODEL_PATH).set_value(path.format(tmp=tmp_path)).run()
    assert not app.exception
    assert sentence in told(app)
    assert keys.CONNECT not in [button.key for button in app.button]


def test_a_model_that_cannot_be_opened_is_explained(
    visit: Visit, work: Work, tmp_path: Path
) -> None:
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"\x80\x02")
    app = door(visit, "here")
    app.get("button_group")[0].set_value("A file or folder of mine").run()
    app.text_input(key=keys.MODEL_PATH).set_value(str(weights)).run()
    press(app, keys.CONNECT)
    work()
    app.run()
    assert not app.exception
    assert "pickle" in told(app)
    assert not can_start(app)


def typed(visit: Visit, address: str, model: str = "clip", kind: str = "openai") -> AppTest:
    app = door(visit, "address")
    app.radio(key=keys.PROTOCOL).set_value(kind).run()
    app.text_input(key=keys.ADDRESS).set_value(address).run()
    if kind != "hf":
        app.text_input(key=keys.MODEL_NAME).set_value(model).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("api.jina.ai/v1", "begins with https://"),
        ("http://api.jina.ai/v1", "https"),
        ("https://127.0.0.1/v1", "this computer"),
        ("https://2130706433/v1", ""),
        ("https://user:secret@api.jina.ai/v1", ""),
    ],
)
def test_what_is_typed_is_checked_as_it_is_typed(visit: Visit, address: str, sentence: str) -> None:
    app = typed(visit, address)
    [error] = app.error
    assert sentence in error.value
    assert "secret" not in error.value
    assert keys.CONNECT not in [button.key for button in app.button]
    assert Queue().list(kind="connect") == []


def test_every_kind_of_address_has_words_and_an_example() -> None:
    assert set(hosted_form._KINDS) == set(hosted_form.HOSTED)
    assert all(words.title and words.about for words in hosted_form._KINDS.values())


def test_a_local_model_that_is_asked_as_planted_ends_in_a_verdict(visit: Visit, work: Work) -> None:
    app = door(visit, "demo")
    press(app, keys.START_AUDIT)
    job = app.query_params[keys.AUDIT]
    with planted(0.9):
        work()
    assert "At least one of these" in told(visit("check", audit=job))


def test_on_a_shared_telltale_the_list_holds_what_is_on_its_machine(visit: Visit) -> None:
    def offered(app: AppTest) -> int:
        app.radio(key=keys.DOOR).set_value("here").run()
        assert not app.exception
        return len(app.selectbox(key=keys.LISTED_MODEL).options)

    assert offered(visit("check")) == 2
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.secrets = {"auth": {"client_id": "c"}}
    app.user = {"is_logged_in": True, "iss": "https://id.example.org", "sub": "ada"}
    assert offered(app.run().switch_page("pages/check.py").run()) == 1
