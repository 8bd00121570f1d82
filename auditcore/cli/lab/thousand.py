"""Audit a thousand models that never saw the photo, and count the false alarms."""

import argparse
from typing import Any

from auditcore.cli.output import add_json, parse_level, print_json, tell
from auditcore.lab.lessons.shapes import SHAPES
from auditcore.lab.lessons.thousand import Case, exact_rate_of, rate_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab thousand`."""
    parser.add_argument("--shape", choices=tuple(SHAPES), default="measured", help="of the scores")
    parser.add_argument("--p", default="0.05", help="accepted chance of a false alarm")
    parser.add_argument(
        "--nicest",
        action="store_true",
        help="let the owner publish the nicest version, instead of one drawn at random",
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same models")
    add_json(parser)


def act(arguments: argparse.Namespace) -> int:
    """Print the rate of false alarms and its interval."""
    p = parse_level(arguments.p)
    case = Case(arguments.shape, p, nicest=arguments.nicest, seed=arguments.seed)
    rate, exact = rate_of(case), exact_rate_of(p)
    if arguments.json:
        values: dict[str, Any] = {**rate.to_json(), "exact_rate_of_a_random_choice": exact}
        print_json(values)
        return 0
    tell(
        f"{rate.count:,} of {rate.of:,} innocent models are accused (95 % interval {rate.low:.2%} "
        f"to {rate.high:.2%}).\nWith a random choice the exact rate is {exact:.2%}."
    )
    return 0
