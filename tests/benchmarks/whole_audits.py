"""Whole audits on real scores: what the benchmarks of guarantee and power share.

Every version is scored by the product's Scorer and every audit is driven by the product's machine;
only the database is left out, and a version that several audits ask about is scored once.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from functools import lru_cache

from scipy.stats import beta

from auditcore.audit import Verdict, courses
from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import FirstAsked, Plan, level_of, max_hidden_for, parse_claim
from auditcore.audit.track import Asked
from auditcore.kit import Kit
from auditcore.scores import Query, Scorer

RESULTS = Path(__file__).parent / "results"
# One thread runs many audits here, so they may share the steps of a test once these are found.
courses.make_test = lru_cache(maxsize=None)(courses.make_test)  # type: ignore[attr-defined]


@dataclass
class Book:
    """The scores of one kit from one model, each asked for once."""

    scorer: Scorer
    scores: dict[Asked, float] = field(default_factory=dict)

    def look_up(self, batch: list[Asked]) -> list[float]:
        """Return the scores of a batch, asking the model for those that are not known yet."""
        missing = [asked for asked in batch if asked not in self.scores]
        answers = self.scorer.answer([Query(*asked) for asked in missing])
        self.scores.update(zip(missing, (answer.score for answer in answers), strict=True))
        return [self.scores[asked] for asked in batch]


def plan_for(
    kit: Kit, claim: str, level: Fraction, test: str, collection_test: str = "anytime"
) -> Plan:
    """Return a plan whose level is exactly `level`: a first attempt at twice that."""
    files = tuple(photo.file for photo in kit.photos)
    parsed, p = parse_claim(claim, files), 2 * level
    assert level_of(p, 1) == level
    return Plan(
        software="benchmark",
        started="",
        kit_id=kit.id,
        kit_created=kit.public.created,
        test_seed=kit.public.test_seed,
        files=files,
        versions=kit.versions,
        model={},
        score={},
        claim=parsed,
        test=test,
        collection_test=collection_test,
        p=p,
        attempt=1,
        first=FirstAsked(p, test, ""),
        level=level,
        max_hidden=max_hidden_for(parsed, collection_test, kit.versions, len(files), level),
        earlier=(),
        models_tried=1,
    )


def audit(kit: Kit, book: Book, plan: Plan) -> Verdict:
    """Run one audit to its verdict."""
    machine = AuditMachine(plan, kit)
    while batch := machine.next_batch():
        machine.absorb(batch, book.look_up(batch))
    verdict = machine.verdict()
    assert verdict is not None
    return verdict


def interval(count: int, trials: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a rate (Clopper and Pearson)."""
    low = 0.0 if count == 0 else float(beta.ppf(0.025, count, trials - count + 1))
    high = 1.0 if count == trials else float(beta.ppf(0.975, count + 1, trials - count))
    return low, high


def lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON lines of a file that may not exist yet, or end in half a line."""
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue
