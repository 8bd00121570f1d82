"""What commands print: text for people, or one JSON document."""

import argparse
import json
import sys
from fractions import Fraction
from typing import Any

from auditcore.errors import DesignError


def add_json(parser: argparse.ArgumentParser) -> None:
    """Offer --json."""
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")


def print_json(value: Any) -> None:
    """Print a value as JSON; infinities and NaN are refused, as JSON has none."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def say(sentence: str) -> None:
    """Tell the person what is going on, on standard error, so that results can be piped."""
    print(sentence, file=sys.stderr, flush=True)


def parse_level(text: str) -> Fraction:
    """Read a false-alarm level such as "0.05" or "1/20" exactly.

    Raises:
        DesignError: it is not a number strictly between 0 and 1.
    """
    try:
        level = Fraction(text)
    except (ValueError, ZeroDivisionError):
        level = Fraction(0)
    if not 0 < level < 1:
        raise DesignError(
            f"--p must be a number between 0 and 1, such as 0.05 (1 false alarm in 20), not {text}."
        )
    return level
