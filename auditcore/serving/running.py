"""Runs the server until it is stopped: where it listens, and with which key."""

import contextlib
import ipaddress
import logging
import secrets
import socket

import uvicorn
from starlette.applications import Starlette

from auditcore import __version__
from auditcore.errors import ServingError
from auditcore.serving.connection import Connection

KEY_LETTERS = 16
"""Fewest letters of a key that somebody chose."""
CONNECTIONS = 64
"""Most connections at once; who comes then is told so (503)."""


def new_key() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_urlsafe(24)


def check_place(host: str, port: int, chosen_key: str | None) -> None:
    """Check where the server is to listen before a model is opened for it.

    Args:
        host: an address of this machine, "127.0.0.1" unless others are to reach it.
        port: 0 (any that is free) to 65535.
        chosen_key: the key that the person chose, None if there is none.

    Raises:
        ServingError: no such port, a short key, or other machines and no chosen key.
    """
    if not 0 <= port <= 65535:
        raise ServingError(f"--port must be between 0 and 65535, not {port}.")
    if chosen_key is not None and (len(chosen_key) < KEY_LETTERS or not _plain(chosen_key)):
        raise ServingError(
            f"The key must have at least {KEY_LETTERS} letters, digits or signs, without spaces."
        )
    if chosen_key is None and not is_loopback(host):
        raise ServingError(
            f"At {host} other machines can reach the model, so it needs a key that you choose: put "
            "one into an environment variable and name that with --key-env."
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens there.

    Raises:
        ServingError: the port is taken, or the address is none of this machine.
    """
    try:
        family, kind, number, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, number)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ServingError(
            f"Telltale cannot listen at {host}, port {port} ({reason}). Choose another --port."
        ) from error
    return listener


def web_server(app: Starlette) -> uvicorn.Server:
    """Return the server, quiet but for what goes wrong; no request is logged."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        proxy_headers=False,
        server_header=False,
        headers=[("server", f"telltale/{__version__}")],
        lifespan="off",
        ws="none",
        http=Connection,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def serve(app: Starlette, listener: socket.socket) -> None:
    """Answer requests until the process is asked to stop (Ctrl-C)."""
    with listener, contextlib.suppress(KeyboardInterrupt):  # raised again once all is closed
        web_server(app).run(sockets=[listener])


def _plain(key: str) -> bool:
    return key.isascii() and key.isprintable() and " " not in key
