"""The options of a command that opens a model: how a local one runs, what a hosted one may cost."""

import argparse
import datetime
from decimal import Decimal, InvalidOperation

from auditcore.errors import ModelError
from auditcore.models import Access, Budget, Running
from auditcore.models.running import DEVICE_TITLES, PRECISION_TITLES, RUNTIME_TITLES


def add_running(parser: argparse.ArgumentParser) -> None:
    """Declare how a local model runs."""
    group = parser.add_argument_group("for models on this machine")
    group.add_argument("--device", choices=DEVICE_TITLES, help="what it runs on (default: fastest)")
    group.add_argument(
        "--precision",
        choices=PRECISION_TITLES,
        help="what it calculates with (default: measured once)",
    )
    group.add_argument(
        "--runtime",
        choices=RUNTIME_TITLES,
        help="the program that calculates (default: measured once)",
    )


def running_of(arguments: argparse.Namespace) -> Running:
    """Return how a local model is to run."""
    return Running(arguments.device, arguments.precision, arguments.runtime)


def add_access(parser: argparse.ArgumentParser) -> None:
    """Declare what only hosted models need. Keys come from the environment."""
    group = parser.add_argument_group(
        "for hosted models (their keys: TELLTALE_KEY_API_JINA_AI is for api.jina.ai; - becomes __)"
    )
    group.add_argument("--price", metavar="PRICE", help="what the provider asks for 1,000 pictures")
    group.add_argument(
        "--most", metavar="N", help="stop before more pictures than this are sent, retries included"
    )
    group.add_argument("--per-minute", metavar="N", help="pictures a minute the provider allows")
    group.add_argument("--released", metavar="YYYY-MM-DD", help="when the model was published")


def access_of(arguments: argparse.Namespace, scope: str | None = None) -> Access:
    """Return how the model may be reached; `scope`: the audit that is to be gone on with.

    Raises:
        ModelError: a price, number or date that is none.
    """
    budget = Budget(
        price=_price(arguments.price),
        most=_count("--most", arguments.most),
        per_minute=_count("--per-minute", arguments.per_minute),
    )
    return Access(budget=budget, released=_date(arguments.released), scope=scope)


def _price(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        raise ModelError(f"--price must be a number such as 0.10, not '{text}'.") from error
    if not price.is_finite() or price < 0:
        raise ModelError(f"--price must be 0 or more, not '{text}'.")
    return price


def _count(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ModelError(f"{name} must be a whole number above 0, not '{text}'.")
    return int(text)


def _date(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ModelError(f"--released must be a day such as 2024-05-31, not '{text}'.") from error
