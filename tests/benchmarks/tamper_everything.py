"""Every field of a report and a kit, changed one by one: what `verify` says (results/tampering.md).

nice python tests/benchmarks/tamper_everything.py
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "evidence"))

RESULTS = Path(__file__).parent / "results"
Row = tuple[str, str, str]


def said(report: bytes, kit: bytes) -> str:
    """Return what a person reads, "" when the forgery passes."""
    from tampering import message

    from auditcore.errors import EvidenceError
    from auditcore.evidence import verify

    try:
        return message(verify(report, kit))
    except EvidenceError as error:
        return str(error)


def rows() -> Iterator[Row]:
    """Yield (what was changed, what is read, what is read when the digest was made to fit)."""
    from conftest import SEED, audited
    from tampering import forged_kits, leaves, resealed, spelled, with_change

    from auditcore.evidence import report_bytes, verify

    with tempfile.TemporaryDirectory() as folder:
        done = audited(Path(folder), learned=3, seed=SEED)
    assert verify(done.data, done.kit_bytes).ok
    for path in leaves(done.report):
        forged = with_change(done.report, path)
        plain = said(report_bytes(forged), done.kit_bytes)
        fitted = "" if path == ("digest",) else said(resealed(forged), done.kit_bytes)
        yield f"report: {spelled(path)}", plain, fitted
    for what, kit in forged_kits(done.kit_bytes):
        yield f"kit: {what}", said(done.data, kit), ""


def main() -> None:
    """Tamper with everything and write down what is said."""
    found = list(rows())
    missed = [what for what, plain, _ in found if not plain]
    fields = [row for row in found if row[0].startswith("report: ") and row[0] != "report: digest"]
    hidden = [what for what, _, fitted in fields if not fitted]
    facts = {
        "report_fields": len(fields) + 1,
        "kit_changes": len(found) - len(fields) - 1,
        "missed": missed,
        "missed_with_a_fitting_digest": hidden,
        "different_sentences": len(Counter(plain for _, plain, _ in found)),
    }
    (RESULTS / "tampering.json").write_text(json.dumps(facts, indent=1) + "\n")
    head = [
        "# What `verify` says when one thing is changed", "", __doc__.split("\n")[0], "",
        f"{facts['report_fields']} fields of a report and {facts['kit_changes']} changes of its "
        f"kit: {len(missed)} missed. With the report's digest made to fit again: {len(hidden)} "
        "missed. In brackets the number of the step that says it.", "",
        "| changed | what is read |", "|---|---|",
    ]  # fmt: skip
    table = [f"| `{what}` | {plain.replace('|', '/')} |" for what, plain, _ in found]
    (RESULTS / "tampering.md").write_text("\n".join([*head, *table]) + "\n")
    print(facts)
    sys.exit(1 if missed or hidden else 0)


if __name__ == "__main__":
    main()
