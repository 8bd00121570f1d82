"""Ask a model about the photos of a kit, and say what it shows."""

import argparse
from pathlib import Path
from typing import Any

from auditcore import paths
from auditcore.audit import (
    ANYTIME,
    COLLECTION_TESTS,
    AuditRecord,
    Estimate,
    Event,
    Scoring,
    Stopped,
    Store,
    estimate,
    run_audit,
    start_audit,
    verdict_words,
)
from auditcore.audit.words import chance
from auditcore.cli.engine import add_engine, scoring_of
from auditcore.cli.output import add_json, one_line, parse_level, print_json, say, tell
from auditcore.cli.pacing import Told
from auditcore.cli.reaching import access_of, add_access, add_running, running_of
from auditcore.cli.reporting import write_report
from auditcore.cli.stopping import stopping_on_interrupt
from auditcore.cli.surveying import survey
from auditcore.database import LOCAL_OWNER
from auditcore.errors import AuditError, Cancelled
from auditcore.evidence import build_report
from auditcore.kit import Kit, open_kit
from auditcore.models import Budget, Model, Running, open_model
from auditcore.models.running import as_told
from auditcore.scores import SCORES
from auditcore.sequential import DEFAULT_TEST, HOSTED_TEST, TESTS
from auditcore.survey import (
    KITS_FILE,
    PHOTOS_FILE,
    SurveyRequest,
    is_folder_of_kits,
    write_tables,
)

PHOTOS_SHOWN = 200
"""Photos of a kit that are listed on screen."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `audit`."""
    parser.add_argument(
        "kit",
        type=Path,
        metavar="KIT",
        help="the kit.zip made by `mark`, or a folder of kits, tested at --p all together",
    )
    parser.add_argument("--model", required=True, metavar="SPEC", help="see `models`")
    parser.add_argument(
        "--p",
        help="accepted level of false alarms (default 0.05, or a kit's own: that of its first "
        "audit on this model, or its share in a survey)",
    )
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
    parser.add_argument(
        "--parquet", type=Path, metavar="DIR", help="write photos.parquet and kits.parquet there"
    )
    add_engine(parser)
    add_running(parser)
    add_access(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the audit to its verdict; the same command goes on with one that was cut off."""
    store = Store(paths.database())
    if is_folder_of_kits(arguments.kit):
        _run_survey(store, arguments)
    else:
        _run_audit(store, arguments)
    return 0


def _run_audit(store: Store, arguments: argparse.Namespace) -> None:
    kit = open_kit(arguments.kit)
    scope = store.unfinished(LOCAL_OWNER, kit.id, arguments.model)
    access = access_of(arguments, scope)
    running = running_of(arguments)
    if scope is not None and running == Running():  # as it ran then, whatever measures best now
        running = as_told(store.audit(scope).plan.model["details"])
    model = open_model(arguments.model, access, running)
    request = _request(arguments)
    _announce(estimate(store, kit, model, **request), access.budget)
    audit_id = start_audit(store, kit, model, **request)
    with scoring_of(arguments) as scoring:
        _follow(store, audit_id, kit, model, scoring)
    if arguments.report is not None:
        write_report(build_report(store, audit_id, kit), arguments.report)
    if arguments.parquet is not None:
        write_tables(arguments.parquet, store, [audit_id])
        say(f"Tables: {arguments.parquet / PHOTOS_FILE} and {arguments.parquet / KITS_FILE}")
    _show(store.audit(audit_id), arguments.json)


def _run_survey(store: Store, arguments: argparse.Namespace) -> None:
    running = running_of(arguments)
    unfinished = store.unfinished(LOCAL_OWNER, None, arguments.model)
    if unfinished is not None and running == Running():
        running = as_told(store.audit(unfinished).plan.model["details"])
    model = open_model(arguments.model, access_of(arguments), running)
    request = SurveyRequest(**_request(arguments))
    with scoring_of(arguments) as scoring, stopping_on_interrupt() as should_stop:
        survey(
            store, arguments.kit, model, request, scoring, should_stop,
            report=arguments.report, parquet=arguments.parquet, as_json=arguments.json,
        )  # fmt: skip


def _request(arguments: argparse.Namespace) -> dict[str, Any]:
    level = {} if arguments.p is None else {"p": parse_level(arguments.p)}
    return level | {
        "claim": arguments.claim,
        "test": arguments.test,
        "score": arguments.score,
        "collection_test": arguments.collection_test,
    }


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


def _follow(store: Store, audit_id: str, kit: Kit, model: Model, scoring: Scoring) -> None:
    told = Told()
    with stopping_on_interrupt() as should_stop:
        last: Event | None = None
        events = run_audit(store, audit_id, kit, model, should_stop=should_stop, scoring=scoring)
        for last in events:
            if told.due(last):
                say(f"{last.progress.done:>6} queries  {last.now}")
    if isinstance(last, Stopped):
        raise Cancelled("Cancelled. What was answered is kept; the same command goes on with it.")


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
    photos = words.photos[:PHOTOS_SHOWN]
    if len(words.photos) > PHOTOS_SHOWN:
        more = len(words.photos) - PHOTOS_SHOWN
        photos += (f"... and {more:,} more photos; --report and --parquet write down all of them.",)
    sections = (("", photos), ("It means:", words.means), ("It does not:", words.means_not))
    for title, lines in (*sections, ("Limits:", words.limits)):
        tell("\n".join(filter(None, [title, *(f"- {one_line(line)}" for line in lines)])))
