"""The ASGI application: who may ask, what is asked, and one thread that answers."""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from auditcore.errors import TelltaleError
from auditcore.models import Model
from auditcore.serving import embeddings, hugging_face, tensors
from auditcore.serving.limits import Limits
from auditcore.serving.offer import Offer
from auditcore.serving.refusing import Refused, refusal

_log = logging.getLogger(__name__)
_WORDS = {
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
}
Answering = Callable[[Request, bytes], Any]


def application(
    model: Model, name: str, *, key: str | None = None, limits: Limits | None = None
) -> Starlette:
    """Return the application that offers a model under a name, in all three protocols.

    Args:
        model: any model but a hosted one. It is asked from one thread only.
        name: what requests call it; letters that fit in an address.
        key: what every request must carry ("Authorization: Bearer KEY") except the questions after
            the server's health; None asks for none.
        limits: what is refused.

    Raises:
        ModelError: the model does not answer.
    """
    counter = _Counter(Offer(model, name, limits or Limits()), key)
    app = Starlette(
        routes=_routes(counter),
        exception_handlers={
            Refused: _on_refused,
            HTTPException: _on_http,
            ClientDisconnect: _on_disconnect,
            TelltaleError: _on_model,
        },
    )
    app.router.redirect_slashes = False
    return app


class _Counter:
    """Where requests come in: checks them, and lets the one thread answer them in turn."""

    def __init__(self, offer: Offer, key: str | None) -> None:
        self.offer = offer
        self._key = key
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._waiting = 0

    def asks(self, answering: Answering, most: int) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of one question, whose requests have so many bytes at most."""

        async def endpoint(request: Request) -> Response:
            self._check_key(request)
            with self._place():
                body = await self._read(request, most)
                text = await self._in_turn(lambda: _written(answering(request, body)))
            return Response(text, media_type="application/json")

        return endpoint

    def _check_key(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if self._key is None:
            return
        same = hmac.compare_digest(given.strip().encode(), self._key.encode())
        if scheme.lower() != "bearer" or not same:
            raise Refused(
                401,
                "This model asks for its key: send it as 'Authorization: Bearer KEY'.",
                {"WWW-Authenticate": "Bearer"},
            )

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Count a request before any of it is read, so that what is held in memory is bounded."""
        if self._waiting >= self.offer.limits.waiting:
            raise Refused(503, "Too many requests wait for this model.", {"Retry-After": "1"})
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _read(self, request: Request, most: int) -> bytes:
        try:
            async with asyncio.timeout(self.offer.limits.read_seconds):
                return await _body(request, most)
        except TimeoutError as error:
            raise Refused(408, "The request took too long to arrive.") from error

    async def _in_turn(self, work: Callable[[], str]) -> str:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (Refused, TelltaleError):
            raise
        except Exception as error:  # a model may fail in any way; the next request is answered
            _log.exception("The model failed on a request.")
            raise Refused(500, "The model failed on this request.") from error


async def _body(request: Request, most: int) -> bytes:
    """Return what was sent; it is not read on once it is too much."""
    said, parts, size = request.headers.get("content-length", "0"), [], 0
    too_large = Refused(413, f"The request is too large: at most {most:,} bytes are taken.")
    if said.isdecimal() and int(said) > most:
        raise too_large
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def _routes(counter: _Counter) -> list[Route]:
    offer = counter.offer
    limits = offer.limits

    def name(request: Request) -> str:
        return str(request.path_params["name"])

    def hugging_face_answer(request: Request, body: bytes) -> Any:
        kind = request.headers.get("content-type", "")
        return hugging_face.answer(offer, name(request), kind, body)

    def get(path: str, answering: Answering) -> Route:
        return Route(path, counter.asks(answering, limits.body_bytes), methods=["GET"])

    def post(path: str, answering: Answering, most: int = limits.body_bytes) -> Route:
        return Route(path, counter.asks(answering, most), methods=["POST"])

    return [
        post("/v1/embeddings", lambda _, body: embeddings.answer(offer, body)),
        get("/v1/models", lambda _, __: embeddings.models(offer)),
        post("/models/{name:path}", hugging_face_answer),
        Route("/v2/health/live", _health("live"), methods=["GET"]),
        Route("/v2/health/ready", _health("ready"), methods=["GET"]),
        get("/v2", lambda _, __: tensors.server()),
        get("/v2/models/{name}", lambda request, _: tensors.model(offer, name(request))),
        get("/v2/models/{name}/ready", lambda request, _: _ready(offer, name(request))),
        post(
            "/v2/models/{name}/infer",
            lambda request, body: tensors.infer(offer, name(request), body),
            limits.tensor_bytes,
        ),
    ]


def _health(word: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return Response(_written({word: True}), media_type="application/json")

    return endpoint


def _ready(offer: Offer, name: str) -> dict[str, Any]:
    offer.check_name(name)
    return {"name": offer.name, "ready": True}


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(request.url.path, error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = _WORDS.get(error.status_code, error.detail)
    return refusal(request.url.path, Refused(error.status_code, words, error.headers))


async def _on_disconnect(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


async def _on_model(request: Request, error: Exception) -> Response:
    return refusal(request.url.path, Refused(500, f"The model failed: {error}"))
