"""Print the teacher's sheet: exercises with the figures to expect, computed now."""

import argparse

from auditcore.cli.output import tell
from auditcore.lab.sheet import teachers_sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab sheet`: there are none."""


def act(_arguments: argparse.Namespace) -> int:
    """Print it as Markdown."""
    tell(teachers_sheet())
    return 0
