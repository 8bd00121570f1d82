"""What an audit will cost, by rehearsing it with made-up scores before a model is asked."""

from collections.abc import Sequence
from math import ceil

from auditcore.audit.courses import advice_of
from auditcore.audit.forecast import expected_hidden, expected_within
from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import EACH, MANY_PHOTOS, RANK_SUM, Plan
from auditcore.audit.track import Asked
from auditcore.audit.verdict import Decision
from auditcore.randomness import Stream, derive
from auditcore.sequential import make_test

RUNS = 16
"""Rehearsals for a single photo; the more photos, the less one rehearsal scatters."""

SEED = b"telltale/rehearsal"


class _Stand:
    """Stands in for a kit: version 0 is the published one, everything else follows from a run."""

    def __init__(self, versions: int, run: int) -> None:
        self._hidden = tuple(range(1, versions))
        self._run = run

    def published_version(self, photo: int) -> int:
        return 0

    def hidden_order(self, photo: int) -> tuple[int, ...]:
        return self._hidden

    def tie_priority(self, photo: int, version: int) -> int:
        return version

    def stream(self, *label: str | int) -> Stream:
        return derive(SEED, self._run, *label)


def expected_queries(plan: Plan, q: float | None) -> int:
    """Return the average number of queries: exact for one photo, else over a few rehearsals.

    Many photos are reckoned one by one, as they are given up or claimed.

    Args:
        plan: the audit.
        q: chance that a hidden version beats the published one; None: it was not used, so that
            all versions of a photo score alike.
    """
    if plan.collection_test == RANK_SUM or (len(plan.photos) == 1 and plan.hosted):
        return plan.at_most
    if len(plan.photos) == 1:
        test = make_test(plan.test, plan.versions, plan.level)
        return ceil(1 + expected_hidden(test, q=q))
    if not plan.hosted and len(plan.photos) > MANY_PHOTOS:
        if q is None:
            return ceil(len(plan.photos) * (1 + _hidden_unused(plan)))
        if plan.claim.kind == EACH:
            return ceil(len(plan.photos) * (1 + _hidden_claimed(plan, q)))
    runs = max(2, RUNS // len(plan.photos))
    return ceil(sum(_rehearse(plan, q, run).queries for run in range(runs)) / runs)


def _hidden_unused(plan: Plan) -> float:
    """Reckon what a photo of many costs until it is given up."""
    return expected_within(advice_of(plan), plan.max_hidden, to_the_end=plan.claim.kind == EACH)


def _hidden_claimed(plan: Plan, q: float) -> float:
    """Reckon what a used photo of many used ones costs: until its own test rejects."""
    return expected_hidden(make_test(plan.test, plan.versions, plan.level), q)


def within_reach(plan: Plan) -> bool:
    """Say whether the audit could end with "used": it does if no hidden version ever wins."""
    verdict = _rehearse(plan, 0.0, 0).verdict()
    return verdict is not None and verdict.decision is Decision.USED


def _rehearse(plan: Plan, q: float | None, run: int) -> AuditMachine:
    machine = AuditMachine(plan, _Stand(plan.versions, run))
    draws = derive(SEED, run, "scores")
    while batch := machine.next_batch():
        machine.absorb(batch, _made_up(batch, q, draws))
    return machine


def _made_up(batch: Sequence[Asked], q: float | None, draws: Stream) -> list[float]:
    scores = [draws.unit() for _ in batch]
    if q is None:
        return scores
    return [
        0.5 if version == 0 else float(score < q)
        for (_, version), score in zip(batch, scores, strict=True)
    ]
