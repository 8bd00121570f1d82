"""Simulate audits of one photo: how often a test finds something, and what it costs."""

import argparse
from dataclasses import asdict

from auditcore.cli.output import add_json, parse_level, print_json, tell
from auditcore.errors import DesignError
from auditcore.sequential import DEFAULT_TEST, TESTS, SimulationResult, simulate

_MOST_AUDITS = 10_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `simulate`."""
    parser.add_argument("--test", choices=TESTS, default=DEFAULT_TEST, help="the sequential test")
    parser.add_argument("--n", type=int, default=1000, help="versions of the photo (default 1000)")
    parser.add_argument("--p", default="0.05", help="level of false alarms (default 0.05)")
    parser.add_argument("--audits", type=int, default=100_000, help="how many (default 100000)")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument(
        "--q", type=float, help="chance that a hidden version beats the published one"
    )
    kinds.add_argument(
        "--shift", type=float, help="shift of the published score, in SDs of the hidden ones"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same audits")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the rate of rejections and the hidden queries; under H0 without --q and --shift."""
    if arguments.audits > _MOST_AUDITS:
        raise DesignError(f"At most {_MOST_AUDITS:,} audits can be simulated at once.")
    if arguments.seed < 0:
        raise DesignError("--seed must be 0 or more.")
    result = simulate(
        arguments.test,
        arguments.n,
        parse_level(arguments.p),
        arguments.audits,
        q=arguments.q,
        shift=arguments.shift,
        seed=arguments.seed,
    )
    if arguments.json:
        print_json(asdict(result))
    else:
        tell(_in_words(result, arguments))
    return 0


def _in_words(result: SimulationResult, arguments: argparse.Namespace) -> str:
    used = arguments.q is not None or arguments.shift is not None
    kind = "found the photo that was used" if used else "raised a false alarm"
    low, high = result.ci95
    return (
        f"{arguments.audits:,} audits with {arguments.test}, n = {arguments.n}, p = {arguments.p}\n"
        f"{kind}: {result.rate:.4f} (95 % interval {low:.4f} to {high:.4f}; "
        f"exact {result.exact_rate:.4f})\n"
        f"hidden queries: {result.mean_hidden_queries:.1f} in the mean, "
        f"{result.median_hidden_queries:.0f} in the median"
    )
