"""What commands print: text for people, or one JSON document.

Names, labels and sentences come from model files, providers and reports as well: everything is
printed through here, so that none of them can steer a terminal.
"""

import argparse
import json
import re
import sys
from fractions import Fraction
from typing import Any

from auditcore.errors import DesignError

_STEERING = re.compile(  # all controls but tab and line feed; turning of the writing direction;
    # line and paragraph separators; half letters, which cannot be printed
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Offer --json."""
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")


def print_json(value: Any) -> None:
    """Print a value as JSON; infinities and NaN are refused, as JSON has none."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    print(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def tell(text: str) -> None:
    """Print a result for people, on standard output."""
    print(printable(text), flush=True)


def say(sentence: str) -> None:
    """Tell the person what is going on, on standard error, so that results can be piped."""
    print(printable(sentence), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return a text with a question mark for each character that steers a terminal."""
    return _STEERING.sub("?", text)


def one_line(text: str) -> str:
    """Return a stranger's text as one line, so that it cannot pass for lines of ours."""
    return " ".join(printable(text).split())


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
