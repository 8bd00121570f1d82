"""Keys reach the worker's memory and nothing else, and nobody is served with another's."""

import json
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from auditcore.errors import JobError
from auditcore.jobs import keys as worker_keys
from auditcore.jobs.keys import KEY_LENGTH_MAX, KeyRing, deliver, listen, problem_with
from auditcore.jobs.line import Line

ROOT = Path(__file__).resolve().parents[2]
HOST, KEY = "api.example.org", "sk-very-secret-0123456789"


def calling(data_dir: Path) -> socket.socket:
    port = json.loads((data_dir / "worker.keys").read_text())["port"]
    return socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.fixture
def ring() -> KeyRing:
    one = KeyRing()
    listen(one)
    return one


def test_a_key_arrives_for_its_owner_and_host_alone(ring: KeyRing) -> None:
    deliver("ada", HOST, KEY)
    assert ring.key_of("ada")(HOST) == KEY
    assert ring.key_of("ada")(HOST.upper()) == KEY
    assert ring.key_of("grace")(HOST) is None
    assert ring.key_of("ada")("elsewhere.example.org") is None
    deliver("ada", HOST, "another")
    assert ring.key_of("ada")(HOST) == "another"


def test_a_lent_key_is_told_from_a_typed_one(ring: KeyRing) -> None:
    deliver("ada", HOST, KEY, lent=True)
    assert ring.is_lent("ada", HOST.upper())
    assert not ring.is_lent("grace", HOST)
    deliver("ada", HOST, KEY)
    assert not ring.is_lent("ada", HOST)


def test_no_key_delivered_is_the_key_forgotten(ring: KeyRing) -> None:
    deliver("ada", HOST, KEY)
    deliver("grace", HOST, KEY)
    deliver("ada", HOST, "")
    deliver("ada", HOST, "")
    assert ring.key_of("ada")(HOST) is None
    assert ring.key_of("grace")(HOST) == KEY


def test_without_a_worker_there_is_nothing_to_forget() -> None:
    deliver("ada", HOST, "", patience=0.0)


