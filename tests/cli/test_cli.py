"""The command line, driven as a person would: words, files, exit codes, JSON."""

import json
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from auditcore.cli import BAD_INPUT, CANCELLED, main
from auditcore.cli.verify import NOT_VERIFIED

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "assets" / "sample"


def run_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must be refused; return the one sentence on standard error."""
    capsys.readouterr()
    try:
        code = main(list(words))
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    assert code == BAD_INPUT
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
    assert "Traceback" not in printed.err
    return printed.err.strip()


@pytest.fixture
def marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "out"
    photos = [str(SAMPLE / "photos" / name) for name in ("cat.jpg", "dog.jpg")]
    captions = tmp_path / "captions.csv"
    captions.write_text("file,caption\ncat.jpg,a cat\ndog.jpg,a dog\n")
    words = ["mark", *photos, "--out", str(folder), "--captions", str(captions)]
    told = run_json(capsys, *words, "--versions", "100", "--seed", "7")
    assert [photo["refused"] for photo in told["photos"]] == [None, None]
    assert told["test_seed"] is not None
    return folder


def test_mark_writes_photos_to_publish_and_one_kit(marked: Path) -> None:
    assert sorted(path.name for path in marked.iterdir()) == ["kit.zip", "publish"]
    for name in ("cat.jpg", "dog.jpg"):
        with (
            Image.open(SAMPLE / "photos" / name) as before,
            Image.open(marked / "publish" / name) as after,
        ):
            assert (before.size, before.format) == (after.size, after.format)
            difference = np.asarray(before, np.int16) - np.asarray(after, np.int16)
            assert 0 < np.abs(difference).mean() < 20


def test_a_second_mark_never_overwrites_a_kit(
    marked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = (marked / "kit.zip").read_bytes()
    sentence = refused(capsys, "mark", str(SAMPLE / "photos" / "cow.jpg"), "--out", str(marked))
    assert "already holds" in sentence
    assert (marked / "kit.zip").read_bytes() == kept


def test_audit_reports_and_verifies(
    marked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kit, report = str(marked / "kit.zip"), tmp_path / "report"
    words = ["audit", kit, "--model", "demo:without", "--claim", "cat.jpg"]
    told = run_json(capsys, *words, "--report", str(report))
    assert told["claim"] == "photo:cat.jpg"
    assert told["grade"] == "no guarantee", "the kit was made with --seed"
    cat, dog = told["photos"]
    assert set(cat) == {
        "file", "decision", "hidden_queries", "beaten_by", "statistic", "threshold"
    }  # fmt: skip
    assert cat["decision"] in {"used", "not shown"}
    assert dog["decision"] == "cannot tell"
    assert dog["hidden_queries"] == 0
    verified = run_json(capsys, "verify", str(report / "report.json"), kit)
    assert verified["ok"] is True

    page = (report / "report.html").read_text()
    assert "http://" not in page.split("<script")[0] and "not shown" in page

    tampered = tmp_path / "tampered.json"
    tampered.write_text((report / "report.json").read_text().replace("cat.jpg", "bat.jpg", 1))
    assert run_json(capsys, "verify", str(tampered), kit, code=NOT_VERIFIED)["ok"] is False
    tampered.write_text("{")
    assert run_json(capsys, "verify", str(tampered), kit, code=NOT_VERIFIED)["ok"] is False


def test_the_same_audit_again_asks_nothing_and_another_is_a_new_attempt(
    marked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["audit", str(marked / "kit.zip"), "--model", "demo:without"]
    first = run_json(capsys, *words)
    again = run_json(capsys, *words)
    assert first == again
    assert (first["attempt"], first["level"]) == (1, "1/40")
    other = run_json(capsys, *words, "--collection-test", "rank-sum")
    assert (other["attempt"], other["level"]) == (2, str(Fraction(1, 80) * Fraction(7, 8) ** 2 / 4))
    assert "cannot become 1 in 10" in refused(capsys, *words, "--p", "0.1")


def test_models_names_what_can_be_audited(capsys: pytest.CaptureFixture[str]) -> None:
    specs = [entry["spec"] for entry in run_json(capsys, "models")]
    assert {"demo:with", "demo:without", "efficientnet-lite0"} <= set(specs)
    assert "openclip:ViT-B-32/laion2b_s34b_b79k" in specs


def test_simulate_agrees_with_the_exact_rate(capsys: pytest.CaptureFixture[str]) -> None:
    told = run_json(capsys, "simulate", "--audits", "20000", "--seed", "1")
    assert told["ci95"][0] <= told["exact_rate"] <= told["ci95"][1]
    assert told["exact_rate"] <= 0.05
    assert told["median_hidden_queries"] <= told["mean_hidden_queries"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mark", "nowhere.jpg", "--out", "OUT"], "cannot be opened"),
        (["mark", "CAT", "--out", "OUT", "--versions", "3"], "20 to 10,000"),
        (["mark", "CAT", "--out", "OUT", "--captions", "none.csv"], "captions file"),
        (["audit", "CAT", "--model", "demo:with"], "kit"),
        (["audit", "nowhere.zip", "--model", "demo:with"], "cannot be opened"),
        (["audit", "KIT", "--model", "demo:witch"], "demo:with"),
        (["audit", "KIT", "--model", "demo:with", "--p", "0"], "between 0 and 1"),
        (["audit", "KIT", "--model", "demo:with", "--p", "abc"], "between 0 and 1"),
        (["audit", "KIT", "--model", "demo:with", "--claim", "cow.jpg"], "cow.jpg"),
        (["audit", "KIT", "--model", "demo:with", "--claim", "cat.jpg", "--p", "1e-3"], "versions"),
        (["audit", "KIT", "--model", "demo:with", "--score", "modified-entropy"], "probabilities"),
        (["audit", "KIT", "--model", "openclip:PICKLE"], "safetensors"),
        (["verify", "nowhere.json", "KIT"], "cannot be opened"),
        (["simulate", "--p", "2"], "between 0 and 1"),
        (["simulate", "--n", "10"], "at least 20 versions"),
        (["simulate", "--test", "guess"], "invalid choice"),
        (["sing"], "invalid choice"),
        ([], "required"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str],
    said: str,
    marked: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = {
        "CAT": str(SAMPLE / "photos" / "cat.jpg"),
        "OUT": str(tmp_path / "new"),
        "KIT": str(marked / "kit.zip"),
        "openclip:PICKLE": f"openclip:{tmp_path / 'model.pt'}",
    }
    (tmp_path / "model.pt").write_bytes(b"\x80\x04N.")
    assert said in refused(capsys, *[names.get(word, word) for word in words])


def test_interrupt_keeps_what_was_answered(marked: Path, tmp_path: Path) -> None:
    words = ["audit", str(marked / "kit.zip"), "--model", "demo:without", "--claim", "each"]
    environment = {**os.environ, "TELLTALE_DATA": str(tmp_path / "interrupted")}
    process = subprocess.Popen(
        [sys.executable, "-m", "auditcore", *words, "--score", "view-similarity"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    heard = []
    for line in process.stderr:
        heard.append(line)
        if "queries" in line and "answered" in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode in {0, CANCELLED}, "".join(heard) + err
    if process.returncode == CANCELLED:
        assert "Cancelled" in err and out == ""
