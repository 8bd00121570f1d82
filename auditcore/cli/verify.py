"""Check a report against its kit, step by step, without the model."""

import argparse
from pathlib import Path
from typing import Any

from auditcore.cli.output import add_json, one_line, print_json, tell
from auditcore.errors import EvidenceError
from auditcore.evidence import verify

NOT_VERIFIED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `verify`."""
    parser.add_argument("report", type=Path, metavar="REPORT.json", help="written by an audit")
    parser.add_argument("kit", type=Path, metavar="KIT", help="the kit the audit was made with")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print each step with its outcome; exit 1 when one does not verify."""
    found = _verify(_read(arguments.report), arguments.kit)
    if arguments.json:
        print_json(found)
    else:
        for step in found["steps"]:
            line = f"({step['number']}) {step['title']}: {step['outcome']}. {step['detail']}"
            tell(one_line(line))
        tell(one_line(found["summary"]))
    return 0 if found["ok"] else NOT_VERIFIED


def _verify(report: bytes, kit: Path) -> dict[str, Any]:
    """Verify; a file so damaged that it is no report any more does not verify either."""
    try:
        return verify(report, kit).to_json()
    except EvidenceError as error:
        return {"ok": False, "summary": f"Not verified. {error}", "steps": []}


def _read(report: Path) -> bytes:
    try:
        return report.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"The report {report.name} cannot be opened. Check its name and place."
        ) from error
