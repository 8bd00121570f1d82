"""The report of an audit, and how a stranger verifies it.

report     what is written down: everything that kit and log lead to
form       reading a report that anyone may have touched
page       the report as one self-contained web page
verify     repeats it all in numbered steps

report = build_report(store, audit_id, kit)
Path("report.json").write_bytes(report_bytes(report))
Path("report.html").write_text(render_html(report))
verify(Path("report.json").read_bytes(), Path("kit.zip")).ok
"""

from auditcore.evidence.page import render_html
from auditcore.evidence.report import build_report, report_bytes, sample_kit_id
from auditcore.evidence.verifying import Outcome, Step, Verification, verify

__all__ = [
    "Outcome",
    "Step",
    "Verification",
    "build_report",
    "render_html",
    "report_bytes",
    "sample_kit_id",
    "verify",
]
