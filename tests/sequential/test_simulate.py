"""Simulated audits agree with the recursion, and with themselves."""

from fractions import Fraction

import numpy as np
import pytest

from auditcore.errors import DesignError
from auditcore.sequential import TESTS, Walk, make_test, next_batch_size, simulate
from auditcore.sequential.simulate import wilson

P = Fraction(1, 20)


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("given", [{}, {"q": 0.02}, {"shift": 2.0}])
def test_simulation_agrees_with_the_recursion(name: str, given: dict[str, float]) -> None:
    result = simulate(name, 200, P, 20_000, seed=5, **given)
    low, high = result.ci95
    assert low <= result.rate <= high
    half = 2 * (high - low) / 2 + 1e-9
    assert abs(result.rate - result.exact_rate) <= half


def test_the_seed_decides_everything() -> None:
    first, again, other = (simulate("pprm", 100, P, 2000, seed=s) for s in (1, 1, 2))
    assert first == again != other


def test_no_audits_is_refused() -> None:
    with pytest.raises(DesignError, match="At least one"):
        simulate("pprm", 100, P, 0)


def test_wilson_interval() -> None:
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0.0, 100) == pytest.approx((0.0, 0.0370), abs=1e-4)


TEST = make_test("conditional-rank", 1000, P)


def batched_audit(answers: list[bool]) -> tuple[int, int]:
    """Hidden queries and rounds of one audit that asks in batches; a batch is paid for whole."""
    walk, asked, rounds = Walk(TEST), 0, 0
    while walk.state == "running":
        size = next_batch_size(TEST, walk.t, walk.k)
        walk.observe(answers[asked : asked + size])
        asked, rounds = asked + size, rounds + 1
    return asked, rounds


@pytest.mark.parametrize(
    ("given", "queries", "rounds"),
    [("H0", 26.1, 1.8), ("q=.005", 33.2, 3.3), ("d=2", 73.0, 3.8)],
)
def test_cost_of_batches(given: str, queries: float, rounds: float) -> None:
    rng = np.random.default_rng(3)
    audits = 2000
    published = rng.normal(2.0 if given == "d=2" else 0.0, 1.0, audits)
    if given == "q=.005":
        published = np.full(audits, 2.5758293)
    costs = np.array(
        [batched_audit((rng.normal(size=999) > score).tolist()) for score in published]
    )
    error = 3 * costs.std(axis=0) / audits**0.5
    assert abs(costs[:, 0].mean() - queries) <= error[0]
    assert abs(costs[:, 1].mean() - rounds) <= error[1] + 0.05
