import gzip
import json
import logging
import ssl
import subprocess
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpcore2
import pytest

from auditcore.errors import Cancelled, KeyRefused, ModelError, SpendingError
from auditcore.models.hosted import door as door_module
from auditcore.models.hosted import guard
from auditcore.models.hosted.base import Call, Unsuited
from auditcore.models.hosted.door import TRIES, Door
from auditcore.models.hosted.refusals import SHOWN, scrubbed
from auditcore.models.hosted.waiting import Pace
from tests.models.hosted.provider import KEY, Answering, Asked, FakeClock, Provider, Said, provider

FINE = Said({"fine": True})
ASK = Call("/ask", json={"question": 1})


@contextmanager
def door_to(
    answering: Answering, key: str | None = KEY
) -> Iterator[tuple[Door, Provider, FakeClock]]:
    time = FakeClock()
    with provider(answering) as running:
        address = guard.admit(running.url, private=True)
        pace = Pace(time.clock(), None)
        yield Door(address, lambda host: key, pace, time.clock()), running, time


def in_turn(*said: Said) -> Answering:
    """Answer one after another, the last for ever."""
    left = list(said)
    lock = threading.Lock()

    def answering(_: Asked) -> Said:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answering


def test_what_is_sent() -> None:
    with door_to(lambda _: FINE) as (door, running, _):
        assert door.send(ASK) == {"fine": True}
        assert door.read("/told") == {"fine": True}
    post, get = running.asked
    assert (post.method, post.path, post.json) == ("POST", "/ask", {"question": 1})
    assert (get.method, get.path, get.body) == ("GET", "/told", b"")
    assert post.headers["authorization"] == f"Bearer {KEY}"
    assert post.headers["host"] == f"127.0.0.1:{running.port}"
    assert post.headers["accept-encoding"] == "identity"
    assert post.headers["content-type"] == "application/json"
    assert "cookie" not in post.headers


def test_without_a_key_none_is_sent() -> None:
    with door_to(lambda _: FINE, key=None) as (door, running, _):
        door.send(ASK)
    assert "authorization" not in running.asked[0].headers


@pytest.mark.parametrize("key", ["two words", "new\nline", "snow\N{SNOWMAN}", "tab\tbed"])
def test_a_key_that_is_none_is_refused_unseen(key: str) -> None:
    with door_to(lambda _: FINE, key=key) as (door, running, _), pytest.raises(KeyRefused) as told:
        door.send(ASK)
    assert not running.asked
    assert key.split()[0] not in str(told.value)


def test_cookies_and_proxies_of_the_environment_have_no_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with door_to(lambda _: Said(1, headers={"Set-Cookie": "a=b"})) as (door, running, _):
        assert door.send(ASK) == door.send(ASK) == 1
    assert "cookie" not in running.asked[1].headers


@pytest.mark.parametrize(
    "failed",
    [
        Said({"error": "slow down"}, status=429),
        Said({}, status=500),
        Said({}, status=502),
        Said({}, status=503),
        Said({}, status=504),
        Said({"fine": True}, cut=5),
        Said({"fine": True}, silent=True),
        Said(raw=b'{"fine": tr'),
        Said(raw=b"\xff\xfe\x00"),
        Said(raw=b"[" * 100_000),
        Said(raw=b""),
    ],
    ids=lambda said: f"{said.status}-{said.cut}-{said.silent}-{(said.raw or b'')[:3]!r}",
)
def test_what_may_pass_is_tried_again(failed: Said) -> None:
    with door_to(in_turn(failed, failed, FINE)) as (door, running, time):
        assert door.send(ASK) == {"fine": True}
    assert len(running.asked) == 3
    assert time.seconds == pytest.approx(0.5 + 1.0)  # 1 s, 2 s, less the jitter


def test_tries_and_waits_are_bounded_and_every_try_is_counted() -> None:
    counted: list[int] = []
    with (
        door_to(lambda _: Said({}, status=500)) as (door, running, time),
        pytest.raises(ModelError, match=r"no usable answer in 8 tries: it failed \(500\)"),
    ):
        door.send(ASK, lambda: counted.append(1))
    assert len(running.asked) == len(counted) == TRIES
    assert time.seconds == pytest.approx(0.5 * (1 + 2 + 4 + 8 + 16 + 32 + 60))


