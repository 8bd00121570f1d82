"""Ask a model about the photos of a kit, and say what it shows."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditcore import paths
from auditcore.audit import (
    ANYTIME,
    COLLECTION_TESTS,
    AuditRecord,
    Estimate,
    Event,
    Stopped,
    Store,
    estimate,
    run_audit,
    start_audit,
    verdict_words,
)
from auditcore.audit.words import chance
from auditcore.cli.output import add_json, one_line, parse_level, print_json, say, tell
from auditcore.cli.reaching import access_of, add_access, add_running, running_of
from auditcore.cli.stopping import stopping_on_interrupt
from auditcore.database import LOCAL_OWNER
from auditcore.errors import AuditError, Cancelled, EvidenceError
from auditcore.evidence import build_report, render_html, report_bytes
from auditcore.kit import Kit, open_kit
from auditcore.models import Budget, Model, Running, open_model
from auditcore.models.running import as_told
from auditcore.scores import SCORES
from auditcore.sequential import DEFAULT_TEST, HOSTED_TEST, TESTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `audit`."""
    parser.add_argument("kit", type=Path, metavar="KIT", help="the kit.zip made by `mark`")
    parser.add_argument("--model", required=True, metavar="SPEC", help="see `models`")
    parser.add_argument("--p", default="0.05", help="accepted level of false alarms (default 0.05)")
    parser.add_argument(
        "--test",
        choices=TESTS,
        help=f"the sequential test (default {DEFAULT_TEST}; {HOSTED_TEST} for hosted models)",
    )
    parser.add_argument(
        "--score", choices=sorted(SCORES), help="default: the best the model allows"
    )
    parser.add_argument(
        "--claim",
        default="collection",
        metavar="collection|each|FILE",
        help="what the one statement of this audit is about (default: the photos together)",
    )
    parser.add_argument(
        "--collection-test",
        choices=COLLECTION_TESTS,
        default=ANYTIME,
        help="for the collection: watched all the time, or a fixed budget with one look at the end",
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write report.json and report.html there"
    )
    add_running(parser)
    add_access(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the audit to its verdict; the same command goes on with one that was cut off."""
    kit = open_kit(arguments.kit)
    store = Store(paths.database())
    scope = store.unfinished(LOCAL_OWNER, kit.id, arguments.model)
    access = access_of(arguments, scope)
    running = running_of(arguments)
    if scope is not None and running == Running():  # as it ran then, whatever measures best now
        running = as_told(store.audit(scope).plan.model["details"])
    model = open_model(arguments.model, access, running)
    request: dict[str, Any] = {
        "claim": arguments.claim,
        "p": parse_level(arguments.p),
        "test": arguments.test,
        "score": arguments.score,
        "collection_test": arguments.collection_test,
    }
    _announce(estimate(store, kit, model, **request), access.budget)
    audit_id = start_audit(store, kit, model, **request)
    _follow(store, audit_id, kit, model)
    if arguments.report is not None:
        _write_report(build_report(store, audit_id, kit), arguments.report)
    _show(store.audit(audit_id), arguments.json)
    return 0


def _announce(expected: Estimate, budget: Budget) -> None:
    for warning in expected.warnings:
        say(one_line(warning))
    if expected.on_record is not None:
        say("This very audit is on record: it goes on where it was, and nothing is asked twice.")
    say(
        f"At most {expected.at_most:,} queries; about {expected.expected_unused:,} if the model "
        f"never saw the photos. Attempt {expected.attempt}, tested at {chance(expected.level)}."
    )
    if expected.hosted:
        cost = budget.cost(expected.images_at_most)
        priced = "" if cost is None else f", which cost {cost:,.2f} at most"
        say(f"That is {expected.images_at_most:,} pictures sent at most{priced}.")


def _follow(store: Store, audit_id: str, kit: Kit, model: Model) -> None:
    with stopping_on_interrupt() as should_stop:
        last: Event | None = None
        for last in run_audit(store, audit_id, kit, model, should_stop=should_stop):
            say(f"{last.progress.done:>6} queries  {last.now}")
    if isinstance(last, Stopped):
        raise Cancelled("Cancelled. What was answered is kept; the same command goes on with it.")


def _write_report(report: Mapping[str, Any], folder: Path) -> None:
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


def _show(record: AuditRecord, as_json: bool) -> None:
    if record.verdict is None:
        raise AuditError("The audit ended without a verdict. Run the same command again.")
    words = verdict_words(record.verdict, record.plan)
    if as_json:
        plan = record.plan
        facts = {
            "audit": record.id,
            "kit_id": plan.kit_id,
            "model": dict(plan.model),
            "test": plan.test,
            "score": dict(plan.score),
            "p": str(plan.p),
            "attempt": plan.attempt,
            "grade": words.grade,
            "headline": words.headline,
        }
        print_json({**record.verdict.to_json(), **facts})
        return
    tell(f"\n{one_line(words.headline)}\nEvidence: {words.grade_means}\n")
    sections = (("", words.photos), ("It means:", words.means), ("It does not:", words.means_not))
    for title, lines in (*sections, ("Limits:", words.limits)):
        tell("\n".join(filter(None, [title, *(f"- {one_line(line)}" for line in lines)])))
