"""The keys of hosted models, on their way from a page to the worker that asks with them.

A key is held in the memory of the two processes and nowhere else: it is in no file, no job, no log
and no report, and a worker that goes home forgets it. The worker listens on this machine alone and
talks to whoever knows a secret that it leaves, drawn afresh at each start, in a file that only this
account may read (`auditcore.jobs.line`).
"""

import atexit
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from pathlib import Path

from auditcore import paths
from auditcore.database import LOCAL_OWNER
from auditcore.errors import JobError
from auditcore.jobs.line import PAGE, WORKER, Line
from auditcore.models.access import key_from_environment

KEY_LENGTH_MAX = 4096
PATIENCE = 20.0
"""Seconds that a page waits for a worker that is just starting."""
_RETRY_SECONDS, _TALK_SECONDS = 0.1, 5.0
_LEAST_SECONDS = 1.0  # for one try, when patience has run out
_CALLERS_MAX = 16
_MESSAGE_MAX = 16 * KEY_LENGTH_MAX
_HERE = "127.0.0.1"
_DONE = b"done"


class KeyRing:
    """The keys that the worker holds, by owner and host: nobody is served with another's key."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], tuple[str, bool]] = {}

    def put(self, owner: str, host: str, key: str, *, lent: bool = False) -> None:
        """Hold the key of one owner for one host, in place of an earlier one.

        Args:
            owner: whose key. host: for which host.
            host: see owner.
            key: the key, "" for none.
            lent: whether whoever runs the app pays for what is asked with it.
        """
        if key:
            self._keys[owner, host.lower()] = key, lent
        else:
            self._keys.pop((owner, host.lower()), None)

    def is_lent(self, owner: str, host: str) -> bool:
        """Say whether somebody else pays for what this owner asks at a host."""
        return self._keys.get((owner, host.lower()), ("", False))[1]

    def key_of(self, owner: str) -> Callable[[str], str | None]:
        """Return what gives this owner's key for a host, None where there is none.

        On a private machine a key of the environment serves where none was typed.
        """

        def find(host: str) -> str | None:
            typed, _lent = self._keys.get((owner, host.lower()), (None, False))
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


def deliver(
    owner: str, host: str, key: str, *, lent: bool = False, patience: float = PATIENCE
) -> None:
    """Hand a key to the worker, which holds it in memory until it goes home; "" has it forgotten.

    Args:
        owner: whose key. host: for which host, and no other.
        host: see owner.
        key: see `problem_with`.
        lent: see `KeyRing.put`.
        patience: seconds to wait for a worker that is starting.

    Raises:
        JobError: the key cannot be one, or no worker answers in time.
    """
    problem = problem_with(key)
    if problem is not None:
        raise JobError(problem)
    if not key and not _file().exists():
        return  # no worker, so nobody holds one
    message = json.dumps({"owner": owner, "host": host, "key": key, "lent": lent}).encode()
    deadline = time.monotonic() + patience
    while not _said(message, min(_TALK_SECONDS, max(deadline - time.monotonic(), _LEAST_SECONDS))):
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
    listener = socket.create_server((_HERE, 0))
    secret, file = secrets.token_bytes(32), _file()
    told = json.dumps({"port": listener.getsockname()[1], "secret": secret.hex()})
    _write_privately(file, told)
    atexit.register(_take_away, file, told)
    threading.Thread(target=_serve, args=(listener, secret, ring), daemon=True).start()


def _take_away(file: Path, told: str) -> None:
    """Remove what this process told of itself, and not what a later worker wrote there."""
    with suppress(OSError):
        if file.read_text() == told:
            file.unlink()


def _serve(listener: socket.socket, secret: bytes, ring: KeyRing) -> None:
    """Give each caller a thread of its own, so that none can keep the others waiting."""
    seats = threading.BoundedSemaphore(_CALLERS_MAX)
    while True:
        try:
            caller, _address = listener.accept()
        except OSError:
            time.sleep(_RETRY_SECONDS)  # out of files, say: that may pass
            continue
        if not seats.acquire(blocking=False):
            caller.close()  # a page comes back by itself
            continue
        try:
            threading.Thread(target=_take, args=(caller, secret, ring, seats), daemon=True).start()
        except RuntimeError:  # no thread can be had now
            caller.close()
            seats.release()


def _take(
    caller: socket.socket, secret: bytes, ring: KeyRing, seats: threading.BoundedSemaphore
) -> None:
    """Hear one caller who knows the secret; hang up on any other without a word in the log."""
    line = Line(caller, _TALK_SECONDS)
    try:
        with caller, suppress(AuthenticationError, OSError, ValueError, KeyError, TypeError):
            line.challenge(secret + PAGE)
            line.prove(secret + WORKER)
            said = json.loads(line.hear(_MESSAGE_MAX))
            owner, host, key = (str(said[part]) for part in ("owner", "host", "key"))
            ring.put(owner, host, key, lent=bool(said["lent"]))
            line.say(_DONE)
    finally:
        seats.release()


def _said(message: bytes, seconds: float) -> bool:
    """Say it to the worker that listens now; False while there is none, or it takes too long."""
    try:
        where = json.loads(_file().read_text())
        secret, deadline = bytes.fromhex(where["secret"]), time.monotonic() + seconds
        with socket.create_connection((_HERE, where["port"]), seconds) as worker:
            line = Line(worker, deadline - time.monotonic())
            line.prove(secret + PAGE)
            line.challenge(secret + WORKER)
            line.say(message)
            return line.hear(len(_DONE)) == _DONE
    except (AuthenticationError, OSError, OverflowError, ValueError, KeyError, TypeError):
        return False  # the file is of a worker that has gone home, or there is none yet


def _write_privately(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)


def _file() -> Path:
    return paths.data_dir() / "worker.keys"
