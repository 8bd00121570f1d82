"""Values that follow from a log are compared; the last bits of logarithms are no difference."""

import pytest

from auditcore.audit.difference import first_difference

VALUE = {"a": [1, {"b": 2.5, "c": None}], "d": "text", "e": True}


def test_equal_values_have_no_difference() -> None:
    assert first_difference(VALUE, {**VALUE}) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({**VALUE, "a": [2, VALUE["a"][1]]}, "x.a[0] says 2, not 1"),  # type: ignore[index]
        ({**VALUE, "a": [1, {"b": 2.5 + 1e-8, "c": None}]}, "x.a[1].b says 2.50000001, not 2.5"),
        ({**VALUE, "a": [1]}, "the length of x.a says 1, not 2"),
        ({**VALUE, "f": 0}, 'the fields of x says ["a", "d", "e", "f"], not ["a", "d", "e"]'),
        ({**VALUE, "e": 1}, "x.e says 1, not true"),
        ({**VALUE, "d": "Text"}, 'x.d says "Text", not "text"'),
    ],
)
def test_the_first_difference_is_named(found: object, said: str) -> None:
    assert str(first_difference(found, VALUE, "x")) == said


def test_the_last_bits_of_a_logarithm_are_no_difference() -> None:
    assert first_difference([-3.7, 0.0, 1e300], [-3.7 * (1 + 1e-12), 1e-12, 1e300]) is None
    assert first_difference([float("inf")], [1.0]) is not None
    assert first_difference([1], [1.0]) is not None
