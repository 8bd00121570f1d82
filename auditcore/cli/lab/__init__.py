"""Train a small model with your photos and a twin without them, audit both, make it forget."""

import argparse

from auditcore.cli.lab import delete, forget, hazards, sheet, show, thousand, train

_ACTIONS = (train, show, forget, delete, thousand, hazards, sheet)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; each module has `add_arguments` and `act`."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for action in _ACTIONS:
        name = action.__name__.rpartition(".")[2]
        summary = (action.__doc__ or "").splitlines()[0]
        one = actions.add_parser(name, help=summary, description=summary)
        action.add_arguments(one)
        one.set_defaults(act=action.act)


def run(arguments: argparse.Namespace) -> int:
    """Do what the chosen action says."""
    return int(arguments.act(arguments))
