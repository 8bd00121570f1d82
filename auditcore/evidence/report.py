"""The report of a finished audit: all that a stranger with the kit needs to repeat the decision.

Whatever in it follows from kit and log is written here by the functions that `verify` uses to
write it again, so that no field can be changed alone.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from auditcore import paths
from auditcore.audit import AuditRecord, LogLine, Plan, Store, Trace, verdict_words, warnings
from auditcore.audit.chain import digest
from auditcore.audit.machine import Move
from auditcore.audit.replay import read_answers, trace_of
from auditcore.audit.track import Asked, Sealed
from auditcore.audit.verdict import Verdict
from auditcore.errors import EvidenceError
from auditcore.kit import Kit
from auditcore.kit.canonical import parse_canonical
from auditcore.kit.parts import read_public

REPORT_FORMAT = 1
KIND = "telltale report"
SAMPLE_NOTE = (
    "This is the kit of the sample photos that are shipped with Telltale. Anyone can open it, so "
    "the report shows how an audit works and is no evidence about a person's photos."
)


def build_report(store: Store, audit_id: str, kit: Kit) -> dict[str, Any]:
    """Return the report of a finished audit as JSON values; `report_bytes` spells it.

    Raises:
        AuditError: there is no such audit.
        EvidenceError: the audit has no verdict yet, or the kit is another one.
    """
    record = store.audit(audit_id)
    if record.verdict is None:
        raise EvidenceError("This audit has no verdict yet. Let it finish, then save its report.")
    if kit.id != record.plan.kit_id:
        raise EvidenceError("This kit is not the one that was audited. Open that one.")
    log = store.log(audit_id)
    report = {
        "kind": KIND,
        "format_version": REPORT_FORMAT,
        "kit": {"id": kit.id, "public": kit.public.to_json()},
        "attempts": _attempts(store, record),
        "log": [{"number": line.number, "body": line.body, "hash": line.hash} for line in log],
        "order": revealed_order(record.plan, kit, _asked(log)),
        **derived(record.plan, record.verdict, store.moves(audit_id)),
    }
    return report | {"digest": digest(report)}


def derived(plan: Plan, verdict: Verdict, moves: Sequence[Move]) -> dict[str, Any]:
    """Return the parts of a report that follow from the log: verdict, words, warnings, trace."""
    sample = [SAMPLE_NOTE] if plan.kit_id == sample_kit_id() else []
    return {
        "trace": trace_json(trace_of(plan, moves)),
        "verdict": verdict.to_json(),
        "words": verdict_words(verdict, plan).to_json(),
        "warnings": [*sample, *warnings(plan)],
    }


def revealed_order(plan: Plan, sealed: Sealed, asked: Iterable[Asked]) -> list[dict[str, Any]]:
    """Reveal for each photo asked about: the published version, the order, the tie priorities.

    Hidden versions that were not asked about stay secret.
    """
    told: defaultdict[int, set[int]] = defaultdict(set)
    for photo, version in asked:
        told[photo].add(version)
    return [_revealed(plan, sealed, photo, told[photo]) for photo in plan.photos]


def _revealed(plan: Plan, sealed: Sealed, photo: int, told: set[int]) -> dict[str, Any]:
    if not told:
        return {"file": plan.files[photo], "published": None, "hidden": [], "priorities": []}
    published = sealed.published_version(photo)
    hidden = _first(sealed.hidden_order(photo), told - {published})
    shown = [published, *hidden] if published in told else []
    return {
        "file": plan.files[photo],
        "published": published if shown else None,
        "hidden": hidden,
        "priorities": [sealed.tie_priority(photo, version) for version in shown],
    }


def _first(order: Sequence[int], wanted: set[int]) -> list[int]:
    """Return the wanted versions in this order; they stand at its front, as far as it is read."""
    found: list[int] = []
    for version in order:
        if len(found) == len(wanted):
            break
        if version in wanted:
            found.append(version)
    return found


def trace_json(trace: Trace) -> dict[str, Any]:
    """Return the points of a trace as JSON values, a logarithm of 0 as null."""
    photos = [
        [[t, k, None if log == -float("inf") else log] for t, k, log in points]
        for points in trace.photos
    ]
    return {"photos": photos, "collection": [list(point) for point in trace.collection]}


def report_bytes(report: Mapping[str, Any]) -> bytes:
    """Return the one spelling of a report as a file: sorted, indented, UTF-8."""
    text = json.dumps(report, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


@lru_cache(maxsize=1)
def sample_kit_id() -> str | None:
    """Return the id of the sample kit shipped with this copy, None where it is not there."""
    path = paths.assets_dir() / "sample" / "kit.zip"
    if not path.is_file():
        return None
    with zipfile.ZipFile(path) as archive:
        public = archive.read("public.json")
    return read_public(parse_canonical(public, "public.json")).id()


def _attempts(store: Store, record: AuditRecord) -> list[str]:
    fingerprint = str(record.plan.model["fingerprint"])
    return store.attempts(record.owner, record.plan.kit_id, fingerprint)


def _asked(log: Sequence[LogLine]) -> list[Asked]:
    batches = [line.body for line in log if line.body["kind"] == "batch"]
    return [asked for body in batches for asked in read_answers(body)[0]]
