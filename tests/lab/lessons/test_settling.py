"""How a counted rate settles."""

import numpy as np
import pytest

from auditcore.lab.lessons.settling import counted, settling
from auditcore.lab.registries import LabError


def test_the_path_ends_at_the_rate_and_its_interval() -> None:
    accused = np.arange(1000) % 20 == 0
    path, end = settling(accused), counted(accused)
    assert path.audits[0] == 1
    assert path.audits[-1] == 1000
    assert (np.diff(path.audits) > 0).all()
    assert (path.rates[-1], path.lows[-1], path.highs[-1]) == (end.value, end.low, end.high)
    assert (end.count, end.of) == (50, 1000)


def test_the_interval_narrows_around_the_rate() -> None:
    path = settling(np.arange(500) % 10 == 0)
    assert ((path.lows <= path.rates) & (path.rates <= path.highs)).all()
    width = path.highs - path.lows
    assert width[-1] < width[0] / 5


def test_no_audit_has_no_rate() -> None:
    for look in (counted, settling):
        with pytest.raises(LabError, match="At least one audit"):
            look(np.zeros(0, dtype=np.bool_))
