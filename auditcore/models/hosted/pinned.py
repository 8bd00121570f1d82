"""Connections to addresses that were judged, and to no others; none stays open too long."""

import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

from auditcore.models.hosted.guard import Address
from auditcore.models.hosted.waiting import Clock

SECONDS_MOST = 120.0
"""Seconds from the start of a request to the end of its answer."""


class Pinned(httpcore2.NetworkBackend):
    """Connects to addresses that were judged, whatever host it is told, and ends what takes long.

    A deadline belongs to the thread that sends: a connection is used by one at a time.
    """

    def __init__(self, address: Address, clock: Clock, network: httpcore2.NetworkBackend) -> None:
        self._address, self._clock, self._network = address, clock, network
        self._own = threading.local()

    def start(self) -> None:
        """Let the time of this thread's request begin."""
        self._own.end = self._clock.now() + SECONDS_MOST

    def left(self, timeout: float | None) -> float:
        """Return the seconds left to this thread's request, `timeout` at most.

        Raises:
            TimeoutError: none are.
        """
        left: float = self._own.end - self._clock.now()
        if left <= 0:
            raise TimeoutError
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first pinned address that answers; `host` is not looked up again."""
        *others, last = self._address.pinned
        for pinned in others:
            try:
                return self._connect(pinned, timeout, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(last, timeout, socket_options)

    def _connect(
        self, pinned: str, timeout: float | None, options: Iterable[Any] | None
    ) -> httpcore2.NetworkStream:
        stream = self._network.connect_tcp(
            pinned, self._address.port, self.left(timeout), None, options
        )
        return _Timed(stream, self.left)


class _Timed(httpcore2.NetworkStream):
    """A connection that no slow drip keeps open."""

    def __init__(
        self, stream: httpcore2.NetworkStream, left: Callable[[float | None], float]
    ) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Timed(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
