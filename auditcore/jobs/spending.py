"""What an audit of a hosted model sends, takes and costs, told before the first query."""

from dataclasses import dataclass
from decimal import Decimal

from auditcore.audit import Estimate
from auditcore.models import Budget


@dataclass(frozen=True)
class Bill:
    """One forecast of what is sent.

    Attributes:
        images: pictures sent, those of the test picture included.
        seconds: how long that takes at the pace of the test and the provider's limit.
        cost: at the price that was typed, None if none was.
        within: whether the ceiling leaves room for it.
    """

    images: int
    seconds: float
    cost: Decimal | None
    within: bool


def bill(found: Estimate, budget: Budget, queries: int) -> Bill:
    """Return what so many queries of an estimated audit send, take and cost."""
    share = queries / found.at_most if found.at_most else 1.0
    probes = round(found.probes_at_most * share)
    images = min((queries + probes) * found.images_per_query, found.images_at_most)
    pace = found.seconds_per_query / found.images_per_query
    slowest = 60 / budget.per_minute if budget.per_minute else 0.0
    within = budget.most is None or images <= budget.most
    return Bill(images, images * max(pace, slowest), budget.cost(images), within)


def ceiling(price: Decimal | None, money: Decimal | None, images: int | None) -> int | None:
    """Return how many pictures may be sent under both ceilings, None without one.

    Args:
        price: of 1,000 pictures. money: to be spent at most, heeded where the price is known.
        money: see price.
        images: to be sent at most.
    """
    affordable = int(money * 1000 / price) if price and money is not None else None
    return min((most for most in (affordable, images) if most is not None), default=None)
