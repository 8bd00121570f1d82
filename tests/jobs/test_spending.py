"""What an audit of a hosted model sends, takes and costs."""

from decimal import Decimal
from fractions import Fraction

import pytest

from auditcore.audit import Estimate
from auditcore.jobs.spending import bill, ceiling
from auditcore.models import Budget

FOUND = Estimate(
    at_most=1000,
    expected_unused=250,
    expected_used=50,
    images_per_query=8,
    probes_at_most=20,
    hosted=True,
    seconds_per_query=0.8,
    attempt=1,
    level=Fraction(1, 40),
    warnings=(),
    on_record=None,
)


def test_the_most_is_what_the_estimate_says() -> None:
    whole = bill(FOUND, Budget(price=Decimal("0.5")), FOUND.at_most)
    assert whole.images == FOUND.images_at_most == 8160
    assert whole.seconds == pytest.approx(816)
    assert whole.cost == Decimal("4.08")
    assert whole.within


def test_a_part_sends_its_share_of_test_pictures() -> None:
    part = bill(FOUND, Budget(), 250)
    assert part.images == (250 + 5) * 8
    assert part.cost is None


def test_the_providers_rate_sets_the_pace_where_it_is_slower() -> None:
    assert bill(FOUND, Budget(per_minute=60), 250).seconds == pytest.approx(255 * 8)
    assert bill(FOUND, Budget(per_minute=6000), 250).seconds == pytest.approx(255 * 8 * 0.1)


def test_a_ceiling_is_compared_with_all_that_is_sent() -> None:
    assert bill(FOUND, Budget(most=2040), 250).within
    assert not bill(FOUND, Budget(most=2039), 250).within


@pytest.mark.parametrize(
    ("price", "money", "images", "most"),
    [
        (None, None, None, None),
        (None, "5", 70, 70),
        ("0.02", "1", None, 50_000),
        ("0.02", "1", 70, 70),
        ("3", "1", None, 333),
        ("0.02", "0", 70, 0),
        ("0", "1", None, None),
    ],
)
def test_the_lower_ceiling_holds_and_is_never_rounded_up(
    price: str | None, money: str | None, images: int | None, most: int | None
) -> None:
    found = ceiling(price and Decimal(price), money and Decimal(money), images)  # type: ignore[arg-type]
    assert found == most
