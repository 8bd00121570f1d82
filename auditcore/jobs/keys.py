"""The keys of hosted models, on their way from a page to the worker that asks with them.

A key is held in the memory of the two processes and nowhere else: it is in no file, no job, no log
and no report, and a worker that goes home forgets it. The worker listens on this machine alone and
talks to whoever knows a secret that it leaves, drawn afresh at each start, in a file that only this
account may read.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from pathlib import Path
from typing import Any

from auditcore import paths
from auditcore.database import LOCAL_OWNER
from auditcore.errors import JobError
from auditcore.models.access import key_from_environment

KEY_LENGTH_MAX = 4096
PATIENCE = 20.0
"""Seconds that a page waits for a worker that is just starting."""
_RETRY_SECONDS, _GREETING_SECONDS = 0.1, 5.0
_MESSAGE_MAX = 16 * KEY_LENGTH_MAX
_HERE = "127.0.0.1"
_DONE = b"done"


class KeyRing:
    """The keys that the worker holds, by owner and host: nobody is served with another's key."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], str] = {}

    def put(self, owner: str, host: str, key: str) -> None:
        """Hold the key of one owner for one host, in place of an earlier one."""
        self._keys[owner, host.lower()] = key

    def key_of(self, owner: str) -> Callable[[str], str | None]:
        """Return what gives this owner's key for a host, None where there is none.

        On a private machine a key of the environment serves where none was typed.
        """

        def find(host: str) -> str | None:
            typed = self._keys.get((owner, host.lower()))
            at_home = owner == LOCAL_OWNER
            return typed or (key_from_environment(host) if at_home else None)

        return find


def problem_with(key: str) -> str | None:
    """Say what is wrong with a key as it was typed, None for one that can be sent."""
    if len(key) > KEY_LENGTH_MAX:
        return f"A key has at most {KEY_LENGTH_MAX:,} letters. Is this something else?"
    if not key.isascii() or not key.isprintable() or " " in key:
        return "A key has no spaces, line breaks or accents in it. Copy it once more."
    return None


def deliver(owner: str, host: str, key: str, *, patience: float = PATIENCE) -> None:
    """Hand a key to the worker, which holds it in memory until it goes home.

    Args:
        owner: whose key. host: for which host, and no other.
        host: see owner.
        key: see `problem_with`.
        patience: seconds to wait for a worker that is starting.

    Raises:
        JobError: the key cannot be one, or no worker answers in time.
    """
    problem = problem_with(key)
    if problem is not None:
        raise JobError(problem)
    message = json.dumps({"owner": owner, "host": host, "key": key}).encode()
    deadline = time.monotonic() + patience
    while not _said(message):
        if time.monotonic() > deadline:
            raise JobError(
                "The part of Telltale that asks models does not answer, so it has no key to ask "
                "with. Wait a moment and try again."
            )
        time.sleep(_RETRY_SECONDS)


def listen(ring: KeyRing) -> None:
    """Take in keys from now on, in a thread that ends with the process. Only the worker calls it.

    Raises:
        OSError: no port of this machine can be had, or the data folder cannot be written.
    """
    listener = Listener((_HERE, 0))
    secret = secrets.token_bytes(32)
    _write_privately(_file(), {"port": listener.address[1], "secret": secret.hex()})
    threading.Thread(target=_serve, args=(listener, secret, ring), daemon=True).start()


def _serve(listener: Listener, secret: bytes, ring: KeyRing) -> None:
    """Give each caller a thread of its own, so that none can keep the others waiting."""
    while True:
        with suppress(OSError):
            caller = listener.accept()
            threading.Thread(target=_take, args=(caller, secret, ring), daemon=True).start()


def _take(caller: "Connection[Any, Any]", secret: bytes, ring: KeyRing) -> None:
    """Hear one caller who knows the secret; hang up on any other without a word in the log."""
    with caller, suppress(AuthenticationError, EOFError, OSError, ValueError, KeyError, TypeError):
        deliver_challenge(caller, secret)
        answer_challenge(caller, secret)
        said = json.loads(caller.recv_bytes(_MESSAGE_MAX))
        ring.put(str(said["owner"]), str(said["host"]), str(said["key"]))
        caller.send_bytes(_DONE)


def _said(message: bytes) -> bool:
    """Say it to the worker that listens now; False while there is none."""
    try:
        where = json.loads(_file().read_text())
        with Client((_HERE, where["port"])) as worker:
            if not worker.poll(_GREETING_SECONDS):
                return False  # another program has taken over the port
            answer_challenge(worker, bytes.fromhex(where["secret"]))
            deliver_challenge(worker, bytes.fromhex(where["secret"]))
            worker.send_bytes(message)
            return worker.recv_bytes(len(_DONE)) == _DONE
    except (AuthenticationError, EOFError, OSError, ValueError):
        return False  # the file is of a worker that has gone home, or there is none yet


def _write_privately(file: Path, values: dict[str, Any]) -> None:
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(values))
    draft.replace(file)


def _file() -> Path:
    return paths.data_dir() / "worker.keys"
