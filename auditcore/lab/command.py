"""What the commands that make the demo models share: their options, and how they fail."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from auditcore.errors import TelltaleError
from auditcore.paths import assets_dir


def options(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of every such command: `--work` and `--assets`."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--work", type=Path, required=True, help="folder for packages (1-2 GB)")
    parser.add_argument("--assets", type=Path, default=assets_dir(), help="where models go")
    return parser


def make(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    run: Callable[[argparse.Namespace], object],
) -> int:
    """Run a command on absolute paths; return 2, with one sentence, when it cannot be done."""
    chosen = parser.parse_args(arguments)
    chosen.work, chosen.assets = chosen.work.resolve(), chosen.assets.resolve()
    try:
        run(chosen)
    except TelltaleError as error:
        say(str(error))
        return 2
    return 0


def say(sentence: str) -> None:
    """Tell on standard error how far it is."""
    print(sentence, file=sys.stderr, flush=True)
