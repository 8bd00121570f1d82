"""What asking in one batch costs: power and queries of the tests for one photo, exactly computed.

    python tests/benchmarks/one_batch.py

n = 1000 versions. d: shift of the published version's score in standard deviations. Queries are the
hidden versions asked about: the mean for tests that stop early, the whole batch for one-batch.
Results: results/one_batch.md.
"""

import json
import sys
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from auditcore.sequential import make_test, operating_characteristics
from auditcore.sequential.one_batch import OneBatch

RESULTS = Path(__file__).parent / "results"
LEVELS = tuple(Fraction(text) for text in ("0.05", "0.025", "0.005", "0.001"))
SHIFTS = (0.0, 1.0, 2.0, 3.0)
TESTS = ("one-batch", "conditional-rank", "full-rank", "pprm")


def rows() -> list[dict[str, object]]:
    """Return power and queries, a row each for a level, a shift and a test."""
    found: list[dict[str, object]] = []
    for level in LEVELS:
        for name in TESTS:
            test = make_test(name, 1000, level)
            if not test.staircase:
                continue  # PPRM cannot reach the last level
            for shift in SHIFTS:
                law = operating_characteristics(test, shift=shift if shift else None)
                queries = law.mean_hidden_queries
                if isinstance(test, OneBatch):
                    queries = test.pool - 1
                facts = {"p": str(float(level)), "test": name, "d": shift}
                found.append(facts | {"power": round(law.rate, 4), "queries": round(queries, 1)})
    return found


def table(found: list[dict[str, object]]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "# One batch, and what it costs",
        "",
        *(__doc__ or "").strip().split("\n\n")[2].splitlines(),
        "",
        "| p | test | " + " | ".join(f"d = {shift:g}: power · queries" for shift in SHIFTS) + " |",
        "|---|---|" + "---|" * len(SHIFTS),
    ]
    for start in range(0, len(found), len(SHIFTS)):
        group = found[start : start + len(SHIFTS)]
        cells = [f"{one['power']:.4f} · {one['queries']:,.0f}" for one in group]
        lines.append(f"| {group[0]['p']} | {group[0]['test']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    found = rows()
    (RESULTS / "one_batch.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "one_batch.md").write_text(table(found))
