"""How far an experiment is told to be, from what its children wrote."""

from pathlib import Path

import pytest

from auditcore.lab.experiments import Experiment, create, default_setup
from auditcore.lab.experiments.children import progress_file
from auditcore.lab.experiments.reporting import AUDITING, MAKING, Far, Reporter, far_of
from auditcore.lab.experiments.stages import (
    STEPS,
    forgetting_stage,
    sealing_stage,
    training_stage,
)


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return create(tmp_path / "one", default_setup())


def told(experiment: Experiment, name: str, far: Far) -> None:
    part = experiment.part(name)
    part.mkdir(parents=True, exist_ok=True)
    Reporter(part).tell(far)


def test_it_only_ever_goes_forward_and_ends_at_the_end(experiment: Experiment) -> None:
    steps = [sealing_stage(experiment, done, 100).done for done in (0, 50, 100)]
    steps.append(training_stage(experiment).done)
    for far in (
        Far(MAKING, 1, 10, 90.0),
        Far(MAKING, 10, 10, 0.0),
        Far(AUDITING, 0, 400, None),
        Far(AUDITING, 200, 400, 5.0),
        Far(AUDITING, 1, 1, 0.0, ended=True),
    ):
        for name in ("with", "without"):
            told(experiment, name, far)
            steps.append(training_stage(experiment).done)
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, STEPS)
    assert training_stage(experiment).seconds_left == 0.0


def test_the_slower_twin_tells_the_time_left(experiment: Experiment) -> None:
    told(experiment, "with", Far(MAKING, 5, 10, 30.0))
    told(experiment, "without", Far(MAKING, 3, 10, 70.0))
    stage = training_stage(experiment)
    assert stage.seconds_left > 70.0
    assert stage.now == "With the photos: round 5 of 10. Without them: round 3 of 10."


def test_time_is_told_before_anything_is_known(experiment: Experiment) -> None:
    assert training_stage(experiment).seconds_left > 10
    assert sealing_stage(experiment, 0, 2400).seconds_left > 10


def test_the_end_of_a_stage_is_written_however_soon_it_comes(experiment: Experiment) -> None:
    part = experiment.part("with")
    part.mkdir()
    assert far_of(part) is None
    reporter = Reporter(part)
    for done in range(1, 11):
        reporter.tell(Far(MAKING, done, 10, None))
    assert far_of(part) == Far(MAKING, 10, 10, None)
    assert progress_file(part).is_file()


def test_methods_that_wait_are_counted(experiment: Experiment) -> None:
    told(experiment, "ascent", Far(MAKING, 1, 2, 4.0))
    one = forgetting_stage(experiment, ["ascent"])
    both = forgetting_stage(experiment, ["ascent", "retrain"])
    assert both.done < one.done
    assert both.seconds_left > one.seconds_left
    assert "Gradient ascent" in both.now
