"""The command line, on the same core as the app: `python -m auditcore COMMAND`.

Exit codes: 0 finished, 1 something did not verify (`verify` alone), 2 bad input (one sentence on
standard error), 130 cancelled.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from auditcore import __version__
from auditcore.cli import audit, lab, mark, models, passive, serve, simulate, verify
from auditcore.cli.output import one_line, say
from auditcore.errors import Cancelled, TelltaleError

BAD_INPUT, CANCELLED = 2, 130
_COMMANDS = (mark, audit, verify, models, serve, simulate, passive, lab)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the words after `python -m auditcore`; those of the process when None.
    """
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except Cancelled as error:
        say(one_line(str(error)))
        return CANCELLED
    except TelltaleError as error:
        say(one_line(str(error)))
        return BAD_INPUT
    except BrokenPipeError:  # whoever reads what is printed has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("Cancelled. An audit goes on where it was when the same command is run again.")
        return CANCELLED


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence and exit with BAD_INPUT."""
        sentence = message[:1].upper() + message[1:]
        self.exit(BAD_INPUT, one_line(f"{sentence}. See `{self.prog} --help`.") + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m auditcore",
        description="Was my photo used to train this model? Mark, audit, verify.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        name = command.__name__.rpartition(".")[2]
        summary = (command.__doc__ or "").splitlines()[0]
        one = commands.add_parser(name, help=summary, description=summary)
        command.add_arguments(one)
        one.set_defaults(run=command.run)
    return parser