def test_a_ceiling_stops_between_tries() -> None:
    left = [1, 1]

    def count() -> None:
        if not left:
            raise SpendingError("enough")
        left.pop()

    with (
        door_to(lambda _: Said({}, status=500)) as (door, running, _),
        pytest.raises(SpendingError),
    ):
        door.send(ASK, count)
    assert len(running.asked) == 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", ["17", " 17 ", "date"])
def test_retry_after_is_obeyed(status: int, header: str) -> None:
    time_now = FakeClock().clock().today()
    value = formatdate(time_now + 17, usegmt=True) if header == "date" else header
    busy = Said({}, status=status, headers={"Retry-After": value})
    with door_to(in_turn(busy, FINE)) as (door, _, time):
        door.send(ASK)
    assert 17 <= time.seconds <= 18


@pytest.mark.parametrize("header", ["soon", "-5", "1e9", "Thu, 99 Foo 2026", ""])
def test_an_unclear_retry_after_is_a_usual_wait(header: str) -> None:
    busy = Said({}, status=429, headers={"Retry-After": header})
    with door_to(in_turn(busy, FINE)) as (door, _, time):
        door.send(ASK)
    assert time.seconds == pytest.approx(0.5)


@pytest.mark.parametrize(
    "header", ["601", "86400", "9" * 309, "9" * 5000, "Thu, 22 Nov 2096 06:00:00 GMT"]
)
def test_a_long_retry_after_puts_the_audit_aside(header: str) -> None:
    busy = Said({}, status=429, headers={"Retry-After": header})
    with (
        door_to(lambda _: busy) as (door, running, time),
        pytest.raises(ModelError, match=r"asks to wait \d+ minutes .* is kept"),
    ):
        door.send(ASK)
    assert len(running.asked) == 1
    assert time.seconds == 0


def test_waiting_ends_when_the_person_stops() -> None:
    busy = Said({}, status=429, headers={"Retry-After": "500"})
    with door_to(lambda _: busy) as (door, running, time):
        door.pace.should_stop = lambda: time.seconds > 1
        with pytest.raises(Cancelled):
            door.send(ASK)
    assert len(running.asked) == 1
    assert time.seconds < 2


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (301, ModelError, "not followed"),
        (302, ModelError, "not followed"),
        (308, ModelError, "not followed"),
        (400, Unsuited, r"does not accept the request \(400\)"),
        (401, KeyRefused, "does not accept the key"),
        (402, SpendingError, "credit .* is used up"),
        (403, KeyRefused, "does not allow this key"),
        (404, Unsuited, "no such model or path"),
        (405, Unsuited, "Check the address"),
        (410, ModelError, "not offer this model any more"),
        (413, Unsuited, ";batch=1"),
        (418, ModelError, r"\(418\)"),
        (422, Unsuited, r"\(422\)"),
        (501, ModelError, r"\(501\)"),
    ],
)
def test_each_refusal_has_its_sentence_and_is_not_repeated(
    status: int, kind: type[ModelError], words: str
) -> None:
    with (
        door_to(lambda _: Said({}, status=status)) as (door, running, _),
        pytest.raises(kind, match=words),
    ):
        door.send(ASK)
    assert len(running.asked) == 1


def test_without_a_key_401_names_the_variable() -> None:
    with (
        door_to(lambda _: Said({}, status=401), key=None) as (door, _, _),
        pytest.raises(KeyRefused, match="TELLTALE_KEY_127_0_0_1"),
    ):
        door.send(ASK)


@pytest.mark.parametrize(
    "said",
    [
        {"error": {"message": "MESSAGE", "type": "x"}},
        {"error": "MESSAGE"},
        {"detail": "MESSAGE"},
        {"detail": [{"loc": ["body"], "msg": "MESSAGE"}]},
        {"message": "MESSAGE"},
        "MESSAGE",
    ],
)
def test_the_providers_own_words_are_shown_short_and_without_the_key(said: Any) -> None:
    text = json.dumps(said).replace("MESSAGE", f"Your key {KEY} \\u0007is  wrong. " + "so " * 500)
    with (
        door_to(lambda _: Said(raw=text.encode(), status=422)) as (door, _, _),
        pytest.raises(ModelError) as told,
    ):
        door.send(ASK)
    assert 'It says: "Your key [key] is wrong. so so' in str(told.value)
    assert KEY not in str(told.value)
    assert len(str(told.value)) < SHOWN + 150


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"{}", b"[]", b"[" * 99_999, b"\xff"])
def test_a_refusal_without_words_is_fine(body: bytes) -> None:
    with (
        door_to(lambda _: Said(raw=body, status=400)) as (door, _, _),
        pytest.raises(Unsuited, match=r"\(400\)"),
    ):
        door.send(ASK)


