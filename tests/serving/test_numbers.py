"""What is written as JSON reads back as the same number."""

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from auditcore.serving.numbers import exact
from auditcore.serving.refusing import Refused


@given(arrays(np.float32, 20, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_float32_reads_back_as_itself(values: np.ndarray) -> None:  # type: ignore[type-arg]
    back = np.array(json.loads(json.dumps(exact(values))), dtype=np.float32)
    assert back.tobytes() == values.tobytes()


def test_every_kind_of_float32_reads_back_and_is_short() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values)]
    written = json.dumps(exact(values))
    assert (np.array(json.loads(written), dtype=np.float32) == values).all()
    digits = [Decimal(one).normalize().as_tuple().digits for one in written[1:-1].split(",")]
    assert max(map(len, digits)) <= 9


def test_float64_reads_back_as_itself() -> None:
    values = np.random.default_rng(0).random(1000)
    assert (np.array(json.loads(json.dumps(exact(values)))) == values).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(Refused, match="not a number") as caught:
        exact(np.array([1, bad], np.float32))
    assert caught.value.status == 500
