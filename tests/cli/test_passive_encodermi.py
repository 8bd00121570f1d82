"""`passive encodermi`, driven as a person would."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from passive.encodermi.encoders import PixelEncoder, pictures
from PIL import Image

from auditcore.cli import BAD_INPUT, main
from auditcore.cli.passive import encodermi_ask, encodermi_train
from auditcore.models import Capability
from auditcore.passive.encodermi.features import similarities
from auditcore.passive.encodermi.keeping import load_attacks

LIKE = "demo:with"


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> PixelEncoder:
    """Let every spec open one encoder that answers from pixels."""
    made = PixelEncoder()
    monkeypatch.setattr(encodermi_ask, "open_model", lambda *given: made)
    return made


def folder(path: Path, label: str, count: int, even: bool = False) -> Path:
    """Write noise pictures; even ones have one colour nearly, so that all their views are alike."""
    path.mkdir(parents=True)
    for number, pixels in enumerate(pictures(count, label)):
        shown = (pixels // 16 + 100).astype(np.uint8) if even else pixels
        Image.fromarray(shown).save(path / f"{number:02}.png")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = main(["passive", "encodermi", *words])
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out, printed.err


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, out, err = run(capsys, *words)
    assert (code, out) == (BAD_INPUT, "")
    return err.strip().splitlines()[-1]


def test_pictures_that_stand_out_and_what_could_not_be_read(
    encoder: PixelEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, reference = folder(tmp_path / "m", "m", 8, even=True), folder(tmp_path / "r", "r", 24)
    (mine / "notes.txt").write_text("no picture")
    asked = ("audit", "--model", LIKE, "--mine", str(mine), "--reference", str(reference))
    told = run_json(capsys, *asked)
    assert (told["method"], told["grade"]) == ("encodermi", "indication")
    assert told["reading"] == "stands out" and told["above"]["count"] == 8
    assert told["files"]["mine"] == [f"{number:02}.png" for number in range(8)]
    expected = similarities(encoder, [np.asarray(Image.open(mine / "03.png"))]).mean()
    assert told["mine"][3] == pytest.approx(float(expected), abs=1e-6)
    assert len(told["left_out"]) == 1 and "notes.txt" in told["left_out"][0]
    code, out, err = run(capsys, *asked)
    assert code == 0 and "An indication" in out and "- 07.png" in out
    assert "notes.txt" in err and "It is left out." in err
    assert "proof" not in out and "guaranteed" not in out


def test_a_copy_of_a_picture_counts_once(
    encoder: PixelEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, reference = folder(tmp_path / "m", "m", 1), folder(tmp_path / "r", "r", 3)
    (mine / "copy.png").write_bytes((mine / "00.png").read_bytes())
    told = run_json(
        capsys, "audit", "--model", LIKE, "--mine", str(mine), "--reference", str(reference)
    )
    assert told["files"]["mine"] == ["00.png"]
    assert told["left_out"] == ["copy.png is the same file as 00.png."]


def test_few_pictures_are_answered_with_what_is_needed(
    encoder: PixelEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, reference = folder(tmp_path / "m", "m", 2), folder(tmp_path / "r", "r", 3)
    told = run_json(
        capsys, "audit", "--model", LIKE, "--mine", str(mine), "--reference", str(reference)
    )
    assert told["reading"] == "too few pictures"
    assert "At least 5 and 20 are needed" in told["words"]["headline"]


def test_an_attack_is_trained_once_and_used_again(
    encoder: PixelEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = folder(tmp_path / "members", "a", 30, even=True)
    others, out = folder(tmp_path / "others", "b", 30), tmp_path / "attack"
    known = ("--members", str(members), "--non-members", str(others))
    told = run_json(
        capsys, "train", "--out", str(out), "--model", LIKE, *known, "--title", "My\tattack"
    )
    _, card = load_attacks(out)
    assert told["card"] == card.to_json() and card.title == "My attack"
    assert (card.members, card.non_members, card.held_out) == (24, 24, 12)
    assert card.right["T"] == 12 and card.shadow_fingerprint == "0" * 64
    assert "already holds an attack" in refused(
        capsys, "train", "--out", str(out), "--model", LIKE, *known
    )
    plot = tmp_path / "curves.html"
    told = run_json(
        capsys, "evaluate", "--model", LIKE, *known, "--attack", str(out), "--plot", str(plot)
    )
    assert set(told["scores"]) == {"mean similarity", "V", "S", "T"}
    assert told["scores"]["mean similarity"]["auc"]["value"] == 1
    assert told["scores"]["T"]["decisions"]["recall"]["count"] == 30
    assert told["attack"]["title"] == "My attack" and "threshold attack" in plot.read_text()
    mine = folder(tmp_path / "mine", "c", 10, even=True)
    told = run_json(
        capsys, "audit", "--model", LIKE, "--mine", str(mine), "--reference", str(others),
        "--attack", str(out),
    )  # fmt: skip
    assert told["attacks"]["T"]["mine"]["count"] == 10
    assert told["attacks"]["T"]["reference"]["count"] == 0
    assert "lines" not in told and len(told["words"]["attacks"]) == 3


def test_a_shadow_encoder_is_trained_on_half_of_the_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = folder(tmp_path / "images", "i", 50)
    (images / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    out = tmp_path / "attack"
    told = run_json(
        capsys, "train", "--out", str(out), "--images", str(images), "--epochs", "1",
        "--algorithm", "moco", "--architecture", "vit",
    )  # fmt: skip
    card = told["card"]
    said = encodermi_train._in_words(load_attacks(out)[1], out)
    assert f"{out / 'shadow-encoder'}, which remembers your pictures" in said
    assert (card["members"], card["non_members"], card["held_out"]) == (20, 20, 10)
    assert card["shadow_encoder"] == "vit, moco, 1 epochs"
    assert len(told["left_out"]) == 1 and "broken.png" in told["left_out"][0]
    mine, reference = folder(tmp_path / "m", "m", 5), folder(tmp_path / "r", "r", 20)
    told = run_json(
        capsys, "audit", "--model", f"timm:{out / 'shadow-encoder'}", "--mine", str(mine),
        "--reference", str(reference), "--attack", str(out),
    )  # fmt: skip
    assert told["model"]["fingerprint"] == card["shadow_fingerprint"]


def test_bad_input_is_one_sentence(
    encoder: PixelEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few, many = str(folder(tmp_path / "few", "f", 6)), str(folder(tmp_path / "many", "g", 20))
    (tmp_path / "empty").mkdir()
    out = ("train", "--out", str(tmp_path / "new"))
    asked = ("audit", "--model", LIKE, "--mine", few)
    assert "either --images" in refused(capsys, *out)
    assert "either --images" in refused(capsys, *out, "--images", few, "--model", LIKE)
    assert "either --images" in refused(capsys, *out, "--model", LIKE, "--members", few)
    assert "at least 40" in refused(capsys, *out, "--images", many)
    assert "1 or more" in refused(capsys, *out, "--images", many, "--epochs", "0")
    assert "simclr, moco" in refused(capsys, *out, "--images", many, "--algorithm", "byol")
    assert "resnet" in refused(capsys, *out, "--images", many, "--architecture", "alexnet")
    assert "at least 20" in refused(
        capsys, *out, "--model", LIKE, "--members", few, "--non-members", many
    )
    assert "no file" in refused(capsys, *asked, "--reference", str(tmp_path / "empty"))
    assert "cannot be looked into" in refused(capsys, *asked, "--reference", str(tmp_path / "no"))
    assert "in the reference" in refused(capsys, *asked, "--reference", few)
    assert "holds no attack" in refused(capsys, *asked, "--reference", many, "--attack", few)
    (tmp_path / "empty" / "a.png").write_text("no")
    assert "None of the files" in refused(capsys, *asked, "--reference", str(tmp_path / "empty"))
    assert "cannot be written" in refused(
        capsys, "evaluate", "--model", LIKE, "--members", few, "--non-members", many,
        "--plot", str(tmp_path / "no" / "x.html"),
    )  # fmt: skip
    encoder.capabilities = frozenset({Capability.PROBABILITIES})
    assert "no image features" in refused(capsys, *asked, "--reference", many)


def test_a_host_gets_pictures_only_when_it_was_named(
    encoder: PixelEncoder,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(
        encodermi_ask, "open_model", lambda *given: [encoder, opened.append(given)][0]
    )
    mine, reference = str(folder(tmp_path / "m", "m", 5)), str(folder(tmp_path / "r", "r", 20))
    spec = "openai:https://api.example.org/v1#clip"
    asked = ("audit", "--model", spec, "--mine", mine, "--reference", reference)
    sentence = refused(capsys, *asked)
    assert "250 views of 25 pictures" in sentence and "--send-to api.example.org" in sentence
    assert encoder.asked == []
    assert run_json(capsys, *asked, "--send-to", "api.example.org")["reading"]
    assert sum(encoder.asked) == 250
    assert opened[0][1].budget.most == 250 + 25 + 20, "a ceiling also where none was typed"
    run_json(capsys, *asked, "--send-to", "api.example.org", "--most", "260")
    assert opened[1][1].budget.most == 260
