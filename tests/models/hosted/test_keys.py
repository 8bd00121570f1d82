"""A key is nowhere but on its way to its host: everything that a whole audit leaves is searched."""

import base64
import hashlib
import logging
import pickle
import traceback
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from auditcore import paths
from auditcore.audit import Store, run_audit, start_audit
from auditcore.errors import KeyRefused, TelltaleError
from auditcore.evidence import build_report, render_html, report_bytes
from auditcore.kit import PhotoSource, open_kit
from auditcore.kit.folder import protect_into
from auditcore.models import Access, open_model
from auditcore.models.access import key_from_environment
from tests.models.hosted.provider import KEY, Asked, Said, infinity, pictures, provider

TRACES = {
    "the key": KEY,
    "its base64": base64.b64encode(KEY.encode()).decode(),
    "its header": f"Bearer {KEY}",
    "its hash": hashlib.sha256(KEY.encode()).hexdigest(),
    "its start": KEY[:8],
    "its end": KEY[-8:],
}


def unkeyed(words: bytes) -> None:
    for name, trace in TRACES.items():
        assert trace.encode() not in words, f"{name} was found"


@pytest.fixture
def kit_file(tmp_path: Path) -> Path:
    """Seal two small photos."""
    for number, pixels in enumerate(pictures(2, side=48)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    sources = [PhotoSource.from_path(tmp_path / f"{number}.png") for number in range(2)]
    protect_into(tmp_path / "sealed", sources, versions=20)
    return tmp_path / "sealed" / "kit.zip"


def echoing(asked: Asked) -> Said:
    """Answer like Infinity, and repeat the key in headers."""
    asked_for = asked.headers.get("authorization", "")
    said = infinity(asked)
    said.headers["X-Echo"] = said.headers["Server"] = asked_for
    return said


def everything_on_disk(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.startswith(paths.database().name) for path in files)
    return b"\n".join([str(path).encode() + path.read_bytes() for path in files])


def test_a_whole_audit_leaves_no_trace_of_the_key(
    kit_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TELLTALE_KEY_127_0_0_1", KEY)
    monkeypatch.setenv("TELLTALE_ALLOW_PRIVATE_ADDRESSES", "1")
    kit = open_kit(kit_file)
    with provider(echoing) as running:
        model = open_model(f"openai:{running.url}#clip;size=32;form=infinity")
        store = Store(paths.database())
        audit = start_audit(store, kit, model, claim="each", p=Fraction(1, 10))
        events = list(run_audit(store, audit, kit, model))
        report = build_report(store, audit, kit)
    assert {asked.headers["authorization"] for asked in running.posts} == {f"Bearer {KEY}"}
    assert len(running.posts) > 10
    unkeyed(everything_on_disk(tmp_path))
    unkeyed(report_bytes(report) + render_html(report).encode())
    unkeyed(repr([events, model, vars(model), model.identity, store.log(audit)]).encode())
    unkeyed((caplog.text + "".join(capsys.readouterr())).encode())


@pytest.mark.parametrize("name", TRACES)
def test_the_search_finds_what_it_looks_for(name: str) -> None:
    with pytest.raises(AssertionError, match="was found"):
        unkeyed(b"before" + TRACES[name].encode() + b"after")


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 413, 422, 429, 500])
def test_no_error_repeats_the_key(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(asked: Asked) -> Said:
        said = {"error": {"message": f"no: {asked.headers['authorization']}"}, "detail": KEY}
        headers = {"Location": f"https://example.org/?key={KEY}", "Retry-After": "9999"}
        return Said(said, status=status, headers={**headers, "WWW-Authenticate": KEY})

    with provider(echo) as running:
        spec = f"openai:{running.url}#clip;size=16;form=infinity"
        with pytest.raises(TelltaleError) as told:
            open_model(spec, Access(key_of=lambda _: KEY, private=True))
    shown = "".join(traceback.format_exception(told.value))
    unkeyed((shown + repr(told.value) + caplog.text).encode())
    unkeyed(repr(told.value.args).encode())


def test_a_key_goes_to_its_own_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_KEY_API_JINA_AI", KEY)
    monkeypatch.setenv("HF_TOKEN", "hf_token")
    for host in ("127.0.0.1", "jina.ai", "api.jina.ai.evil.example", "huggingface.co.evil.example"):
        assert key_from_environment(host) is None
    assert key_from_environment("api.jina.ai") == KEY
    assert key_from_environment("router.huggingface.co") == "hf_token"
    with provider(infinity) as running:
        open_model(f"openai:{running.url}#clip;size=16", Access(private=True))
    assert all("authorization" not in asked.headers for asked in running.asked)


def test_a_model_holds_no_key_that_could_be_copied() -> None:
    handed_out: list[Any] = []

    def key_of(_: str) -> str:
        handed_out.append(KEY)
        return KEY

    with provider(infinity) as running:
        model = open_model(
            f"openai:{running.url}#clip;size=16", Access(key_of=key_of, private=True)
        )
    unkeyed(pickle.dumps([model.identity, model.capabilities, model.labels]))
    assert len(handed_out) >= len(running.asked)  # asked for anew each time


def test_a_key_that_is_taken_back_stops_the_next_request() -> None:
    keys = [KEY]

    def guarded(asked: Asked) -> Said:
        fine = asked.headers.get("authorization") == f"Bearer {KEY}"
        return infinity(asked) if fine else Said({"error": "no key"}, status=401)

    with provider(guarded) as running:
        access = Access(key_of=lambda _: keys[0] if keys else None, private=True)
        model = open_model(f"openai:{running.url}#clip;size=16", access)
        keys.clear()
        with pytest.raises(KeyRefused, match="TELLTALE_KEY_127_0_0_1"):
            model.image_features(pictures(1))
