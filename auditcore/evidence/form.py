"""Read a report that anyone may have touched: its form only, nothing in it is believed yet."""

import json
from collections.abc import Mapping
from typing import Any

from auditcore.audit.chain import digest
from auditcore.errors import EvidenceError
from auditcore.evidence.report import KIND, REPORT_FORMAT, report_bytes

MAX_REPORT_BYTES = 500_000_000
FIELDS = {
    "kind": str,
    "format_version": int,
    "kit": dict,
    "attempts": list,
    "log": list,
    "order": list,
    "trace": dict,
    "verdict": dict,
    "words": dict,
    "warnings": list,
    "digest": str,
}


def parse_report(data: bytes) -> dict[str, Any]:
    """Return the JSON object of a report file.

    Raises:
        EvidenceError: the file is no report at all, or one of a newer format.
    """
    wanted = "Choose the file report.json that was saved with a verdict."
    if len(data) > MAX_REPORT_BYTES:
        raise EvidenceError(f"This file is far larger than any report. {wanted}")
    try:
        report = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"This is not a report: it cannot be read as JSON. {wanted}") from error
    if not isinstance(report, dict) or not {"kind", "log", "verdict"} & set(report):
        raise EvidenceError(f"This is JSON, but not a report. {wanted}")
    version = report.get("format_version")
    if type(version) is int and version > REPORT_FORMAT:
        raise EvidenceError(
            f"This report is in format {version}; this Telltale reads up to {REPORT_FORMAT}. "
            "Update Telltale, then verify it."
        )
    return report


def faults(report: Mapping[str, Any], data: bytes) -> list[str]:
    """Return what is wrong with the form of a report, a sentence each; [] when nothing is."""
    said = [f"The field {name!r} is missing." for name in FIELDS if name not in report]
    said += [f"There is an unknown field {name!r}." for name in report if name not in FIELDS]
    said += [
        f"The field {name!r} is not of the kind it must be."
        for name, kind in FIELDS.items()
        if name in report and type(report[name]) is not kind
    ]
    if said:
        return said
    if report["kind"] != KIND or report["format_version"] != REPORT_FORMAT:
        return ["The fields 'kind' and 'format_version' are not those of a report."]
    return _changes(report, data)


def _changes(report: Mapping[str, Any], data: bytes) -> list[str]:
    try:
        same, digest_now = report_bytes(report) == data, _digest(report)
    except ValueError:
        return ["The file holds a value that no report can hold."]
    said = []
    if not same:
        said.append("The file is not spelled as it was written: it was saved again or changed.")
    if digest_now != report["digest"]:
        said.append("The digest does not fit: something in the report was changed.")
    return said


def _digest(report: Mapping[str, Any]) -> str:
    return digest({name: value for name, value in report.items() if name != "digest"})