@pytest.mark.parametrize(
    "text",
    [
        f"key={KEY}",
        f"Bearer {KEY}",
        f'{{"k":"{KEY}"}}',
        KEY[:9] + "********",
        "***" + KEY[-6:],
        f"https://example.org/{KEY}/x",
    ],
)
def test_scrubbing_takes_out_the_key_and_its_pieces(text: str) -> None:
    shown = scrubbed(text, KEY)
    assert "[key]" in shown
    assert not any(KEY[i : i + 6] in shown for i in range(len(KEY) - 5))
    assert scrubbed("short key ab1 here", "ab1") == "short key [key] here"


def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    with provider(lambda _: FINE) as inside:
        away = Said({}, status=307, headers={"Location": f"{inside.url}/latest/meta-data"})
        with (
            door_to(lambda _: away) as (door, running, _),
            pytest.raises(ModelError, match="not followed"),
        ):
            door.send(ASK)
    assert len(running.asked) == 1
    assert not inside.asked


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/octet-stream"])
def test_something_else_than_json_is_refused(kind: str) -> None:
    said = Said(raw=b"{}", headers={"Content-Type": kind})
    with (
        door_to(lambda _: said) as (door, running, _),
        pytest.raises(Unsuited, match="something else than JSON"),
    ):
        door.send(ASK)
    assert len(running.asked) == 1


def test_a_gzip_bomb_is_never_unpacked() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    said = Said(raw=bomb, headers={"Content-Encoding": "gzip"})
    with door_to(lambda _: said) as (door, _, _), pytest.raises(ModelError, match="compressed"):
        door.send(ASK)


def test_a_huge_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "ANSWER_MOST", 1 << 20)
    said = Said(raw=b"[" + b"1," * (1 << 20) + b"1]")
    with (
        door_to(lambda _: said) as (door, running, _),
        pytest.raises(ModelError, match=r"more than 1 MB.* ;batch=1"),
    ):
        door.send(ASK)
    assert len(running.asked) == 1


def test_what_an_answer_may_take_of_memory_is_bounded() -> None:
    """Decode the costliest answer known, empty objects, and see what a whole one would take."""
    tracemalloc.start()
    try:
        decoded = json.loads(b"[" + b"{}," * 50_000 + b"{}]")
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / (3 * len(decoded)) * door_module.ANSWER_MOST < 300 * 2**20


def test_nobody_there() -> None:
    with door_to(lambda _: FINE) as (door, _, time):
        pass
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 gave no usable .* could not be reached"):
        door.send(ASK)
    assert time.seconds > 0


class Network(httpcore2.NetworkBackend):
    """Connects every address to one test server, and writes down what it was told."""

    def __init__(self, port: int, broken: Iterable[str] = ()) -> None:
        self.port, self.broken = port, set(broken)
        self.connected: list[tuple[str, int]] = []
        self.tls: list[tuple[str | None, ssl.SSLContext]] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        self.connected.append((host, port))
        if host in self.broken:
            raise httpcore2.ConnectError("no route")
        inner = httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout)
        return PretendedTLS(inner, self.tls)


class PretendedTLS(httpcore2.NetworkStream):
    """Says that TLS began, and goes on in the clear."""

    def __init__(self, inner: httpcore2.NetworkStream, tls: list[Any]) -> None:
        self.inner, self.tls = inner, tls
        self.read, self.write, self.close = inner.read, inner.write, inner.close  # type: ignore[method-assign]

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        self.tls.append((server_hostname, ssl_context))
        return self

    def get_extra_info(self, info: str) -> Any:
        return None if info == "ssl_object" else self.inner.get_extra_info(info)


