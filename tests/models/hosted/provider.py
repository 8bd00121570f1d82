"""A provider for tests: a real HTTP server on loopback whose answers a test decides."""

import base64
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

from auditcore.models import Access, Budget
from auditcore.models.hosted.waiting import Clock

KEY = "tk-4f9a-sesame-71c2"


@dataclass(frozen=True)
class Asked:
    """One request that reached the provider."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Said:
    """What the provider answers.

    `cut` ends the connection after so many bytes of the body; `silent` before anything.
    """

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None
    silent: bool = False

    @property
    def body(self) -> bytes:
        return json.dumps(self.value).encode() if self.raw is None else self.raw


Answering = Callable[[Asked], Said]


class Provider:
    """The running server: its address, and every request it got."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.lock = threading.Lock()

    @property
    def posts(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == "POST"]


class Quiet(ThreadingHTTPServer):
    """Keeps still when a client hangs up; whatever else goes wrong in a thread is printed."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def provider(answering: Answering) -> Iterator[Provider]:
    """Run a provider while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's nod

        def log_message(self, *_: Any) -> None: ...

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            with running.lock:
                running.asked.append(asked)
            self._say(answering(asked))

        do_POST = do_GET

        def _say(self, said: Said) -> None:
            self.close_connection = said.silent or said.cut is not None
            if said.silent:
                return
            self.send_response(said.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(said.body))}
            for name, value in {**headers, **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body[: said.cut])

    server = Quiet(("127.0.0.1", 0), Handler)
    running = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.seconds,
            today=lambda: 1_795_000_000 + self.seconds,
            sleep=self.sleep,
            jitter=lambda: 0.0,
        )


def access(most: int | None = None, per_minute: int | None = None, key: str | None = KEY) -> Access:
    """Return what opens a provider on loopback."""
    budget = Budget(most=most, per_minute=per_minute)
    return Access(key_of=lambda host: key, private=True, budget=budget)


def seen(png: bytes) -> np.ndarray[Any, Any]:
    """Return the pixels of a picture that was sent."""
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


def unpacked(text: str) -> np.ndarray[Any, Any]:
    """Return the pixels of a data URI or of base64 alone."""
    return seen(base64.b64decode(text.removeprefix("data:image/png;base64,")))


def features_of(pixels: np.ndarray[Any, Any]) -> list[float]:
    """Return what the test's model says of a picture: three numbers."""
    return [float(x) for x in pixels.astype(np.float64).mean(axis=(0, 1)) / 255]


def infinity(asked: Asked) -> Said:
    """Answer as Infinity does; other forms are refused as its validation refuses them."""
    if asked.method == "GET":
        return Said({"error": "not here"}, status=404)
    body = asked.json
    inputs = body.get("input")
    if not isinstance(inputs, list) or not all(isinstance(one, str) for one in inputs):
        return Said({"detail": [{"msg": "Input should be a valid string"}]}, status=422)
    rows = [
        features_of(unpacked(one)) if body.get("modality") == "image" else text_features(one)
        for one in inputs
    ]
    return embeddings(rows)


def text_features(text: str) -> list[float]:
    """Return what the test's model says of a text."""
    return [len(text) % 7 / 7, text.count("a") / 5, 0.5]


def embeddings(rows: list[list[float]], **changes: Any) -> Said:
    """Return embeddings in OpenAI's shape."""
    data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
    return Said({"object": "list", "data": data, "usage": {"total_tokens": 0}, **changes})


def pictures(count: int, side: int = 16) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """Return different pictures."""
    random = np.random.default_rng(7)
    return [random.integers(0, 256, (side, side, 3), dtype=np.uint8) for _ in range(count)]
