"""What watching a hosted model is worth: false alarms when an innocent model changes under way.

    python tests/benchmarks/hosted_drift.py [--audits 2000]

Whole audits by the product's log and machine on made-up scores of models that never saw the photos.
A version's score is drawn once (standard deviation 1), every answer carries fresh noise, and all
answers fall as the audit goes on: at once, or steadily over 200 queries. The level is exactly .05.
Three ways of asking: as a local model is asked, batch after batch, without looking at the test
picture; a batch a photo in random order, which is how hosted models are asked, without looking; and
that with looking, which is the product. Results: hosted_drift.md.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path += [str(Path(__file__).parents[1] / "audit"), str(Path(__file__).parents[2])]

from functools import lru_cache

from fakes import FakeSealed, make_plan
from scipy.stats import beta

from auditcore.audit import Decision, courses
from auditcore.audit.plan import Plan
from auditcore.audit.replay import PROBES, Due, Replay
from auditcore.sequential import HOSTED_TEST

RESULTS = Path(__file__).parent / "results"
LEVEL = Fraction(1, 20)
courses.make_test = lru_cache(maxsize=None)(courses.make_test)  # type: ignore[attr-defined]
Drift = Callable[[int], float]


@dataclass
class Provider:
    """An innocent model behind an address: `asked` counts the questions it has answered."""

    noise: float
    drift: Drift
    rng: np.random.Generator
    asked: int = 0

    def answer(self, plain: float) -> float:
        """Return the answer to something that deserves the score `plain`."""
        self.asked += 1
        return plain + self.drift(self.asked) + self.noise * float(self.rng.normal())


def audit(plan: Plan, provider: Provider, seed: bytes, watched: bool) -> Decision:
    """Run one audit to its verdict."""
    replay = Replay(plan, FakeSealed(plan.versions, seed))
    scores = provider.rng.normal(size=(len(plan.files), plan.versions))
    while (due := replay.due()) is not Due.NOTHING:
        if due in PROBES:
            told = [provider.answer(0.0) if watched else 0.0 for _ in range(plan.probing.repeats)]
            replay.take({"kind": "probe", "when": str(due), "answers": [[x, ""] for x in told]})
        elif due is Due.BATCH:
            batch = replay.machine.next_batch()
            rows = [[*asked, provider.answer(float(scores[asked])), ""] for asked in batch]
            replay.take({"kind": "batch", "answers": rows})
        else:
            replay.take(replay.closing())
    verdict = replay.machine.verdict()
    assert verdict is not None
    return verdict.decision


def at_once(size: float, rng: np.random.Generator) -> Drift:
    """Return a change of -size after a number of questions drawn from 1 to 60."""
    when = int(rng.integers(1, 61))
    return lambda asked: -size if asked > when else 0.0


def steadily(size: float, _rng: np.random.Generator) -> Drift:
    """Return a change that grows to -size over 200 questions."""
    return lambda asked: -size * min(1.0, asked / 200)


def plan_of(photos: int, hosted: bool) -> Plan:
    """Return the plan of a first attempt tested at LEVEL exactly."""
    claim = "photo-0.jpg" if photos == 1 else "collection"
    plan = make_plan(FakeSealed(1000), photos=photos, claim=claim, p=str(2 * LEVEL))
    if hosted:
        plan = replace(plan, hosted=True, test=HOSTED_TEST)
    return replace(plan, max_hidden=plan.max_hidden_due)


WAYS = {"as a local model": (False, False), "one batch": (True, False), "product": (True, True)}
SHAPES = {"at once": at_once, "steadily": steadily}


def row(photos: int, noise: float, size: float, kind: str, audits: int) -> dict[str, object]:
    """Return the rates of one setting, each way of asking on the same models."""
    facts = {"photos": photos, "noise": noise, "drift": size, "kind": kind, "audits": audits}
    found: dict[str, object] = {}
    for way, (hosted, watched) in WAYS.items():
        plan, decisions = plan_of(photos, hosted), []
        for number in range(audits):
            rng = np.random.default_rng([number, photos, int(10 * noise), int(10 * size)])
            provider = Provider(noise, SHAPES[kind](size, rng), rng)
            decisions.append(audit(plan, provider, f"{facts} {number}".encode(), watched))
        found[way] = rate([decision is Decision.USED for decision in decisions])
    cannot = rate([decision is Decision.CANNOT_TELL for decision in decisions])
    return {**facts, **found, "cannot tell": cannot}


def rate(hits: list[bool]) -> list[float]:
    """Return a rate and its exact 95 % interval (Clopper and Pearson)."""
    count, trials = sum(hits), len(hits)
    low = 0.0 if count == 0 else float(beta.ppf(0.025, count, trials - count + 1))
    high = 1.0 if count == trials else float(beta.ppf(0.975, count + 1, trials - count))
    return [round(value, 4) for value in (count / trials, low, high)]


def table(rows: list[dict[str, object]]) -> str:
    """Return the results as Markdown."""
    columns = (*WAYS, "cannot tell")
    lines = [
        "# A hosted model that changes while it is asked",
        "",
        *(__doc__ or "").strip().split("\n\n")[2].splitlines(),
        "",
        f"| photos | noise | change | how | audits | {' | '.join(columns)} |",
        "|" + "---|" * (5 + len(columns)),
    ]
    for one in rows:
        rates: list[list[float]] = [one[column] for column in columns]  # type: ignore[misc]
        cells = [f"{r[0]:.4f} ({r[1]:.4f}-{r[2]:.4f})" for r in rates]
        head = [str(one[name]) for name in ("photos", "noise", "drift", "kind", "audits")]
        lines.append(f"| {' | '.join([*head, *cells])} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run every setting and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=2000)
    audits = parser.parse_args().audits
    settings = [(0.0, "at once"), (0.5, "at once"), (1.0, "at once"), (0.5, "steadily")]
    rows = []
    for photos, count in ((1, audits), (20, audits // 4)):
        for noise, kind in settings:
            for size in (0.0, 1.0, 3.0):
                if size or kind == "at once":
                    rows.append(row(photos, noise, size, kind, count))
                    print(rows[-1], flush=True)
    (RESULTS / "hosted_drift.json").write_text(json.dumps(rows, indent=1) + "\n")
    (RESULTS / "hosted_drift.md").write_text(table(rows))


if __name__ == "__main__":
    main()
