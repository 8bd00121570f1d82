"""Count what breaks the guarantee, with its guard off and on, over simulated audits."""

import argparse

from auditcore.cli.output import add_json, print_json, say, tell
from auditcore.errors import DesignError
from auditcore.lab.lessons.hazards import HAZARDS, Measured, measure
from auditcore.passive.evaluation import Rate

_AUDITS_MAX = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab hazards`."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one or more of {', '.join(HAZARDS)} (default: all of them)",
    )
    parser.add_argument("--audits", type=int, default=2000, help="of each (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same audits")
    add_json(parser)


def act(arguments: argparse.Namespace) -> int:
    """Print both rates of each hazard."""
    if not 1 <= arguments.audits <= _AUDITS_MAX or arguments.seed < 0:
        raise DesignError(f"--audits must be 1 to {_AUDITS_MAX:,}, and --seed 0 or more.")
    found = []
    for name in arguments.names or HAZARDS:
        found.append(measure(name, arguments.audits, arguments.seed))
        say(f"{len(found)}: {found[-1].hazard.title}")
    if arguments.json:
        print_json([_values(measured) for measured in found])
    else:
        tell("\n".join(line for measured in found for line in _lines(measured)))
    return 0


def _values(measured: Measured) -> dict[str, object]:
    return {
        "hazard": measured.name,
        "practice": measured.hazard.practice,
        "guard": measured.hazard.guard,
        "off": measured.off.to_json(),
        "on": measured.on.to_json(),
    }


def _lines(measured: Measured) -> list[str]:
    hazard = measured.hazard
    return [
        f"{hazard.title} ({measured.name})",
        f"  {hazard.practice} {_rate(measured.off)}",
        f"  {hazard.guard} {_rate(measured.on)}",
    ]


def _rate(rate: Rate) -> str:
    return f"{rate.count:,} of {rate.of:,} accused ({rate.low:.1%} to {rate.high:.1%})"
