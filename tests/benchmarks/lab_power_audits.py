"""Photo in, photo out: each kit of lab_power.py and a model with, a model without its photos."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from lab_power_ask import BatchBook, quicker
from lab_power_models import Trained, kind_of, train_once
from lab_power_pictures import GROUPS, KitPlan, Picture, kit_of, training_set
from whole_audits import Book, audit, lines, plan_for

from auditcore.audit import Decision
from auditcore.kit import Kit
from auditcore.models import Model
from auditcore.sequential import DEFAULT_TEST

LEVELS = (Fraction(1, 20), Fraction(1, 100))
PAPERS_TEST = "pprm"
SIDES = ("in", "out")
ROWS = "audits.jsonl"


TEN = "ten"


@dataclass(frozen=True)
class Ask:
    """One audit of a kit: about one of its photos (its index), or about all ten (TEN)."""

    claim: str
    test: str
    level: Fraction

    @property
    def key(self) -> str:
        return f"{self.claim}/{self.test}/{self.level}"


def alone(plan: KitPlan, test: str = DEFAULT_TEST) -> list[Ask]:
    """Return the audits of single photos of a kit."""
    return [Ask(str(photo), test, level) for photo in range(plan.alone) for level in LEVELS]


def papers(plan: KitPlan) -> list[Ask]:
    """Return the same with the papers' test."""
    return alone(plan, PAPERS_TEST)


def together(_plan: KitPlan) -> list[Ask]:
    """Return the audits of the ten photos of a kit as a collection."""
    return [Ask(TEN, DEFAULT_TEST, level) for level in LEVELS]


@dataclass(frozen=True)
class Stage:
    """Audits to be run: what is asked of which kits, and of which models."""

    asks: Callable[[KitPlan], list[Ask]]
    kits: Sequence[KitPlan]
    sides: Sequence[str] = SIDES


def run(kind: str, stage: Stage, pictures: list[Picture], work: Path) -> None:
    """Run the audits of a stage that are missing."""
    models = models_of(kind, pictures, work)
    done = {(row["kind"], row["kit"], row["side"], row["key"]) for row in lines(work / ROWS)}
    opened: dict[int, Model] = {}
    for plan in stage.kits:
        for side in stage.sides:
            asks = [a for a in stage.asks(plan) if (kind, plan.name, side, a.key) not in done]
            if asks:
                group = (plan.group(kind) + SIDES.index(side)) % GROUPS[kind]
                if group not in opened:
                    opened[group] = quicker(models[group].open())
                rows = list(audits_of(kit_of(plan, pictures, work), opened[group], asks))
                _write(work, kind, plan, side, rows)


def models_of(kind: str, pictures: list[Picture], work: Path) -> list[Trained]:
    """Return the models of a kind, trained where they are not yet."""
    sets = [partial(training_set, kind, group, pictures, work) for group in range(GROUPS[kind])]
    return [
        train_once(kind_of(kind), f"audits-{group}", choose, pictures, work)
        for group, choose in enumerate(sets)
    ]


def audits_of(kit: Kit, model: Model, asks: list[Ask]) -> Iterator[dict[str, Any]]:
    """Run audits of one kit; a version that several ask about is asked for once."""
    book: Book = BatchBook(kit, model)
    for one in asks:
        of_one = one.claim != TEN
        claim = f"photo:{kit.photos[int(one.claim)].file}" if of_one else "collection"
        verdict = audit(kit, book, plan_for(kit, claim, one.level, one.test))
        used = verdict.decision is Decision.USED
        yield {"key": one.key, "used": used, "queries": verdict.queries}


def _write(work: Path, kind: str, plan: KitPlan, side: str, rows: list[dict[str, Any]]) -> None:
    facts = {"kind": kind, "visibility": plan.visibility, "kit": plan.name, "side": side}
    with (work / ROWS).open("a") as file:
        for row in rows:
            file.write(json.dumps({**facts, **row}) + "\n")
