"""Watching a model: noise is not taken for a change, a change is not taken for noise."""

import math

import numpy as np
import pytest

from auditcore.audit.probing import (
    HOSTED,
    LOCAL,
    Probe,
    allowance,
    drifted,
    probing_for,
    repeats_due,
    still_holds,
)


def probe(*scores: float) -> Probe:
    return Probe(scores, ("d",) * len(scores))


def noisy(rng: np.random.Generator, mean: float = 0.0, times: int = HOSTED.repeats) -> Probe:
    return probe(*rng.normal(mean, 1.0, times))


def test_a_local_model_is_asked_once_a_look_a_hosted_one_until_it_is_known_to_be_steady() -> None:
    assert repeats_due(LOCAL, None) == repeats_due(LOCAL, probe(0.5)) == 1
    assert repeats_due(HOSTED, None) == 8
    assert repeats_due(HOSTED, probe(*[0.5] * 8)) == 1
    assert repeats_due(HOSTED, probe(*[0.5] * 7, 0.6)) == 8
    assert (probing_for(True), probing_for(False)) == (HOSTED, LOCAL)


@pytest.mark.parametrize("probing", [LOCAL, HOSTED])
def test_a_steady_model_may_not_differ(probing: object) -> None:
    first = probe(*[0.5] * probing.repeats)  # type: ignore[attr-defined]
    assert not drifted(probing, first, probe(0.5 + 0.9e-4))  # type: ignore[arg-type]
    assert drifted(probing, first, probe(0.5 + 1.1e-4))  # type: ignore[arg-type]


def test_noise_is_rarely_taken_for_a_change_and_a_change_rarely_for_noise() -> None:
    rng = np.random.default_rng(1)
    pairs = [(noisy(rng), noisy(rng)) for _ in range(20_000)]
    assert sum(drifted(HOSTED, *pair) for pair in pairs) <= 12  # expected 4 (t, 14 degrees)
    changed = [(noisy(rng), noisy(rng, 4.0)) for _ in range(2_000)]
    assert sum(drifted(HOSTED, *pair) for pair in changed) > 0.95 * len(changed)


def test_the_allowance_is_five_standard_errors_of_the_difference() -> None:
    first, second = probe(*[0.0, 2.0] * 4), probe(*[1.0, 3.0] * 4)
    pooled = 16 / 14
    assert allowance(HOSTED, first, second) == pytest.approx(1e-4 + 5 * math.sqrt(pooled / 4))
    assert not drifted(HOSTED, first, second)
    assert still_holds(HOSTED, first, 2.0) and not still_holds(HOSTED, first, 4.0)


@pytest.mark.parametrize(
    "rows", [[], [["high", "d"]], [[0.5]], [[float("nan"), "d"]], None, [[0.5, "d", 1]]]
)
def test_a_record_that_is_no_probe_is_refused(rows: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Probe.from_json({"answers": rows} if rows is not None else {})


def test_a_probe_comes_back_from_its_record() -> None:
    one = probe(0.25, 0.5)
    assert Probe.from_json({"answers": one.to_json()}) == one