def test_a_name_that_changes_is_not_looked_up_again() -> None:
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["93.184.215.14"] if len(looked_up) == 1 else ["127.0.0.1"]

    once = Said({"n": 1}, headers={"Connection": "close"})
    with provider(lambda _: once) as running:
        network = Network(running.port)
        time = FakeClock()
        address = guard.admit("https://model.example", False, resolve)
        pace = Pace(time.clock(), None)
        door = Door(address, lambda host: KEY, pace, time.clock(), network)
        for _ in range(3):
            door.send(ASK)
    assert looked_up == ["model.example"]
    assert network.connected == [("93.184.215.14", 443)] * 3
    assert {name for name, _ in network.tls} == {"model.example"}
    assert running.asked[0].headers["host"] == "model.example"
    for _, context in network.tls:
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_the_next_pinned_address_is_tried() -> None:
    with provider(lambda _: FINE) as running:
        network = Network(running.port, broken=["93.184.215.14"])
        time = FakeClock()
        address = guard.Address("https", "model.example", 443, ("93.184.215.14", "93.184.215.15"))
        door = Door(address, lambda host: KEY, Pace(time.clock(), None), time.clock(), network)
        assert door.send(ASK) == {"fine": True}
    assert [host for host, _ in network.connected] == ["93.184.215.14", "93.184.215.15"]


class Drip(httpcore2.NetworkStream):
    """Gives one byte at a time, a minute each."""

    def __init__(self, time: FakeClock) -> None:
        self.time = time

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        assert timeout is not None
        if timeout < 50:
            self.time.sleep(timeout)
            raise httpcore2.ReadTimeout
        self.time.sleep(50)
        return b"H"

    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...

    def close(self) -> None: ...

    def get_extra_info(self, info: str) -> Any:
        return None


def test_a_slow_drip_ends_at_the_deadline() -> None:
    time = FakeClock()

    class Slow(httpcore2.NetworkBackend):
        def connect_tcp(self, *_: Any, **__: Any) -> httpcore2.NetworkStream:
            return Drip(time)

    address = guard.Address("http", "127.0.0.1", 80, ("127.0.0.1",))
    door = Door(address, lambda host: None, Pace(time.clock(), None), time.clock(), Slow())
    door.tries = 1
    with pytest.raises(ModelError, match="did not answer in time"):
        door.send(ASK)
    assert time.seconds <= 2 * door_module.SECONDS_MOST


class Fine(BaseHTTPRequestHandler):
    """Answers every question with {}."""

    def log_message(self, *_: Any) -> None: ...

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


@contextmanager
def tls_server(folder: Path, name: str = "localhost") -> Iterator[int]:
    """Run an HTTPS server with a certificate for a name that only `certificate.pem` vouches for."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    made += ["-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2"]
    made += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), Fine)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def secure_door(port: int) -> tuple[Door, FakeClock]:
    address = guard.admit(f"https://localhost:{port}", True, lambda host, p: ["127.0.0.1"])
    time = FakeClock()
    return Door(address, lambda host: KEY, Pace(time.clock(), None), time.clock()), time


def test_a_certificate_for_the_name_is_accepted_at_the_pinned_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_server(tmp_path) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        door, _ = secure_door(port)
        assert door.send(ASK) == {}


@pytest.mark.parametrize("trusted", [False, True])
def test_an_untrusted_certificate_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    name = "elsewhere.example" if trusted else "localhost"
    with tls_server(tmp_path, name) as port:
        if trusted:  # but it is for another name
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        door, time = secure_door(port)
        with pytest.raises(ModelError, match=r"cannot be trusted.*Nothing was sent"):
            door.send(ASK)
    assert time.seconds == 0


@pytest.mark.parametrize("status", [200, 401, 422, 500])
def test_the_key_is_in_no_log_and_no_repr(
    status: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said = Said(
        {"error": f"wrong: {KEY}", "label": KEY}, status=status, headers={"Server": f"echo {KEY}"}
    )
    with door_to(lambda _: said) as (door, _, _):
        told = _told_by(lambda: door.send(ASK))
    shown = [
        told,
        repr(door),
        str(vars(door)),
        door.server,
        caplog.text,
        *capsys.readouterr(),
    ]
    assert all(KEY not in text for text in shown)


def _told_by(work: Callable[[], Any]) -> str:
    try:
        return repr(work())
    except ModelError as error:
        chain: BaseException | None = error
        words = []
        while chain is not None:
            words += [repr(chain), str(chain), repr(chain.args)]
            chain = chain.__cause__ or chain.__context__
        return " ".join(words)
