"""Audits of one photo with the model open: seconds to the first point and to the verdict.

`verdict_time.py` runs this in a process of its own, with the Telltale to be measured on PYTHONPATH.
"""

import argparse
import json
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from auditcore import paths
from auditcore.audit import PhotoMoved, Store, run_audit, start_audit
from auditcore.kit import Kit, open_kit
from auditcore.models import Model, open_model


def audit(kit: Kit, model: Model, file: str, test: str, folder: Path) -> dict[str, Any]:
    """Audit one photo in a ledger of its own; say how long it took, and what came out."""
    store = Store(folder / "audits.sqlite3")
    begin = time.perf_counter()
    audit_id = start_audit(store, kit, model, claim=f"photo:{file}", p=Fraction(1, 20), test=test)
    first = None
    for event in run_audit(store, audit_id, kit, model):
        if first is None and isinstance(event, PhotoMoved):
            first = time.perf_counter() - begin
    seconds = time.perf_counter() - begin
    record = store.audit(audit_id)
    assert record.verdict is not None and first is not None
    return {
        "file": file,
        "test": test,
        "first_point": round(first, 3),
        "verdict": round(seconds, 3),
        "queries": record.verdict.queries,
        "decision": record.verdict.decision.value,
        "views": record.plan.score["views"],
        "versions": record.plan.versions,
    }


def audits(spec: str, files: list[str], tests: list[str], repeats: int) -> list[dict[str, Any]]:
    """Open a model once and audit photos with tests, in turns, each audit as a first attempt."""
    kit, model = open_kit(paths.assets_dir() / "sample" / "kit.zip"), open_model(spec)
    found = []
    with tempfile.TemporaryDirectory() as warm:
        audit(kit, model, files[0], tests[0], Path(warm))  # loads what is loaded once
    for _ in range(repeats):
        for file in files:
            for test in tests:
                with tempfile.TemporaryDirectory() as folder:
                    found.append(audit(kit, model, file, test, Path(folder)))
    return found


def main() -> None:
    """Audit and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec")
    parser.add_argument("--files", nargs="+", required=True)
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--repeats", type=int, default=1)
    given = parser.parse_args()
    print(json.dumps(audits(given.spec, given.files, given.tests, given.repeats)))


if __name__ == "__main__":
    main()
