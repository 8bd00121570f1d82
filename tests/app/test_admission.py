"""Who comes in: the owner of a private machine, and on a shared Telltale whoever signed in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitMissingAuthlibError
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from auditcore.database import LOCAL_OWNER
from pages._parts import admission, keys
from tests.app.conftest import ROOT
from tests.app.reading import labels, press, told

AUTH = {"client_id": "c", "client_secret": "s", "redirect_uri": "r", "cookie_secret": "k"}
ADA = {"is_logged_in": True, "iss": "https://id.example.org", "sub": "ada"}
PAGES = ("start", "protect", "check", "results", "how_it_works")

Open = Callable[..., AppTest]


@pytest.fixture
def come() -> Open:
    def _come(
        user: dict[str, object] | None = None, auth: dict[str, object] | None = None, page: str = ""
    ) -> AppTest:
        file = f"pages/{page}.py" if page else "app.py"
        app = AppTest.from_file(str(ROOT / file), default_timeout=120)
        app.user = user or {}
        if auth is not None:
            app.secrets = {"auth": auth}
        return app.run()

    return _come


@pytest.fixture
def reachable() -> Iterator[Callable[[str | None], None]]:
    before = config.get_option("server.address")
    yield lambda address: config.set_option("server.address", address)
    config.set_option("server.address", before)


def is_shut(app: AppTest) -> bool:
    """Whether nothing of Telltale is on the page and nothing was set up for the visit."""
    assert not app.exception
    return (
        keys.TRY_SAMPLE not in [b.key for b in app.button] and keys.ROUND not in app.session_state
    )


def test_the_owner_of_a_private_machine_just_comes_in(come: Open) -> None:
    app = come()
    assert not is_shut(app)
    assert "Sign out" not in labels(app)


@pytest.mark.parametrize("user", [{}, {"is_logged_in": False}, {"is_logged_in": True, "sub": "x"}])
def test_on_a_shared_telltale_a_stranger_sees_the_sign_in_alone(
    come: Open, user: dict[str, object]
) -> None:
    app = come(user, AUTH)
    assert is_shut(app)
    assert labels(app) == ["Sign in"]
    assert "Several people share this Telltale" in told(app)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_a_shared_telltale_opens_by_itself(come: Open, page: str) -> None:
    app = come(auth=AUTH, page=page)
    assert is_shut(app)
    assert labels(app) == ["Sign in"]


def test_whoever_signed_in_comes_in_and_can_leave(
    come: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []
    monkeypatch.setattr(st, "logout", lambda: left.append(True))
    app = come(ADA, AUTH)
    assert not is_shut(app)
    press(app, keys.SIGN_OUT)
    assert left == [True]


def test_each_provider_has_its_button(come: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(st, "login", asked.append)
    several = {"cookie_secret": "k", "redirect_uri": "r", "google": AUTH, "orcid": AUTH}
    app = come(auth=several)
    assert labels(app) == ["Sign in with Google", "Sign in with Orcid"]
    press(app, f"{keys.SIGN_IN}.orcid")
    press(come(auth=AUTH), f"{keys.SIGN_IN}.None")
    assert asked == ["orcid", None]


def test_a_sign_in_that_is_not_set_up_is_a_sentence(
    come: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_provider: str | None) -> None:
        raise StreamlitMissingAuthlibError

    monkeypatch.setattr(st, "login", missing)
    app = press(come(auth=AUTH), f"{keys.SIGN_IN}.None")
    assert is_shut(app)
    assert "not set up completely" in told(app)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "audit.example.org"])
def test_a_server_that_others_reach_stays_closed_without_sign_in(
    come: Open, reachable: Callable[[str | None], None], address: str | None
) -> None:
    reachable(address)
    app = come()
    assert is_shut(app)
    assert "can be reached by others" in told(app)
    assert not is_shut(come(ADA, AUTH))


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_a_server_of_this_machine_alone_is_open(
    come: Open, reachable: Callable[[str | None], None], address: str
) -> None:
    reachable(address)
    assert not is_shut(come())


def test_secrets_that_cannot_be_read_let_nobody_in(
    come: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[auth\n")
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])
    monkeypatch.setattr(st, "secrets", Secrets())
    try:
        app = come()
    finally:
        config.set_option("secrets.files", before)
    assert is_shut(app)
    assert "cannot read its secrets file" in told(app)


def test_nobody_who_signs_in_is_the_owner_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    class Person(dict[str, object]):
        def to_dict(self) -> dict[str, object]:
            return dict(self)

    def name(**person: object) -> str:
        monkeypatch.setattr(st, "user", Person(person))
        return admission.owner()

    assert name() == LOCAL_OWNER
    local = name(is_logged_in=True, iss="https://a", sub=LOCAL_OWNER)
    other = name(is_logged_in=True, iss="https://b", sub=LOCAL_OWNER)
    assert len({local, other, LOCAL_OWNER}) == 3
    monkeypatch.setattr(admission, "secrets", lambda: {"auth": AUTH})
    with pytest.raises(PermissionError):
        name(is_logged_in=False)
