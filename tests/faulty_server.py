"""A server that fails in every way a provider may, at random from a seed, and remembers everything.

It is a layer around the application that offers a model (`served(model, around=...)`):

    faulty = Faulty(seed=1, chances=PASSING)
    with served(model, around=faulty.around) as url: ...

What befalls a request depends on the seed, on what it asks and on how often that was asked before,
not on the order in which requests come in, so that a run can be repeated.
"""

import asyncio
import hashlib
import json
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LATE = 60.0
"""Seconds after which an answer that is late arrives, unless the client has hung up before."""

PASSING = {
    "429 in seconds": 0.05, "429 by date": 0.03, "429": 0.03, "500": 0.03, "503": 0.02,
    "late": 0.001, "cut": 0.03, "half JSON": 0.03, "no JSON": 0.01, "hung up": 0.02,
}  # fmt: skip
"""Faults after which the same request is worth another try, and how likely each is."""

LASTING = {
    "too few": 0.004, "too many": 0.004, "short vector": 0.004, "NaN": 0.004, "doubled": 0.004,
}  # fmt: skip
"""Answers that look complete and are wrong: nothing may be concluded from them."""

HARMLESS = {"swapped": 0.1}
"""Answers that are right, in an unusual form."""


@dataclass(frozen=True)
class Seen:
    """One request: what it asked about, why, and what it got."""

    things: tuple[str, ...]
    why: str
    fate: str

    @property
    def answered(self) -> bool:
        return self.fate == "right" or self.fate in HARMLESS


