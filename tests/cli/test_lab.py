"""`lab`, driven as a person would; the training itself is tested in tests/jobs/test_lab.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditcore.cli import BAD_INPUT, CANCELLED, main
from auditcore.cli.lab import train as train_action
from auditcore.errors import Cancelled
from auditcore.lab.experiments import Experiment, create, experiment_folder
from auditcore.lab.experiments.running import OnStage, ShouldStop
from auditcore.lab.experiments.stages import Stage
from tests.lab.experiments.tiny import cat, tiny_setup


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = main(["lab", *words])
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


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Experiment]:
    """Let a training only be noted."""
    noted: list[Experiment] = []

    def note(experiment: Experiment, *, should_stop: ShouldStop, on_stage: OnStage) -> None:
        on_stage(Stage(500, "With the photos: round 3 of 6.", 12.0))
        noted.append(experiment)

    monkeypatch.setattr(train_action, "train", note)
    return noted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.jpg").write_bytes(cat().data)
    (photos / ".hidden").write_text("")
    (tmp_path / "captions.csv").write_text("file,caption,label\ncat.jpg,a cat,animals\n")
    return photos


def test_a_training_takes_its_choices_and_photos(
    capsys: pytest.CaptureFixture[str], trained: list[Experiment], folder: Path
) -> None:
    table = str(folder.parent / "captions.csv")
    words = ["train", "--kind", "classifier", "--photos", str(folder), "--captions", table]
    knobs = ["--rest", "50", "--epochs", "3", "--epsilon", "8", "--p", "0.05", "--patience", "2"]
    code, out, err = run(capsys, *words, *knobs, "--augmentation", "strong")
    assert code == 0, err
    (experiment,) = trained
    setup = experiment.setup
    assert (setup.kind, setup.photos, setup.rest, setup.epochs) == ("classifier", "own", 50, 3)
    assert (setup.epsilon, str(setup.p), setup.patience) == (8.0, "1/20", 2)
    assert setup.augmentation == "strong"
    kept = json.loads((experiment.folder / "photos.json").read_text())
    assert kept == [{"name": "cat.jpg", "caption": "a cat", "label": "animals"}]
    assert "round 3 of 6" in err
    assert "not ready" in out
    assert run_json(capsys, "train", "--resume", experiment.id)["experiment"] == experiment.id


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--epochs", "0"], "number of epochs"),
        (["--p", "0.3"], "accepted chance"),
        (["--p", "often"], "between 0 and 1"),
        (["--epsilon", "8"], "DP-SGD is for the classifier"),
        (["--photos", "nowhere"], "cannot be looked into"),
        (["--resume", "../.."], "no experiment"),
        (["--kind", "diffusion"], "invalid choice"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], trained: list[Experiment]
) -> None:
    assert sentence in refused(capsys, "train", *words)
    assert trained == []


def test_photos_without_captions_are_refused_where_they_are_needed(
    capsys: pytest.CaptureFixture[str], trained: list[Experiment], folder: Path
) -> None:
    assert "has no caption" in refused(capsys, "train", "--photos", str(folder))


def test_a_cancelled_training_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancel(*given: Any, **named: Any) -> None:
        raise Cancelled("Stopped.")

    monkeypatch.setattr(train_action, "train", cancel)
    code, _, err = run(capsys, "train")
    assert code == CANCELLED
    assert "lab train --resume" in err


def test_experiments_are_listed_shown_and_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no experiment" in run(capsys, "show")[1]
    create(experiment_folder("mine"), tiny_setup(), [cat()])
    assert "mine  clip" in run(capsys, "show")[1]
    (told,) = run_json(capsys, "show")
    assert (told["experiment"], told["finished"]) == ("mine", False)
    assert told["setup"] == tiny_setup().to_json()
    assert run(capsys, "delete", "mine")[0] == 0
    assert not experiment_folder("mine").exists()
    assert "no experiment" in refused(capsys, "show", "mine")


def test_an_unfinished_one_cannot_be_made_to_forget(capsys: pytest.CaptureFixture[str]) -> None:
    create(experiment_folder("mine"), tiny_setup(), [cat()])
    assert "trained and audited" in refused(capsys, "forget", "mine")
    assert "Choose ways" in refused(capsys, "forget", "mine", "magic")


def test_a_thousand_innocent_models_and_the_hazards(capsys: pytest.CaptureFixture[str]) -> None:
    told = run_json(capsys, "thousand")
    assert told["of"] == 1000
    assert told["low"] < told["exact_rate_of_a_random_choice"] < told["high"]
    assert told["exact_rate_of_a_random_choice"] <= 0.05
    assert run_json(capsys, "thousand", "--nicest")["low"] > 0.05
    (order,) = run_json(capsys, "hazards", "order", "--audits", "200")
    assert order["on"]["low"] < 0.05 < order["off"]["low"]
    assert "no practice" in refused(capsys, "hazards", "luck")
    assert "--audits" in refused(capsys, "hazards", "--audits", "0")
