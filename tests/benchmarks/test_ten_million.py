"""The plan for 10 million photos is arithmetic on measured rates; here its sums are checked."""

import pytest

from tests.benchmarks import ten_million as plan


def test_what_is_asked_follows_from_the_size_of_the_kits() -> None:
    assert plan.work(10_000) == {"kits": 1000, "queries": 60_000_000, "pictures": 480_000_000}
    assert plan.work(100_000) == {"kits": 100, "queries": 20_000_000, "pictures": 160_000_000}


def test_hours_are_pictures_by_rate_by_share() -> None:
    assert plan.hours(3_600_000, rate=500.0, share=0.5) == 4.0


def test_a_core_is_its_share_of_the_machine() -> None:
    one = {"images_per_second": {"scorer": [900.0, 1000.0, 1300.0]}}
    assert plan.a_core(one, cores=2) == 500.0


def test_an_audit_keeps_at_most_all_of_the_scoring_rate() -> None:
    scored = {"models": [{"model": "demo:with", "images_per_second": {"scorer": [1000.0]}}]}
    assert plan.kept(scored, {"pictures_per_second": 800.0}) == 0.8
    assert plan.kept(scored, {"pictures_per_second": 1100.0}) == 1.0


def test_an_unmeasured_card_is_a_range_between_the_stated_rates() -> None:
    fewest, most = plan.assumed_hours(3_600_000, operations=1e9)
    assert fewest == pytest.approx(3.6e15 / (0.5 * 989e12) / 3600)
    assert most == pytest.approx(3.6e15 / (0.1 * 312e12) / 3600)


def test_bytes_for_a_person() -> None:
    assert plan.terabytes(2.5e12) == "2.5 TB"
    assert plan.terabytes(3e9) == "3.0 GB"
    assert plan.terabytes(999) == "999 bytes"
