"""Ask a model about photos that were published without marks: an indication, no guarantee."""

import argparse

from auditcore.cli.passive import encodermi, idia

_METHODS = (encodermi, idia)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the methods; each module has `add_arguments` and declares its own actions."""
    methods = parser.add_subparsers(title="methods", required=True, metavar="METHOD")
    for method in _METHODS:
        name = method.__name__.rpartition(".")[2]
        summary = (method.__doc__ or "").splitlines()[0]
        one = methods.add_parser(name, help=summary, description=summary)
        method.add_arguments(one)


def run(arguments: argparse.Namespace) -> int:
    """Do what the chosen action says."""
    return int(arguments.act(arguments))
