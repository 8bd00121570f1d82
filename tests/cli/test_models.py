"""The command that lists models and tests one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from serving.live import served

from auditcore.cli import BAD_INPUT, main
from auditcore.models import HOSTED, KINDS, open_model
from auditcore.models.access import PRIVATE_SWITCH
from auditcore.models.forms import HOSTED_FORMS, LOCAL_FORMS

ROOT = Path(__file__).parent.parent.parent
KEY = "a-key-of-sixteen-or-more"


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(["models", *words]) == code
    told = capsys.readouterr()
    return told.err if code else told.out


def found_by(capsys: pytest.CaptureFixture[str], spec: str, *words: str) -> Any:
    return json.loads(printed(capsys, "test", spec, *words, "--json"))


def test_every_kind_has_a_form_with_one_line() -> None:
    assert {form.kind for form in LOCAL_FORMS} == set(KINDS)
    assert {form.kind for form in HOSTED_FORMS} == set(HOSTED)
    for form in (*LOCAL_FORMS, *HOSTED_FORMS):
        assert form.example.partition(":")[0] == form.kind
        assert "\n" not in form.says


def test_the_list_shows_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys)
    for form in (*LOCAL_FORMS, *HOSTED_FORMS):
        assert form.form in said
        assert form.example in said
    assert "Demo model that never saw the sample photos" in said


def test_a_list_that_is_cut_short_is_no_defect() -> None:
    command = f"{sys.executable} -m auditcore models | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "On this machine:"
    assert done.stderr == ""


def test_a_local_model_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    found = found_by(capsys, "demo:with", "--device", "cpu", "--precision", "bfloat16")
    assert found["gives"] == ["image features", "text features"]
    assert found["input_size"] == 64
    assert found["details"]["precision"] == "bfloat16"
    found = found_by(capsys, "demo:with", "--runtime", "openvino")
    assert found["details"]["engine"] == "openvino"
    assert found["seconds_per_image"] > 0
    said = printed(capsys, "test", "demo:with")
    assert "64 x 64 px" in said
    assert "preprocessing" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["test"], "Name the model"),
        (["test", "demo:wiht"], "demo:with"),
        (["test", "opneai:https://x.org#m"], "openai"),
        (["test", "openai:https://127.0.0.1/v1#m"], "this computer"),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    said = printed(capsys, *words, code=BAD_INPUT)
    assert sentence in said
    assert "Traceback" not in said


def test_a_hosted_model_is_tested_with_a_key_of_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PRIVATE_SWITCH, "1")
    with served(open_model("demo:without"), key=KEY) as url:
        spec = f"openai:{url}/v1#m"
        assert "asks for a key" in printed(capsys, "test", spec, code=BAD_INPUT)
        monkeypatch.setenv("TELLTALE_KEY_127_0_0_1", KEY)
        found = found_by(capsys, spec)
    assert found["hosted"]
    assert found["gives"] == ["image features", "text features"]
    assert found["input_size"] == 64
    assert KEY not in json.dumps(found)
