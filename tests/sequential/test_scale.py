"""Large kits, fine levels, and what importing the tests brings along."""

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.sequential import TESTS, make_test, operating_characteristics

LEVELS = [
    Fraction(1, 20),
    Fraction(1, 40),
    Fraction(1, 80),
    Fraction(1, 1000),
    Fraction(1, 20) / 19,
    Fraction(1, 10_000),
    Fraction(123, 4567),
]


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("p", LEVELS, ids=str)
def test_ten_thousand_versions(name: str, p: Fraction) -> None:
    test = make_test(name, 10_000, p)
    staircase = test.staircase
    assert all(low < high for low, high in pairwise(staircase))
    for k, step in enumerate(staircase[:3]):
        assert test.rejects(step, k)
        assert not test.rejects(step - 1, k)
        assert not test.gives_up(step, k)
    assert test.gives_up(9999, len(staircase))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TESTS), st.fractions(Fraction(1, 300), Fraction(9, 10)), st.data())
def test_any_level_with_just_enough_versions_keeps_it(
    name: str, p: Fraction, data: st.DataObject
) -> None:
    fewest = max(2, -(-p.denominator // p.numerator))
    n = data.draw(st.integers(fewest, fewest + 60))
    assert operating_characteristics(make_test(name, n, p)).rate <= float(p) + 1e-12


def test_importing_the_tests_brings_no_heavy_library() -> None:
    code = (
        "import sys, auditcore.sequential; "
        "print([m for m in ('torch', 'scipy', 'streamlit', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
