"""Watching a model: noise is not taken for a change, a change is not taken for noise."""

import math

import numpy as np
import pytest

from auditcore.audit.probing import (
    HOSTED,
    LOCAL,
    Probe,
    Probing,
    Spread,
    allowance,
    drifted,
    probing_for,
    still_holds,
)


def probe(*scores: float) -> Probe:
    return Probe(scores, ("d",) * len(scores))


def noisy(rng: np.random.Generator, mean: float = 0.0, times: int = HOSTED.repeats) -> Probe:
    return probe(*rng.normal(mean, 1.0, times))


def test_a_local_model_is_asked_once_a_look_a_hosted_one_eight_times() -> None:
    assert (probing_for(True), probing_for(False)) == (HOSTED, LOCAL)
    assert (LOCAL.repeats, HOSTED.repeats) == (1, 8)


@pytest.mark.parametrize("probing", [LOCAL, HOSTED])
def test_a_steady_model_may_not_differ(probing: Probing) -> None:
    first = probe(*[0.5] * probing.repeats)
    assert not drifted(probing, first, probe(*[0.5 + 0.9e-4] * probing.repeats))
    assert drifted(probing, first, probe(*[0.5 + 1.1e-4] * probing.repeats))


def test_a_hosted_model_may_differ_by_less_than_moves_ranks() -> None:
    spread = Spread()
    spread.add([((0, 1), 0.0), ((1, 1), 5.0)])
    assert spread.value == 0.0  # one version of each photo tells nothing
    spread.add([((0, 2), 2.0), ((1, 2), 7.0), ((0, 3), 4.0), ((1, 3), 9.0)])
    assert spread.value == pytest.approx(2.0)  # of versions of one photo, not between photos
    first = probe(*[0.0] * 8)
    assert not drifted(HOSTED, first, probe(*[0.9] * 8), spread.value)
    assert drifted(HOSTED, first, probe(*[1.1] * 8), spread.value)
    assert drifted(LOCAL, probe(0.0), probe(0.9), spread.value)


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
