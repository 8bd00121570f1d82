"""A thousand innocent models: a fair draw keeps the level for any scores, a choice does not."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from auditcore.errors import DesignError
from auditcore.lab.lessons import shapes
from auditcore.lab.lessons.shapes import SHAPES, VERSIONS, measured_scores
from auditcore.lab.lessons.thousand import (
    MODELS,
    Case,
    audit_models,
    exact_rate_of,
    rate_of,
)
from auditcore.lab.registries import LabError

THREE_SIGMA = 0.021  # of a rate of .05 in a thousand


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_fair_draw_keeps_the_level_whatever_the_scores(shape: str) -> None:
    found = rate_of(Case(shape))
    assert found.of == MODELS
    assert found.value == pytest.approx(exact_rate_of(Fraction(1, 20)), abs=THREE_SIGMA)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_publishing_the_nicest_version_breaks_it(shape: str) -> None:
    assert audit_models(Case(shape, nicest=True), 0, 300).mean() > 0.3


def test_a_stricter_level_accuses_fewer() -> None:
    strict = Case("bell", Fraction(1, 100))
    assert rate_of(strict).value <= 0.01 + 3 * 0.0032
    assert rate_of(strict).value < rate_of(Case("bell")).value


def test_the_rate_without_counting_is_the_methodologys() -> None:
    assert exact_rate_of(Fraction(1, 20)) == pytest.approx(0.0490, abs=0.0001)


def test_a_model_fares_the_same_however_they_are_shared_out() -> None:
    case = Case("ties", seed=3)
    whole = audit_models(case, 0, 60)
    parts = [audit_models(case, first, 20) for first in (0, 20, 40)]
    assert (np.concatenate(parts) == whole).all()


def test_another_seed_is_another_thousand() -> None:
    one, other = (audit_models(Case("bell", seed=seed), 0, 400) for seed in (1, 2))
    assert (one != other).any()


def test_measured_scores_are_a_real_models() -> None:
    scores = measured_scores()
    assert scores.shape[1] == VERSIONS
    assert (np.abs(scores) <= 1).all()  # cosines
    assert min(np.unique(row).size for row in scores) > VERSIONS / 2


def test_bad_cases_are_refused_in_words() -> None:
    with pytest.raises(LabError, match="no shape called 'square'"):
        Case("square")
    with pytest.raises(DesignError, match="at least 2000 versions"):
        Case("bell", Fraction(1, 2000))
    with pytest.raises(LabError, match="counted from 0"):
        audit_models(Case("bell"), -1, 5)


def test_a_missing_file_of_scores_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "measured_file", lambda: tmp_path / "none.npz")
    measured_scores.cache_clear()
    try:
        with pytest.raises(LabError, match=r"lessons\.measured"):
            measured_scores()
    finally:
        measured_scores.cache_clear()
