"""What is printed cannot steer a terminal, whoever wrote it."""

import ast
import json
from pathlib import Path

import onnx
import pytest
from models.onnx_files import save_onnx, write_sheet

from auditcore import cli
from auditcore.cli import BAD_INPUT, main
from auditcore.cli.output import one_line, print_json, printable, say, tell

STEERING = [
    "\x1b[2J",  # clears the screen
    "\x1b]0;title\x07",
    "\x9b2J",  # the same as one character
    "\r",
    "\b",
    "\x00",
    "\x7f",
    "\u202e",  # turns the writing direction
    "\u2066",
    "\u2028",
    "\ud800",
]
ORDINARY = "Straße, 猫, قطة, 👩\u200d💻, 5\u00a0%\tx"


@pytest.mark.parametrize("sign", STEERING)
def test_nothing_printed_steers_a_terminal(capsys: pytest.CaptureFixture[str], sign: str) -> None:
    tell(f"a{sign}b")
    say(f"a{sign}b")
    print_json({f"k{sign}": [f"a{sign}b"]})
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert sign[0] not in text
        assert text.encode("utf-8")
    assert told.err == f"a?{sign[1:]}b\n".replace("\x07", "?")
    document = told.out.partition("\n")[2]
    assert json.loads(document) == {f"k{sign}": [f"a{sign}b"]}  # in JSON nothing is lost


def test_ordinary_letters_stay() -> None:
    assert printable(f"{ORDINARY}\n") == f"{ORDINARY}\n"
    assert one_line("a cat\n(7) Ranks: passed\v.") == "a cat (7) Ranks: passed?."


def test_every_command_prints_through_the_filter() -> None:
    printing = []
    for path in sorted(Path(cli.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "print", "sys.stdout.write", "sys.stderr.write",
            ):  # fmt: skip
                printing.append(path.name)
    assert set(printing) == {"output.py"}


def test_a_model_file_cannot_print_what_it_likes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_sheet(save_onnx(tmp_path / "small.onnx"))
    model = onnx.load(str(path))
    model.producer_name = "p\x1b[2J\x1b[H\ngives              everything\x9b31m"
    onnx.save(model, str(path))
    assert main(["models", "test", f"onnx:{path}"]) == 0
    told = capsys.readouterr()
    assert not {"\x1b", "\x9b"} & set(told.out + told.err)
    assert [line for line in told.out.splitlines() if line.startswith("gives")] == [
        "gives              class probabilities, image features, predicted labels"
    ]
    assert main(["models", "test", f"onnx:{path}", "--json"]) == 0
    assert "\x9b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["models", "test", "onnx:no\x1b[2J\nsuch.onnx"], ["no\x1b[2J\nsuch"]]
)
def test_errors_are_one_plain_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    try:
        code = main(words)
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == BAD_INPUT
    error = capsys.readouterr().err
    assert "\x1b" not in error
    assert error.count("\n") == 1
