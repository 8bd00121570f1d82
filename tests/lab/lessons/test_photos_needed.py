"""How many photos it takes."""

from fractions import Fraction

import pytest

from auditcore.errors import DesignError
from auditcore.lab.lessons import photos_needed
from auditcore.lab.lessons.photos_needed import Power, enough, power, rounds_of
from auditcore.lab.registries import LabError

P = Fraction(1, 20)


@pytest.fixture(autouse=True)
def few_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos_needed, "TRACES", (0.0, 1.0, 2.0))


def test_one_photo_is_the_methodologys_table() -> None:
    found = power(1, P)
    assert found.exact
    assert found.found[0] == pytest.approx(0.0490, abs=0.0001)
    assert found.found[2] == pytest.approx(0.612, abs=0.001)


def test_more_photos_find_fainter_traces_at_the_same_rate_of_false_alarms() -> None:
    one, ten, fifty = power(1, P), power(10, P, audits=120), power(50, P, audits=120)
    assert not ten.exact
    assert max(ten.found[0], fifty.found[0]) <= 0.05 + 3 * 0.02
    assert one.found[1] < ten.found[1] - 0.2 < fifty.found[1] - 0.3
    assert fifty.found[1] > 0.95


def test_a_stricter_level_finds_less() -> None:
    assert power(10, Fraction(1, 500), audits=120).found[1] < power(10, P, audits=120).found[1]


def test_the_weakest_trace_that_is_enough() -> None:
    found = Power(1, (0.0, 1.0, 2.0), (0.05, 0.9, 0.95), exact=True)
    assert enough(found) == 1.0
    assert enough(found, 0.99) is None


def test_rounds_double_and_end_at_the_budget_of_an_audit() -> None:
    assert rounds_of(10, P) == (1, 3, 7, 15, 31, 63, 99)
    assert rounds_of(50, P) == (1, 3, 7, 15, 31, 63)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(LabError, match="At least one photo"):
        power(0, P)
    with pytest.raises(LabError, match="At least one photo and one audit"):
        power(10, P, audits=0)
    with pytest.raises(DesignError):
        power(1, Fraction(1, 5000))
