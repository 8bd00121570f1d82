"""Delete an experiment with everything in it."""

import argparse

from auditcore.cli.lab.following import EXAMPLE, experiment_named
from auditcore.cli.output import tell
from auditcore.lab.registries import LabError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab delete`."""
    parser.add_argument("experiment", metavar="ID", help="its id")


def act(arguments: argparse.Namespace) -> int:
    """Delete it."""
    if arguments.experiment == EXAMPLE:
        raise LabError("The example is part of Telltale. Only experiments made here are deleted.")
    experiment_named(arguments.experiment).delete()
    tell("Deleted.")
    return 0