@dataclass
class Faulty:
    """The faults, and the record of all that came in.

    Attributes:
        chances: fault -> how likely.
        why: what the client is at, set by the test; noted beside each request.
        alter: changes each number of a right answer, such as noise or rounding.
        seen: every question that arrived, in order.
    """

    seed: int
    chances: Mapping[str, float] = field(default_factory=lambda: PASSING)
    why: str = "version"
    alter: Callable[[float], float] | None = None
    seen: list[Seen] = field(default_factory=list)
    _asked: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the application with the faults."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "POST":
                await app(scope, receive, send)
                return
            body = await _read(receive)
            things = asked_about(Headers(scope=scope).get("content-type", ""), body)
            fate = self._fate(things)
            if fate == "late":  # ends as soon as the client hangs up
                await asyncio.wait([asyncio.ensure_future(receive())], timeout=LATE)
            await self._answer(fate, app, scope, body, send)

        return faulty

    @property
    def sent(self) -> int:
        """How many pictures and texts arrived, counting every try."""
        return sum(len(one.things) for one in self.seen)

    def answered(self) -> dict[str, Counter[str]]:
        """Return how often each picture or text was answered, by why it was asked."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for one in self.seen:
            if one.answered:
                counts[one.why].update(one.things)
        return counts

    def fates(self) -> Counter[str]:
        """Return how often each fault befell a request."""
        return Counter(one.fate for one in self.seen)

    def _fate(self, things: tuple[str, ...]) -> str:
        with self._lock:
            number = self._asked[things]
            self._asked[things] += 1
            fate = self._drawn(f"{self.seed} {number} {' '.join(things)}")
            self.seen.append(Seen(things, self.why, fate))
        return fate

    def _drawn(self, label: str) -> str:
        draw = random.Random(label).random()
        for fate, chance in self.chances.items():
            draw -= chance
            if draw < 0:
                return fate
        return "right"

    async def _answer(self, fate: str, app: ASGIApp, scope: Scope, body: bytes, send: Send) -> None:
        if fate in REFUSALS:
            status, headers = REFUSALS[fate]()
            await _send(send, status, headers, b'{"error": "not now"}')
            return
        if fate == "hung up":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            return  # the web server then closes the connection
        status, headers, answer = await _inner(app, scope, body)
        if status == 200:
            answer = self._spoilt(fate, json.loads(answer))
        if fate == "cut":  # then the web server closes the connection
            await _send(send, status, headers, answer, length=len(answer) + 40, more_body=True)
        else:
            await _send(send, status, headers, answer)

    def _spoilt(self, fate: str, said: Any) -> bytes:
        if self.alter:
            said = _altered(said, self.alter)
        if fate in SPOILERS:
            said = SPOILERS[fate](said)
        answer = json.dumps(said).encode()
        if fate == "half JSON":
            return answer[: len(answer) // 2]
        return b"<html>busy</html>" if fate == "no JSON" else answer


REFUSALS: dict[str, Callable[[], tuple[int, dict[str, str]]]] = {
    "429 in seconds": lambda: (429, {"retry-after": "2"}),
    "429 by date": lambda: (429, {"retry-after": formatdate(time() + 3, usegmt=True)}),
    "429": lambda: (429, {}),
    "500": lambda: (500, {}),
    "503": lambda: (503, {"retry-after": "soon"}),
    "long wait": lambda: (429, {"retry-after": "86400"}),
    "402": lambda: (402, {}),
    "401": lambda: (401, {}),
}


def asked_about(content_type: str, body: bytes) -> tuple[str, ...]:
    """Return a digest for each picture or text that a request asks about, in any protocol."""
    if not content_type.startswith("application/json"):
        return (_digest(body),)
    request = json.loads(body)
    if "messages" in request:
        return (_digest(request["messages"]),)
    things = request.get("input", request.get("inputs"))
    if isinstance(things, str):
        return (_digest([things, request.get("parameters")]),)
    if "input" in request:
        return tuple(_digest([request.get("modality"), thing]) for thing in things)
    return tuple(_digest(row) for tensor in things for row in _rows(tensor))


def _rows(tensor: Mapping[str, Any]) -> list[Any]:
    count, data = tensor["shape"][0], tensor["data"]
    size = len(data) // count
    return [data[place * size : (place + 1) * size] for place in range(count)]


def _digest(thing: Any) -> str:
    data = thing if isinstance(thing, bytes) else json.dumps(thing, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()[:20]


def _altered(said: Any, alter: Callable[[float], float]) -> Any:
    """Return an answer with each of its floats altered."""
    if isinstance(said, float):
        return alter(said)
    if isinstance(said, dict):
        return {key: _altered(value, alter) for key, value in said.items()}
    return [_altered(value, alter) for value in said] if isinstance(said, list) else said


def _vectors(said: Any) -> list[Any]:
    """Return the list that holds one thing an input, or the labels, or the numbers of a tensor."""
    if isinstance(said, list):
        return said
    vectors: list[Any] = said["data"] if "data" in said else said["outputs"][0]["data"]
    return vectors


def _dropped(said: Any) -> Any:
    _vectors(said).pop()
    return said


def _added(said: Any) -> Any:
    _vectors(said).append(_vectors(said)[0])
    return said


def _not_a_number(said: Any) -> Any:
    return _first_number(said, lambda _: float("nan"))


def _first_number(said: Any, change: Callable[[float], float]) -> Any:
    first = _vectors(said)[0]
    if isinstance(first, dict):
        if "embedding" in first:
            first["embedding"][0] = change(first["embedding"][0])
        else:
            first["score"] = change(first["score"])
    else:
        _vectors(said)[0] = change(first)
    return said


def _shortened(said: Any) -> Any:
    first = _vectors(said)[0]
    if isinstance(first, dict) and "embedding" in first:
        first["embedding"].pop()
        return said
    return _dropped(said)


def _doubled(said: Any) -> Any:
    """Return an answer in which one thing is there twice and, if there are several, one is not."""
    vectors = _vectors(said)
    if isinstance(vectors[0], dict) and len(vectors) > 1:
        vectors[-1] = dict(vectors[0])
        return said
    return _added(said)


def _swapped(said: Any) -> Any:
    """Return the answer backwards where each thing carries its place or its name."""
    if isinstance(_vectors(said)[0], dict):
        _vectors(said).reverse()
    return said


SPOILERS: dict[str, Callable[[Any], Any]] = {
    "too few": _dropped,
    "too many": _added,
    "short vector": _shortened,
    "NaN": _not_a_number,
    "doubled": _doubled,
    "swapped": _swapped,
}


async def _read(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _inner(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Put a request to the application and return its whole answer."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    status = next(one["status"] for one in said if one["type"] == "http.response.start")
    headers = {
        name.decode(): value.decode()
        for one in said
        for name, value in one.get("headers", [])
        if name != b"content-length"
    }
    return status, headers, b"".join(one.get("body", b"") for one in said)


async def _send(
    send: Send,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    length: int | None = None,
    more_body: bool = False,
) -> None:
    whole = {**headers, "content-length": str(len(body) if length is None else length)}
    coded: Sequence[tuple[bytes, bytes]] = [(k.encode(), v.encode()) for k, v in whole.items()]
    await send({"type": "http.response.start", "status": status, "headers": coded})
    await send({"type": "http.response.body", "body": body, "more_body": more_body})
