"""Keys reach the worker's memory and nothing else, and nobody is served with another's."""

import json
import stat
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path

import pytest

from auditcore.errors import JobError
from auditcore.jobs.keys import KEY_LENGTH_MAX, KeyRing, deliver, listen, problem_with

HOST, KEY = "api.example.org", "sk-very-secret-0123456789"


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
    port = json.loads((data_dir / "worker.keys").read_text())["port"]
    with pytest.raises((AuthenticationError, EOFError, OSError)):
        Client(("127.0.0.1", port), authkey=b"guessed")
    with Client(("127.0.0.1", port)) as silent:
        deliver("ada", HOST, KEY)  # one that says nothing keeps nobody waiting
        assert silent.poll(1)


def test_no_worker_is_a_sentence(data_dir: Path) -> None:
    with pytest.raises(JobError, match="does not answer"):
        deliver("ada", HOST, KEY, patience=0.0)
    data_dir.mkdir(exist_ok=True)
    (data_dir / "worker.keys").write_text('{"port": 9, "secret": "00"}')
    with pytest.raises(JobError, match="does not answer"):
        deliver("ada", HOST, KEY, patience=0.0)


def test_another_program_at_the_old_port_learns_nothing(data_dir: Path) -> None:
    """It took over the port of a worker that went home, and does not know its secret."""
    heard: list[bytes] = []
    stranger = Listener(("127.0.0.1", 0))

    def impersonate() -> None:
        with stranger.accept() as caller:
            for said in (b"#CHALLENGE#" + b"x" * 20, b"#WELCOME#", b"x" * 16):
                caller.send_bytes(said)
            try:
                while True:
                    heard.append(caller.recv_bytes())
            except (EOFError, OSError):
                return

    data_dir.mkdir(exist_ok=True)
    where = {"port": stranger.address[1], "secret": "11" * 32}
    (data_dir / "worker.keys").write_text(json.dumps(where))
    thread = threading.Thread(target=impersonate)
    thread.start()
    with pytest.raises(JobError, match="does not answer"):
        deliver("ada", HOST, KEY, patience=0.0)
    thread.join()
    stranger.close()
    assert heard
    assert not any(KEY.encode() in said for said in heard)


@pytest.mark.parametrize(
    "key", ["two words", "line\nbreak", "schlüssel", "x" * (KEY_LENGTH_MAX + 1)]
)
def test_what_cannot_be_a_key_is_told_before_it_is_sent(key: str) -> None:
    assert problem_with(key)
    with pytest.raises(JobError):
        deliver("ada", HOST, key, patience=0.0)
    assert problem_with(KEY) is None
