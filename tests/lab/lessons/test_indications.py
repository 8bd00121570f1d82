"""Indication or guarantee, on pictures that no model ever saw."""

import numpy as np
import pytest

from auditcore.lab.lessons.indications import DIFFERENCES, LEVEL, false_alarms
from auditcore.lab.registries import LabError


def test_a_difference_fools_the_indication_and_not_the_rank_test() -> None:
    found = false_alarms(20, 0, 40)
    assert found.shape == (40, len(DIFFERENCES), 2)
    indication, rank = found.mean(axis=0).T
    assert indication[0] <= 0.075  # alike: 1 in 200
    assert indication[DIFFERENCES.index(1.0)] > 0.6
    assert indication[-1] > 0.9
    assert rank.sum() / len(DIFFERENCES) <= float(LEVEL) + 3 * 0.0046
    assert rank.max() <= 0.05


def test_models_are_the_same_however_they_are_shared_out() -> None:
    whole = false_alarms(5, 0, 4)
    parts = [false_alarms(5, first, 2) for first in (0, 2)]
    assert (np.concatenate(parts) == whole).all()


@pytest.mark.parametrize("pictures", [4, 101])
def test_too_few_and_too_many_pictures_are_refused(pictures: int) -> None:
    with pytest.raises(LabError, match="5 to 100"):
        false_alarms(pictures, 0, 1)
