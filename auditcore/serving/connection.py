"""One connection to the server: who says nothing on it is let go.

uvicorn closes a connection that is silent after an answer, but waits without end for the rest of a
request's first lines, or for a first word. With few connections, whoever does that without a key
would keep everybody else out.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
"""Longest time from a connection, or from the answer before, to the end of a request's headers."""


class Connection(H11Protocol):
    """uvicorn's connection by h11, with a time limit for the headers of each request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Start the clock for the next request."""
        self._wait()  # first: the next request may be here already, and even be answered at once
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _give_up(self) -> None:
        """Close, unless a request has begun meanwhile: reading that has a limit of its own."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
