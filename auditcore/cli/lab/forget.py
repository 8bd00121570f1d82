"""Make a trained model forget the photos, and audit what is left of it."""

import argparse

from auditcore.cli.lab.describing import show_experiment
from auditcore.cli.lab.following import Follower, experiment_named
from auditcore.cli.output import add_json
from auditcore.cli.stopping import stopping_on_interrupt
from auditcore.lab.experiments.running import forget
from auditcore.lab.unlearning.methods import METHODS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab forget`."""
    parser.add_argument("experiment", metavar="ID", help="of a finished experiment")
    parser.add_argument(
        "methods",
        nargs="*",
        metavar="METHOD",
        help=f"one or more of {', '.join(METHODS)} (default: all of them)",
    )
    add_json(parser)


def act(arguments: argparse.Namespace) -> int:
    """Forget by each method, audit, and say what was found."""
    experiment = experiment_named(arguments.experiment)
    follower = Follower("The same command goes on with it.")
    with follower, stopping_on_interrupt() as should_stop:
        methods = arguments.methods or tuple(METHODS)
        forget(experiment, methods, should_stop=should_stop, on_stage=follower.tell)
    show_experiment(experiment, arguments.json)
    return 0
