"""Audits the sample kit through a server that is not this project's, and the same model directly.

    TELLTALE_ALLOW_PRIVATE_ADDRESSES=1 python tests/benchmarks/independent_server.py \
        --spec 'oip:http://127.0.0.1:18080#demo-clip' --model demo:with

Prints one JSON line: both verdicts, and how far the scores of the same versions lie apart. The
model on this machine is asked as if it were hosted, so that both audits ask the same questions in
the same order. How the servers are started, and what came of it: independent_server.md.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from auditcore import paths
from auditcore.audit import Finished, Store, Verdict, run_audit, start_audit
from auditcore.kit import Kit, open_kit
from auditcore.models import Capability, Model, open_model
from auditcore.scores import default_score

P = Fraction(1, 20)


def audited(
    store: Store, kit: Kit, model: Model, claim: str, score: str
) -> tuple[Verdict, dict[tuple[int, int], float]]:
    """Run one audit; return its verdict and the scores in its log."""
    audit_id = start_audit(store, kit, model, claim=claim, p=P, score=score)
    *_, last = run_audit(store, audit_id, kit, model)
    assert isinstance(last, Finished)
    bodies = [line.body for line in store.log(audit_id)]
    rows = [row for body in bodies if body["kind"] == "batch" for row in body["answers"]]
    return last.verdict, {(row[0], row[1]): row[2] for row in rows}


def compared(kit: Kit, there: Model, here: Model, claim: str, folder: Path) -> dict[str, Any]:
    """Audit both and say how they agree."""
    score = default_score(there, kit)
    here.hosted, here.seconds_per_image = True, 0.01
    started = time.perf_counter()
    far, over_http = audited(Store(folder / "there.sqlite3"), kit, there, claim, score)
    seconds = time.perf_counter() - started
    near, directly = audited(Store(folder / "here.sqlite3"), kit, here, claim, score)
    both = over_http.keys() & directly.keys()
    apart = [abs(over_http[asked] - directly[asked]) for asked in both]
    return {
        "claim": claim,
        "score": score,
        "verdict_over_http": far.decision,
        "verdict_directly": near.decision,
        "queries": far.queries,
        "same_questions": over_http.keys() == directly.keys(),
        "largest_difference_of_scores": max(apart),
        "largest_score": max(map(abs, directly.values())),
        "seconds": round(seconds, 1),
    }


def lines(kit: Kit, spec: str, model: str, claims: list[str]) -> Iterator[dict[str, Any]]:
    """Yield one line for the connection and one for each claim."""
    with tempfile.TemporaryDirectory() as data:
        os.environ["TELLTALE_DATA"] = data
        there = open_model(spec)
        yield {"spec": spec, "gives": sorted(map(Capability, there.capabilities))} | dict(
            there.identity.details
        )
        for number, claim in enumerate(claims):
            folder = Path(data) / str(number)
            folder.mkdir()
            yield compared(kit, there, open_model(model), claim, folder)


def main() -> None:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--claim", action="append")
    given = parser.parse_args()
    kit = open_kit(paths.assets_dir() / "sample" / "kit.zip")
    for line in lines(kit, given.spec, given.model, given.claim or ["collection"]):
        print(json.dumps(line, default=str), flush=True)


if __name__ == "__main__":
    main()
