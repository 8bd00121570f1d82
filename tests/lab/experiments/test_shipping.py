"""The experiment that is shipped: whole, light, and without anything that does not belong there."""

import re
from pathlib import Path

from auditcore.audit import Decision, verdict_words
from auditcore.lab.experiments import TWINS, default_setup, shipped_experiment
from auditcore.lab.experiments.journal import add_row, write_json
from auditcore.lab.experiments.shipping import ship
from auditcore.lab.unlearning.methods import METHODS
from tests.lab.experiments.tiny import sealed


def test_only_what_was_measured_is_shipped_and_some_photos(tmp_path: Path) -> None:
    experiment = sealed(tmp_path / "one")
    part = experiment.part("with")
    part.mkdir()
    row = {"epoch": 1, "epochs": 1, "loss": 3.0, "held_out_loss": 3.0, "seconds": 1.0}
    add_row(part / "losses.jsonl", row)
    for name in ("network.pt", "checkpoint.pt", "spec.json"):
        (part / name).write_bytes(b"weights")
    write_json(experiment.folder / "spent.json", 3.0)
    target = tmp_path / "assets" / "example"
    target.mkdir(parents=True)
    (target / "old").touch()
    ship(experiment, target)
    files = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert files == {"setup.json", "pictures.json", "with/losses.jsonl", "publish/cat.jpg"}


def test_the_shipped_one_is_whole() -> None:
    experiment = shipped_experiment()
    assert experiment.setup == default_setup()
    assert experiment.finished
    assert len(experiment.files) == 24
    assert set(experiment.forgetting) == set(METHODS)
    for name in (*TWINS, *METHODS):
        audited, outcome = experiment.audit(name), experiment.outcome(name)
        assert audited is not None and audited.verdict is not None and outcome is not None
        assert audited.trace.collection
        assert audited.plan.test_seed is None
        assert audited.plan.model["name"] == f"lab-{name}"
        assert verdict_words(audited.verdict, audited.plan).grade == "guaranteed"
    for name in TWINS:
        assert len(experiment.losses(name)) == experiment.setup.epochs
        assert len(experiment.memory(name)) >= 8
    assert any(picture.published for picture in experiment.pictures)


def test_the_shipped_one_finds_the_photos_in_one_twin_alone() -> None:
    experiment = shipped_experiment()
    told = [audit.verdict for name in TWINS if (audit := experiment.audit(name)) is not None]
    assert [verdict.decision for verdict in told if verdict is not None] == [
        Decision.USED,
        Decision.NOT_SHOWN,
    ]


def test_the_shipped_one_is_small_and_names_no_place_of_a_machine() -> None:
    folder = shipped_experiment().folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_000_000
    assert {path.suffix for path in files} <= {".json", ".jsonl", ".jpg"}
    for path in files:
        if path.suffix != ".jpg":
            assert not re.search(r'[":](/|[A-Z]:\\)', path.read_text()), path
