"""`mark` for whole folders: what is taken, what is said, how it goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hostile import encoded, picture

from auditcore.cli import CANCELLED, main
from auditcore.cli.mark import Pace, seconds_in_words
from auditcore.errors import Cancelled
from auditcore.kit import SEALING_FOLDER, open_kit

ROOT = Path(__file__).parents[2]


def fill(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encoded(picture(40 + number, 30)))


def marked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, str]:
    capsys.readouterr()
    assert main(["mark", *words, "--versions", "20", "--processes", "1", "--json"]) == 0
    printed = capsys.readouterr()
    return json.loads(printed.out), printed.err


def test_folders_and_files_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path, "in/b/10.jpg", "in/b/9.jpg", "in/a.jpg", "one.jpg")
    (tmp_path / "in/notes.txt").write_text("no photo")
    out = tmp_path / "in/out"
    told, said = marked(capsys, str(tmp_path / "one.jpg"), str(tmp_path / "in"), "--out", str(out))
    assert [photo["name"] for photo in told["photos"]] == [
        "one.jpg", "a.jpg", "b/9.jpg", "b/10.jpg"
    ]  # fmt: skip
    assert "1 file is no photo and was left out: “notes.txt”." in said
    assert sorted(path.name for path in (out / "publish").iterdir()) == [
        "10.jpg", "9.jpg", "a.jpg", "one.jpg"
    ]  # fmt: skip


def test_captions_find_photos_in_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, "in/b/x.jpg", "in/a/x.jpg", "in/a/y.jpg", "in/z.jpg")
    rows = "file,caption\na/x.jpg,one\nb/x.jpg,two\ny.jpg,three\nz.jpg,four\n"
    (tmp_path / "in/captions.csv").write_text(rows)
    words = ["--captions", str(tmp_path / "in/captions.csv"), "--out", str(tmp_path / "out")]
    told, said = marked(capsys, str(tmp_path / "in"), *words)
    kit = open_kit(Path(told["kit"]))
    assert {photo.file: photo.caption for photo in kit.photos} == {
        "x.jpg": "one", "y.jpg": "three", "x (2).jpg": "two", "z.jpg": "four"
    }  # fmt: skip
    assert "captions.csv" not in said


def test_the_pace_is_told_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    pace = Pace(lambda: False)
    for done in range(50, 1001, 10):
        clock[0] += 1
        pace(100 * done, 100_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Going on: 50 of 1,000 photos are marked already."
    assert 15 <= len(lines) <= 21
    assert lines[1] == "90 of 1,000 photos marked, 8.0 a second, about 2 minutes left"
    with pytest.raises(Cancelled, match="goes on with it"):
        Pace(lambda: True)(0, 100)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "about 1 s"),
        (44, "about 44 s"),
        (60, "about a minute"),
        (200, "about 3 minutes"),
        (7300, "about 2 hours"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_ctrl_c_loses_nothing(tmp_path: Path) -> None:
    fill(tmp_path, *(f"in/{number}.jpg" for number in range(60)))
    words = ["mark", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--processes", "2"]
    command = [sys.executable, "-m", "auditcore", *words]
    process = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    lines = tmp_path / "out" / SEALING_FOLDER / "journal.jsonl"
    while process.poll() is None and not (lines.exists() and lines.read_bytes()):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = process.communicate(timeout=120)
    assert process.returncode in (0, CANCELLED)
    assert "Traceback" not in said
    if process.returncode == CANCELLED:
        assert "What is marked is kept; the same command goes on with it." in said
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert "Going on:" in done.stderr
    assert len(open_kit(tmp_path / "out/kit.zip").photos) == 60


def test_the_number_of_processes_has_limits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, "a.jpg")
    words = ["mark", str(tmp_path / "a.jpg"), "--out", str(tmp_path / "out"), "--processes", "0"]
    assert main(words) == 2
    assert "at least 1" in capsys.readouterr().err
