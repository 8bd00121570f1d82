"""Writes the report of an audit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditcore.cli.output import say
from auditcore.errors import EvidenceError
from auditcore.evidence import render_html, report_bytes


def write_report(report: Mapping[str, Any], folder: Path) -> None:
    """Write report.json and report.html into a folder.

    Raises:
        EvidenceError: it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_bytes(report_bytes(report))
        (folder / "report.html").write_text(render_html(report), encoding="utf-8")
    except OSError as error:
        raise EvidenceError(
            f"The report cannot be written to {folder}. The audit is kept: name another folder "
            "and run the same command again."
        ) from error
    say(f"Report: {folder / 'report.html'} and {folder / 'report.json'}")
