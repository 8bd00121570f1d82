"""`audit` of a folder of kits, driven as a person would."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auditcore.cli import CANCELLED, main

from .test_cli import SAMPLE, refused, run_json


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kits")
    for number, name in enumerate(("cat.jpg", "dog.jpg")):
        photos = [str(SAMPLE / "photos" / name), str(SAMPLE / "photos" / "cow.jpg")]
        out = str(folder / f"box {number}")
        assert main(["mark", *photos, "--out", out, "--versions", "100"]) == 0
    (folder / "broken.zip").write_bytes(b"no kit")
    return folder


def test_a_folder_of_kits_is_surveyed_reported_and_tabled(
    kits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["audit", str(kits), "--model", "demo:without", "--score", "view-similarity"]
    words += ["--p", "0.3", "--report", str(out), "--parquet", str(out)]
    told = run_json(capsys, *words)
    assert (told["p"], told["size"], told["share"]) == ("3/10", 3, "1/10")
    names = ["box 0/kit.zip", "box 1/kit.zip", "broken.zip"]
    assert [kit["kit"] for kit in told["kits"]] == names
    assert told["kits"][2]["note"] and told["kits"][2]["decision"] is None
    assert {kit["level"] for kit in told["kits"][:2]} == {"1/20"}
    assert json.loads((out / "survey.json").read_text()) == told
    for name in names[:2]:
        report = str(out / name / "report.json")
        assert run_json(capsys, "verify", report, str(kits / name))["ok"] is True
    rows = pq.read_table(out / "kits.parquet").to_pylist()
    assert [row["kit"] for row in rows] == names
    assert [row["p"] for row in rows] == ["1/10", "1/10", None]
    assert pq.read_table(out / "photos.parquet").num_rows == 4

    again = run_json(capsys, *words)
    assert again == told
    assert "cannot become" in refused_last(capsys, words)


def refused_last(capsys: pytest.CaptureFixture[str], words: list[str]) -> str:
    """Ask the same at another level; a survey may have been announced before it is refused."""
    return refused(capsys, *(("0.1" if word == "0.3" else word) for word in words))


def test_a_survey_that_is_cancelled_goes_on(
    kits: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["audit", str(kits), "--model", "demo:without", "--score", "view-similarity"]
    words += ["--p", "0.3"]
    calls = iter([False] * 3)

    def soon() -> AbstractContextManager[Callable[[], bool]]:
        return nullcontext(lambda: next(calls, True))

    with monkeypatch.context() as patched:
        patched.setattr("auditcore.cli.audit.stopping_on_interrupt", soon)
        assert main(words) == CANCELLED
    assert "goes on with it" in capsys.readouterr().err
    alone = ["audit", str(kits / "box 1" / "kit.zip"), *words[2:-2]]
    assert "held to 1 in 10" in refused(capsys, *alone, "--p", "0.05")
    assert run_json(capsys, *alone)["p"] == "1/10", "its share, while it waits for its survey"
    told = run_json(capsys, *words)
    assert [kit["decision"] is None for kit in told["kits"]] == [False, False, True]


def test_a_folder_without_kits_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing").mkdir()
    assert "holds no kit" in refused(
        capsys, "audit", str(tmp_path / "nothing"), "--model", "demo:without"
    )
