"""Who holds connections without asking anything does not keep others out."""

import socket
import threading
from collections.abc import Iterator

import pytest

from auditcore.serving import connection
from auditcore.serving.running import CONNECTIONS
from serving.conftest import client_of
from serving.live import served
from serving.test_refusals import ANSWERED, Slow
from serving.tiny import TinyModel

HEADERS = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.2)
    with served(TinyModel()) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


def read_all(caller: socket.socket) -> bytes:
    """Return what comes until the other side closes, which it must."""
    caller.settimeout(20)
    said = b""
    while part := caller.recv(65536):
        said += part
    return said


@pytest.mark.parametrize("said", [b"", HEADERS[:10], HEADERS])
def test_who_never_ends_the_headers_is_let_go(address: tuple[str, int], said: bytes) -> None:
    with socket.create_connection(address) as caller:
        caller.sendall(said)
        assert read_all(caller) == b""


def test_nor_may_the_second_request_be_begun_and_left(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as caller:
        caller.sendall(HEADERS + b"\r\n" + HEADERS)
        assert read_all(caller).count(b"HTTP/1.1 200") == 1


def test_a_long_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_SECONDS", 0.05)
    model = Slow()
    with served(model) as url, client_of(url) as client:
        threading.Timer(0.5, model.go.set).start()
        for _ in range(3):
            assert client.post("/v1/embeddings", json=ANSWERED).status_code == 200


def test_connections_are_bounded_and_come_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_SECONDS", 3.0)
    with served(TinyModel()) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        held = [socket.create_connection((host, int(port))) for _ in range(CONNECTIONS)]
        with client_of(url) as client:
            assert client.get("/v2/health/live").status_code == 503
        for caller in held:
            assert read_all(caller) == b""
            caller.close()
        with client_of(url) as client:
            assert client.get("/v2/health/live").status_code == 200
