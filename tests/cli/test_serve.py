"""`python -m auditcore serve`: what it prints, whom it answers, and what it refuses."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from auditcore.cli import main


@contextmanager
def command(*words: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "auditcore", "serve", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said_until(process: "subprocess.Popen[str]", last: str) -> str:
    assert process.stdout is not None and process.stderr is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if last in line:
            return "".join(lines)
    pytest.fail("".join([*lines, process.stderr.read()]))


def test_a_demo_model_is_offered_until_ctrl_c() -> None:
    with command("--model", "demo:without", "--port", "0", "--rate", "10") as process:
        said = said_until(process, "Ctrl-C")
        url = re.search(r"openai:(http://127\.0\.0\.1:\d+)#demo-without", said)
        key = re.search(r"Key, shown this once: (\S{30,})", said)
        assert url and key
        assert f"oip:{url[1]}#demo-without" in said
        assert f"hf:{url[1]}/models/demo-without" in said
        with httpx2.Client(base_url=url[1], trust_env=False) as client:
            assert client.get("/v1/models").status_code == 401
            client.headers["Authorization"] = f"Bearer {key[1]}"
            assert client.get("/v1/models").json()["data"][0]["input_size"] == 64
            codes = [
                client.post("/v1/embeddings", json={"input": ["a cat"] * 5}).status_code
                for _ in range(3)
            ]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert codes == [200, 200, 429]
    assert process.returncode == 0
    assert errors == ""


def test_a_key_from_the_environment_is_not_printed() -> None:
    key = "chosen-by-a-teacher-for-the-class"
    words = ("--model", "demo:without", "--port", "0", "--name", "teacher")
    with command(*words, "--key-env", "CLASS_KEY", CLASS_KEY=key) as process:
        said = said_until(process, "Ctrl-C")
    assert "#teacher" in said
    assert key not in said and "shown this once" not in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "0.0.0.0"], "needs a key that you choose"),
        (["--host", "::"], "needs a key that you choose"),
        (["--host", "192.168.1.10"], "needs a key that you choose"),
        (["--host", "some.name"], "needs a key that you choose"),
        (["--key-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE holds no key"),
        (["--key-env", "SHORT"], "at least 16"),
        (["--key-env", "SPACED"], "without spaces"),
        (["--port", "65536"], "between 0 and 65535"),
        (["--rate", "0"], "--rate must be 1 or more"),
        (["--model", "openai:https://host#m"], "not a hosted one"),
        (["--model", "demo:witj"], "no demo model"),
        (["--name", "a b"], "--name may hold"),
    ],
)
def test_what_cannot_be_offered_is_told_before_anything_listens(
    words: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SHORT", "fifteen-letters")
    monkeypatch.setenv("SPACED", "a key with many spaces")
    assert main(["serve", "--model", "demo:without", "--port", "0", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--model", "demo:without", "--port", port]) == 2
    assert "Choose another --port" in capsys.readouterr().err