def test_the_environment_serves_the_private_machine_alone(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELLTALE_KEY_API_EXAMPLE_ORG", "of-the-machine")
    assert ring.key_of("local")(HOST) == "of-the-machine"
    assert ring.key_of("ada")(HOST) is None
    deliver("local", HOST, KEY)
    assert ring.key_of("local")(HOST) == KEY


def test_no_file_holds_a_key_and_others_cannot_read_the_door(ring: KeyRing, data_dir: Path) -> None:
    deliver("ada", HOST, KEY)
    files = [file for file in data_dir.rglob("*") if file.is_file()]
    assert files
    assert not any(KEY.encode() in file.read_bytes() for file in files)
    assert stat.S_IMODE((data_dir / "worker.keys").stat().st_mode) == 0o600


@pytest.mark.usefixtures("ring")
def test_whoever_does_not_know_the_secret_is_not_heard(data_dir: Path) -> None:
    with calling(data_dir) as stranger:
        line = Line(stranger, 5)
        line.prove(b"guessed")
        with pytest.raises(OSError):
            line.hear(64)
    with calling(data_dir) as silent:
        deliver("ada", HOST, KEY)  # one that says nothing keeps nobody waiting
        assert Line(silent, 5).hear(64)


def test_strangers_cannot_keep_the_listener_busy(
    ring: KeyRing, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take every seat and drip a byte now and then; their time ends all the same."""
    monkeypatch.setattr(worker_keys, "_TALK_SECONDS", 0.5)
    with ExitStack() as opened:
        strangers = [opened.enter_context(calling(data_dir)) for _ in range(40)]
        for stranger in strangers:
            with suppress(OSError):
                stranger.sendall(b"\x00")
        deliver("ada", HOST, KEY, patience=20)
    assert ring.key_of("ada")(HOST) == KEY


@pytest.mark.parametrize("trouble", [OSError("too many files"), RuntimeError("no more threads")])
def test_what_fails_once_does_not_end_the_listening(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    failed: list[str] = []
    accept, start = socket.socket.accept, threading.Thread.start

    def failing_accept(self: socket.socket) -> tuple[socket.socket, object]:
        if isinstance(trouble, OSError) and not failed:
            failed.append("accept")
            raise trouble
        return accept(self)

    def failing_start(self: threading.Thread) -> None:
        if isinstance(trouble, RuntimeError) and not failed and self.name.endswith("(_take)"):
            failed.append("start")
            raise trouble
        start(self)

    monkeypatch.setattr(socket.socket, "accept", failing_accept)
    monkeypatch.setattr(threading.Thread, "start", failing_start)
    deliver("ada", HOST, "first")
    deliver("ada", HOST, KEY)
    assert failed
    assert ring.key_of("ada")(HOST) == KEY


def test_a_worker_that_goes_home_takes_its_file_along(data_dir: Path) -> None:
    data_dir.mkdir(exist_ok=True)
    told = data_dir / "worker.keys"
    words = "from auditcore.jobs.keys import *; listen(KeyRing()); from pathlib import Path; "
    home = [sys.executable, "-c", f"{words} print(Path({str(told)!r}).stat().st_size)"]
    assert int(subprocess.run(home, check=True, capture_output=True, cwd=ROOT).stdout) > 0
    assert not told.exists()
    later = f"{words} Path({str(told)!r}).write_text('of a later one')"
    subprocess.run([*home[:2], later], check=True, cwd=ROOT)
    assert told.read_text() == "of a later one"


def test_no_worker_is_a_sentence(data_dir: Path) -> None:
    with pytest.raises(JobError, match="does not answer"):
        deliver("ada", HOST, KEY, patience=0.0)
    data_dir.mkdir(exist_ok=True)
    (data_dir / "worker.keys").write_text('{"port": 9, "secret": "00"}')
    with pytest.raises(JobError, match="does not answer"):
        deliver("ada", HOST, KEY, patience=0.0)


@pytest.fixture
def stale(data_dir: Path) -> Iterator[socket.socket]:
    """The port of a worker that went home, which another program has taken over."""
    data_dir.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(20)
        where = {"port": taken.getsockname()[1], "secret": "11" * 32}
        (data_dir / "worker.keys").write_text(json.dumps(where))
        yield taken


def deliver_in_vain(number: int, patience: float) -> list[threading.Thread]:
    def try_it() -> None:
        with suppress(JobError):
            deliver("ada", HOST, KEY, patience=patience)

    threads = [threading.Thread(target=try_it) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def test_another_program_at_the_old_port_learns_nothing(stale: socket.socket) -> None:
    (thread,) = deliver_in_vain(1, patience=0.0)
    caller, _address = stale.accept()
    heard = []
    with caller, suppress(OSError):
        line = Line(caller, 20)
        for said in (b"x" * 32, b"x" * 32, b"done"):
            line.say(said)
            heard.append(line.hear(99_999))
    thread.join()
    assert heard
    assert not any(KEY.encode() in said for said in heard)


def test_what_a_page_proves_does_not_pass_for_the_proof_of_a_worker(stale: socket.socket) -> None:
    """The other program holds what one page asks up to another page, and its answer back."""
    threads = deliver_in_vain(2, patience=0.0)
    one, other = Line(stale.accept()[0], 20), Line(stale.accept()[0], 20)
    one.say(b"x" * 32)
    one.hear(99_999)
    asked = one.hear(99_999)
    other.say(asked)
    one.say(other.hear(99_999))
    with pytest.raises(OSError):
        one.hear(99_999)  # the page hangs up; else this is the key
    for thread in threads:
        thread.join()


def test_patience_ends_however_slowly_the_other_program_talks(stale: socket.socket) -> None:
    (thread,) = deliver_in_vain(1, patience=0.0)
    with stale.accept()[0] as caller:
        for beat in range(100):
            with suppress(OSError):
                caller.sendall(b"\x00\x00\x00\x20" if beat == 0 else b"x")
            thread.join(0.25)
            if not thread.is_alive():
                break
    assert beat < 24, "a byte now and then keeps a page waiting"


@pytest.mark.parametrize(
    "key", ["two words", "line\nbreak", "schlüssel", "x" * (KEY_LENGTH_MAX + 1)]
)
def test_what_cannot_be_a_key_is_told_before_it_is_sent(key: str) -> None:
    assert problem_with(key)
    with pytest.raises(JobError):
        deliver("ada", HOST, key, patience=0.0)
    assert problem_with(KEY) is None
