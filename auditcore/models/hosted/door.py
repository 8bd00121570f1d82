"""The one way out: sends a request to the provider's host and nowhere else.

Straight on httpcore2, the layer under httpx2, because what must not happen does not exist there: no
redirects, no proxies or passwords from the environment, no cookies, no decompression. Connections
go to the addresses that `guard` judged; the certificate is checked against the host's name with
the operating system's authorities. The key is asked for when a request leaves and kept nowhere.
"""

import json
import logging
import math
import ssl
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore2

from auditcore.errors import KeyRefused, ModelError
from auditcore.models.hosted.base import Call, Unanswered, Unsuited
from auditcore.models.hosted.guard import Address
from auditcore.models.hosted.pinned import SECONDS_MOST, Pinned
from auditcore.models.hosted.refusals import AGAIN, refusal, scrubbed
from auditcore.models.hosted.waiting import Clock, Pace

# It writes the headers of answers to the log for debugging, and a server may repeat the key there.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

AT_ONCE = 4
"""Requests under way at a time."""

ANSWER_MOST = 8 * 2**20
"""Bytes of an answer. Decoded it may take 25 times as much memory."""

TRIES = 8
LONGEST_WAIT = 600.0
"""Seconds that a provider may ask us to wait; an audit that must wait longer is put aside."""

_SECONDS = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": SECONDS_MOST}
_FIRST_WAIT, _USUAL_WAIT = 1.0, 60.0  # seconds; doubled each time in between
_ERROR_MOST = 64 * 2**10
_YEARS = 1e9  # seconds; a server may ask to wait for more than a float can hold


class _Again(Exception):
    """The request failed in a way that may pass.

    Attributes:
        reason: what happened, to follow "it".
        after: seconds to wait, if the provider said so.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, after


class Door:
    """Sends requests to one host, one after another or a few at once.

    Attributes:
        pace: when requests may leave.
        tries: how often one request is sent at most.
        patience: seconds that the provider may ask us to wait.
        server: what the server called itself in its last answer, "" for nothing.
    """

    def __init__(
        self,
        address: Address,
        key_of: Callable[[str], str | None],
        pace: Pace,
        clock: Clock,
        network: httpcore2.NetworkBackend | None = None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            address: from `guard.admit`.
            key_of: gives the key of the host.
            pace: when requests may leave.
            clock: for deadlines and dates.
            network: makes connections; the operating system's if None.
        """
        self.pace = pace
        self.tries, self.patience = TRIES, LONGEST_WAIT
        self.server = ""
        self._address, self._key_of, self._clock = address, key_of, clock
        self._network = Pinned(address, clock, network or httpcore2.SyncBackend())
        self._pool = httpcore2.ConnectionPool(
            max_connections=AT_ONCE,
            max_keepalive_connections=AT_ONCE,
            keepalive_expiry=30.0,
            network_backend=self._network,
        )

    def __repr__(self) -> str:
        return f"Door({self._address.host})"

    def send(self, call: Call, count: Callable[[], None] = lambda: None, things: int = 0) -> Any:
        """Send a request, as often as it is worth it, and return the JSON of the answer.

        Args:
            call: what to send.
            count: called before each try; it may raise to forbid it.
            things: pictures and texts in the request, for the provider's rate.

        Raises:
            KeyRefused, SpendingError, Unsuited, ModelError: the provider refuses, each with a
                sentence.
            Unanswered: it does not answer properly in `tries` tries.
            Cancelled: the person stopped.
        """
        failed = ""
        for number in range(self.tries):
            self.pace.admit(things)
            count()
            try:
                return self._once(call)
            except _Again as again:
                failed = again.reason
                delay = self._delay(number, again.after)
            if number + 1 < self.tries:
                self.pace.hold(delay)
        raise Unanswered(
            f"{self._address.host} gave no usable answer in {self.tries} tries: it {failed}. What "
            "was answered before is kept; go on later."
        )

    def read(self, path: str) -> Any:
        """Fetch what the provider tells at a path. See `send`."""
        return self.send(Call(path))

    def _delay(self, number: int, after: float | None) -> float:
        if after is None:
            return min(_USUAL_WAIT, _FIRST_WAIT * 2.0**number) * (0.5 + self._clock.jitter() / 2)
        if after > self.patience:
            raise ModelError(
                f"{self._address.host} asks to wait {math.ceil(after / 60)} minutes before the "
                "next question. What was answered is kept: go on then."
            )
        return after + self._clock.jitter()

    def _once(self, call: Call) -> Any:
        self._network.start()
        key = self._key()
        try:
            with self._pool.stream(
                call.method,
                self._url(call.path),
                headers=[*_headers(call, key).items()],
                content=call.body,
                extensions={"timeout": _SECONDS},
            ) as response:
                return self._understood(response, key)
        except (httpcore2.TimeoutException, TimeoutError) as error:
            raise _Again("did not answer in time") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise self._failed(error) from error

    def _understood(self, response: httpcore2.Response, key: str | None) -> Any:
        headers = {name.decode("latin-1").lower(): value for name, value in response.headers}
        told = {name: value.decode("latin-1") for name, value in headers.items()}
        if response.status in AGAIN:
            busy = "is busy" if response.status == 429 else "failed"
            after = _retry_after(told.get("retry-after"), self._clock)
            raise _Again(f"{busy} ({response.status})", after)
        if not 200 <= response.status < 300:
            body = _body(response, _ERROR_MOST) or b""
            raise refusal(response.status, body, self._address.host, key)
        self.server = scrubbed(told.get("server", ""), key)
        return self._json(response, told, key)

    def _json(self, response: httpcore2.Response, told: dict[str, str], key: str | None) -> Any:
        host = self._address.host
        if told.get("content-encoding", "identity").lower() != "identity":
            raise ModelError(f"{host} answers in a compressed form, although asked not to.")
        if "json" not in told.get("content-type", "json").lower():
            raise Unsuited(f"{host} answers with something else than JSON. Check the address.")
        body = _body(response, ANSWER_MOST)
        if body is None:
            raise ModelError(
                f"{host} answers with more than {ANSWER_MOST >> 20} MB. Ask about one picture at a "
                "time: add ;batch=1"
            )
        if key and key.encode() in body:
            raise ModelError(f"{host} repeats the key in its answer. The answer was thrown away.")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _Again("sent an answer that breaks off or cannot be read") from error

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error.__context__, ssl.SSLError) or "CERTIFICATE" in str(error):
            return ModelError(
                f"The secure connection to {self._address.host} cannot be trusted: its certificate "
                "is not valid for this name, or not known here. Nothing was sent."
            )
        cut = isinstance(error, httpcore2.ConnectError)
        return _Again("could not be reached" if cut else "broke off in the middle")

    def _url(self, path: str) -> httpcore2.URL:
        address = self._address
        return httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=path.encode(),
        )

    def _key(self) -> str | None:
        key = (self._key_of(self._address.host) or "").strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise KeyRefused(
                f"The key for {self._address.host} holds a space or a letter that no key holds. "
                "Copy it again."
            )
        return key or None


def _headers(call: Call, key: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    headers["User-Agent"] = "telltale"
    if call.body is not None:
        headers["Content-Type"] = call.content_type
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})


def _body(response: httpcore2.Response, most: int) -> bytes | None:
    """Return the body, or None if it is longer than `most` bytes."""
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _retry_after(text: str | None, clock: Clock) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), None if unclear."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text), _YEARS)
    try:
        when = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return None
    return max(0.0, when - clock.today())
