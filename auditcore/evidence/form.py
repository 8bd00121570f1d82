"""Read a report that anyone may have touched: its form only, nothing in it is believed yet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditcore.audit.chain import digest
from auditcore.errors import EvidenceError
from auditcore.evidence.report import KIND, REPORT_FORMAT, report_bytes

MAX_REPORT_BYTES = 500_000_000
SHOWN = 60
"""How much of a value a sentence shows."""

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


@dataclass(frozen=True)
class Difference:
    """The first place where two JSON values differ. `path` names it, as in log[3].body."""

    path: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        found, expected = _texts(self.found, self.expected)
        return f"{self.path} says {found}, not {expected}"


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


def first_difference(found: Any, expected: Any, path: str = "") -> Difference | None:
    """Return the first place where two JSON values differ, types included; None if nowhere."""
    if type(found) is not type(expected):
        return Difference(path, found, expected)
    if isinstance(found, dict):
        return _between_objects(found, expected, path)
    if isinstance(found, list):
        if len(found) != len(expected):
            return Difference(f"the length of {path}", len(found), len(expected))
        pairs = enumerate(zip(found, expected, strict=True))
        named = [(f"{path}[{index}]", a, b) for index, (a, b) in pairs]
        return _first(named)
    return None if found == expected else Difference(path, found, expected)


def _between_objects(found: Any, expected: Any, path: str) -> Difference | None:
    if set(found) != set(expected):
        return Difference(f"the fields of {path}", sorted(found), sorted(expected))
    dot = f"{path}." if path else ""
    return _first([(f"{dot}{name}", found[name], expected[name]) for name in sorted(found)])


def _first(named: list[tuple[str, Any, Any]]) -> Difference | None:
    differences = (first_difference(a, b, path) for path, a, b in named)
    return next((one for one in differences if one is not None), None)


def _texts(found: Any, expected: Any) -> tuple[str, str]:
    """Return both values as JSON, long ones cut to the place where they differ."""
    texts = [json.dumps(value, ensure_ascii=False) for value in (found, expected)]
    pairs = zip(*texts, strict=False)
    shared = next((place for place, (a, b) in enumerate(pairs) if a != b), 0)
    begin = max(0, min(shared - SHOWN // 2, max(map(len, texts)) - SHOWN))
    return _cut(texts[0], begin), _cut(texts[1], begin)


def _cut(text: str, begin: int) -> str:
    before, after = "..." if begin else "", "..." if len(text) > begin + SHOWN else ""
    return f"{before}{text[begin : begin + SHOWN]}{after}"
