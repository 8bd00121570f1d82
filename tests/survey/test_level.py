"""Whole surveys of a model that met nothing: any false alarm in at most p of them.

With kits that share one draw of scores as well as with many of one photo: shares need no
independence.
"""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "audit"))

from fakes import FakeSealed, make_plan, noise

from auditcore.audit import Decision
from auditcore.audit.machine import AuditMachine

P, SURVEYS, KITS = Fraction(2, 5), 400, 4


def flags(survey: int, kit: int, test: str, attempts: int, alike: bool) -> bool:
    """Whether any attempt of one kit of one survey ends with "used"."""
    sealed = FakeSealed(60, seed=b"%d/%d" % (survey, kit))
    scores = b"%d" % survey if alike else sealed.seed
    for attempt in range(1, attempts + 1):
        plan = make_plan(sealed, photos=2, p=str(P / KITS), collection_test=test, attempt=attempt)
        machine = AuditMachine(plan, sealed)
        while batch := machine.next_batch():
            machine.absorb(batch, [noise(scores, *asked) for asked in batch])
        verdict = machine.verdict()
        if verdict is not None and verdict.decision is Decision.USED:
            return True
    return False


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("test", ["anytime", "rank-sum"])
def test_any_false_alarm_in_a_survey_stays_below_the_level(test: str, alike: bool) -> None:
    found = [
        any(flags(survey, kit, test, 1, alike) for kit in range(KITS)) for survey in range(SURVEYS)
    ]
    bound = float(P) / 2  # the first attempt of each kit has half its share
    assert 0 < np.mean(found) <= bound + 3 * np.sqrt(bound / SURVEYS)


def test_without_shares_the_same_surveys_would_raise_far_too_many() -> None:
    alone = [any(_flag_at_full_level(survey, kit) for kit in range(KITS)) for survey in range(150)]
    assert np.mean(alone) > float(P)


def _flag_at_full_level(survey: int, kit: int) -> bool:
    sealed = FakeSealed(60, seed=b"%d/%d" % (survey, kit))
    plan = make_plan(sealed, photos=2, p=str(P), collection_test="rank-sum")
    machine = AuditMachine(plan, sealed)
    while batch := machine.next_batch():
        machine.absorb(batch, [noise(sealed.seed, *asked) for asked in batch])
    verdict = machine.verdict()
    return verdict is not None and verdict.decision is Decision.USED


def test_all_attempts_of_all_kits_together_stay_below_the_level() -> None:
    found = [
        any(flags(survey, kit, "rank-sum", 3, alike=False) for kit in range(KITS))
        for survey in range(150)
    ]
    assert np.mean(found) <= float(P) + 3 * np.sqrt(float(P) / 150)
