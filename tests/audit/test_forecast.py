"""Forecasts are exact where they say so, and of the right size elsewhere."""

from fractions import Fraction

import numpy as np
import pytest
from fakes import FakeSealed, drive, make_plan, planted

from auditcore.audit.forecast import Outlook, expected_hidden
from auditcore.audit.machine import AuditMachine
from auditcore.audit.rehearsal import expected_queries
from auditcore.sequential import make_test, operating_characteristics


def test_batches_cost_what_the_team_computed() -> None:
    test = make_test("conditional-rank", 1000, Fraction(1, 20))
    assert expected_hidden(test) == pytest.approx(26.1, abs=0.5)
    assert expected_hidden(test, q=0.005) == pytest.approx(33.2, abs=0.5)


def test_the_forecast_is_the_mean_of_whole_audits() -> None:
    costs = []
    for run in range(500):
        sealed = FakeSealed(100, seed=run.to_bytes(2, "big"))
        machine = AuditMachine(make_plan(sealed, claim="photo-0.jpg", p="0.2"), sealed)
        drive(machine, planted(sealed, 0.0, sealed.seed))
        costs.append(machine.queries - 1)
    forecast = expected_hidden(make_test("conditional-rank", 100, Fraction(1, 10)))
    error = np.std(costs) / np.sqrt(len(costs))
    assert abs(np.mean(costs) - forecast) < 4 * error


@pytest.mark.parametrize("test", ["pprm", "besag-clifford", "betting", "full-rank"])
def test_every_test_can_be_forecast(test: str) -> None:
    assert 1 < expected_hidden(make_test(test, 200, Fraction(1, 40))) < 200


def test_a_collection_that_was_used_is_expected_to_be_cheaper() -> None:
    plan = make_plan(FakeSealed(1000), photos=9, p="0.004")
    assert expected_queries(plan, 0.0) == 36  # 18 queries do not reach 1/500
    assert expected_queries(plan, None) > expected_queries(plan, 0.01)


def test_a_rehearsal_is_the_same_every_time() -> None:
    plan = make_plan(FakeSealed(100), photos=3, claim="each")
    assert expected_queries(plan, 0.01) == expected_queries(plan, 0.01)


@pytest.mark.parametrize("test", ["conditional-rank", "pprm", "besag-clifford"])
def test_the_outlook_is_what_the_test_itself_is_known_to_cost(test: str) -> None:
    rank_test = make_test(test, 200, Fraction(1, 40))
    outlook = Outlook(rank_test)
    known = operating_characteristics(rank_test).mean_hidden_queries
    assert outlook.hidden(0, 0) == pytest.approx(known)
    assert outlook.hidden(199, 0) == outlook.hidden(150, 150) == 0.0


def test_the_outlook_obeys_the_law_of_total_expectation() -> None:
    outlook = Outlook(make_test("conditional-rank", 300, Fraction(1, 20)))
    for t, k in ((0, 0), (5, 1), (20, 1)):
        beat = (k + 1) / (t + 2)
        onward = beat * outlook.hidden(t + 1, k + 1) + (1 - beat) * outlook.hidden(t + 1, k)
        assert outlook.hidden(t, k) == pytest.approx(1 + onward)


@pytest.mark.parametrize("claim", ["collection", "each"])
def test_what_many_unused_photos_cost_is_reckoned_as_audits_spend_it(claim: str) -> None:
    sealed = FakeSealed(200)
    plan = make_plan(sealed, photos=150, claim=claim, p="0.2")
    spent = []
    for run in range(4):
        sealed = FakeSealed(200, seed=bytes([run]))
        machine = AuditMachine(plan, sealed)
        drive(machine, planted(sealed, 0.0, sealed.seed))
        spent.append(machine.queries)
    assert expected_queries(plan, None) == pytest.approx(np.mean(spent), rel=0.15)


def test_what_many_used_photos_cost_each_is_reckoned() -> None:
    sealed = FakeSealed(200)
    plan = make_plan(sealed, photos=80, claim="each", p="0.2")
    machine = AuditMachine(plan, sealed)
    drive(machine, planted(sealed, 2.0))
    assert expected_queries(plan, 0.0) == pytest.approx(machine.queries, rel=0.25)
