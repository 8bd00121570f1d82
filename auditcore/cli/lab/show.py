"""Show an experiment, or list those on this machine."""

import argparse

from auditcore.cli.lab.describing import as_values, show_experiment
from auditcore.cli.lab.following import EXAMPLE, experiment_named
from auditcore.cli.output import add_json, print_json, tell
from auditcore.lab.experiments import Experiment
from auditcore.paths import lab_dir


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab show`."""
    parser.add_argument(
        "experiment", nargs="?", metavar="ID", help=f"its id, or “{EXAMPLE}” for the shipped one"
    )
    add_json(parser)


def act(arguments: argparse.Namespace) -> int:
    """Print one experiment, or a line for each."""
    if arguments.experiment is not None:
        show_experiment(experiment_named(arguments.experiment), arguments.json)
        return 0
    found = [experiment for experiment in _all() if experiment.exists]
    if arguments.json:
        print_json([as_values(experiment) for experiment in found])
    else:
        tell("\n".join(map(_line, found)) or "There is no experiment here. Begin with `lab train`.")
    return 0


def _all() -> list[Experiment]:
    return [Experiment(path) for path in sorted(lab_dir().iterdir()) if path.is_dir()]


def _line(experiment: Experiment) -> str:
    setup = experiment.setup
    state = "finished" if experiment.finished else "not finished"
    return f"{experiment.id}  {setup.kind}, {setup.photos} photos, {setup.rest} others: {state}"
