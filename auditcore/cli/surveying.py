"""The folder of kits in `audit`: what it prints and writes down."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from auditcore.audit import Scoring, Store
from auditcore.audit.words import chance
from auditcore.cli.output import one_line, print_json, say, tell
from auditcore.cli.pacing import Told
from auditcore.cli.reporting import write_report
from auditcore.errors import Cancelled, EvidenceError
from auditcore.evidence import build_report
from auditcore.kit import open_kit
from auditcore.models import Model
from auditcore.survey import (
    KitBegun,
    KitDone,
    KitLine,
    KitMoved,
    SurveyEvent,
    SurveyFinished,
    SurveyRequest,
    SurveyStarted,
    SurveyStopped,
    Tables,
    find_kits,
    run_survey,
    survey_words,
)

SURVEY_FILE = "survey.json"


def survey(
    store: Store,
    folder: Path,
    model: Model,
    request: SurveyRequest,
    scoring: Scoring,
    should_stop: Callable[[], bool],
    *,
    report: Path | None,
    parquet: Path | None,
    as_json: bool,
) -> None:
    """Survey a folder of kits and say what came out.

    Raises:
        Cancelled: it was stopped; what was answered is kept.
        TelltaleError: see `run_survey`.
    """
    found = find_kits(folder)
    paths = {one.name: one.path for one in found}
    finished: SurveyFinished | None = None
    with ExitStack() as stack:
        tables = stack.enter_context(Tables(parquet)) if parquet is not None else None
        teller = _Teller()
        events = run_survey(store, found, model, request, should_stop=should_stop, scoring=scoring)
        for event in events:
            teller.tell(event)
            if isinstance(event, SurveyStopped):
                raise Cancelled(
                    "Cancelled. What was answered is kept; the same command goes on with it."
                )
            if isinstance(event, KitDone):
                _write(store, event.line, paths[event.line.name], report, tables)
            finished = event if isinstance(event, SurveyFinished) else None
    assert finished is not None, "a survey ends finished, stopped or with an error"
    if parquet is not None:
        say(f"Tables: {parquet / 'photos.parquet'} and {parquet / 'kits.parquet'}")
    _conclude(finished, report, as_json)


class _Teller:
    """Says what happens, a line a second at most while a kit is audited."""

    def __init__(self) -> None:
        self._told = Told()

    def tell(self, event: SurveyEvent) -> None:
        far = event.progress
        if isinstance(event, SurveyStarted):
            record = event.record
            say(
                f"{far.kits:,} files. {record.size:,} kits share a false-alarm level of "
                f"{chance(record.p)}: {chance(record.share)} for each, over all its attempts."
            )
        elif isinstance(event, KitBegun):
            place = f"kit {far.kits_done + 1:,} of {far.kits:,}"
            say(one_line(f"{event.name}: {place}, at most {event.at_most:,} queries"))
        elif isinstance(event, KitMoved) and self._told.due(event.event):
            say(one_line(f"{far.share:>6.1%} {_left(far.seconds_left)} {event.event.now}"))
        elif isinstance(event, KitDone):
            line = event.line
            say(one_line(f"{line.name}: {line.headline or 'no verdict. ' + line.note}"))


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    return f"{round(seconds)} s left" if minutes < 3 else f"{minutes:,} min left"


def _write(
    store: Store, line: KitLine, path: Path, report: Path | None, tables: Tables | None
) -> None:
    """Write a kit's report and its rows as soon as they are there."""
    if line.audit_id is None:
        if tables is not None:
            tables.add_note(line)
        return
    if tables is not None:
        tables.add_audit(store.audit(line.audit_id), line.name)
    if report is not None:
        write_report(build_report(store, line.audit_id, open_kit(path)), report / line.name)


def _conclude(finished: SurveyFinished, report: Path | None, as_json: bool) -> None:
    facts = _facts(finished)
    if report is not None:
        try:
            report.mkdir(parents=True, exist_ok=True)
            text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
            (report / SURVEY_FILE).write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise EvidenceError(
                f"The report cannot be written to {report}. The audits are kept: name another "
                "folder and run the same command again."
            ) from error
        say(f"Report: {report / SURVEY_FILE}, and a folder for each kit beside it")
    if as_json:
        print_json(facts)
        return
    words = survey_words(finished.record, finished.lines)
    tell(f"\n{one_line(words.headline)}\nEvidence: {words.grade_means}\n")
    sections = (("", words.kits), ("It means:", words.means), ("It does not:", words.means_not))
    for title, lines in (*sections, ("Limits:", words.limits)):
        tell("\n".join(filter(None, [title, *(f"- {one_line(line)}" for line in lines)])))


def _facts(finished: SurveyFinished) -> dict[str, Any]:
    record = finished.record
    return {
        "survey": record.id,
        "model": {"name": record.model, "fingerprint": record.fingerprint},
        "p": str(record.p),
        "size": record.size,
        "share": str(record.share),
        "created": record.created,
        "words": survey_words(record, finished.lines).to_json(),
        "kits": _kits(finished.lines),
    }


def _kits(lines: Sequence[KitLine]) -> list[dict[str, Any]]:
    return [
        {
            "kit": line.name,
            "kit_id": line.kit_id,
            "photos": line.photos,
            "audit": line.audit_id,
            "decision": None if line.verdict is None else line.verdict.decision.value,
            "level": None if line.verdict is None else line.verdict.level,
            "headline": line.headline,
            "grade": line.grade,
            "note": line.note or None,
        }
        for line in lines
    ]
