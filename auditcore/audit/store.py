"""Everything audits leave behind, in one SQLite file: plans, logs, answers, attempts.

Each change is one transaction, so that a process killed at any point leaves the last finished
state. Logs are append-only and chained by hashes; answers are kept for good, so that no version is
asked about twice; the ledger of attempts outlives the audits it counts.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Update, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auditcore.audit.chain import GENESIS, chained, digest
from auditcore.audit.machine import Move
from auditcore.audit.plan import FirstAsked, Plan
from auditcore.audit.rows import AnswerRow, AttemptRow, AuditRow, Base, LogRow
from auditcore.audit.shares import bound_share, check_share
from auditcore.audit.track import Asked
from auditcore.audit.verdict import Verdict
from auditcore.database import LOCAL_OWNER, for_writing, open_database
from auditcore.errors import AuditError
from auditcore.kit.canonical import canonical_json

_KEY = ("owner", "fingerprint", "score_key", "kit_id", "photo", "version")
_FACTS = ("score", "digest", "audit_id", "probe", "probe_photo")
_ANSWER = tuple(getattr(AnswerRow, name) for name in _FACTS)
_NEW = upsert(AnswerRow)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=_KEY,
    set_={name: _NEW.excluded[name] for name in _FACTS},
)


class Status:
    """Where an audit stands."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"


@dataclass(frozen=True)
class AuditRecord:
    """An audit as the store knows it. `note`: what happened last, in words."""

    id: str
    owner: str
    plan: Plan
    request_key: str
    status: str
    note: str
    queries: int
    verdict: Verdict | None


@dataclass(frozen=True)
class LogLine:
    """One line of a log."""

    number: int
    body: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class StoredAnswer:
    """An answer on record: score, digest of the raw answer, the audit that asked, its probe."""

    score: float
    digest: str
    audit_id: str
    probe: float
    probe_photo: int


class Store:
    """The audits, logs, answers and ledger in one file.

    Safe for several processes; one audit is run by one process at a time (a second one is refused
    at its first line, nothing is lost).
    """

    def __init__(self, path: Path) -> None:
        self.engine = open_database(path, Base.metadata)

    def new_audit(self, owner: str, plan: Plan, request_key: str) -> str:
        """Write down an audit and its attempt in the ledger; return its unguessable id.

        Raises:
            AuditError: another attempt on the same kit and model was opened in between, or a
                survey has bound this kit to another p.
        """
        audit_id = secrets.token_urlsafe(16)
        fingerprint = str(plan.model["fingerprint"])
        common = {"owner": owner, "kit_id": plan.kit_id, "fingerprint": fingerprint}
        audit = AuditRow(
            id=audit_id, request_key=request_key, plan=_text(plan.to_json()),
            plan_hash=plan.hash, status=Status.READY, note="", queries=0, verdict=None, **common,
        )  # fmt: skip
        attempt = AttemptRow(number=plan.attempt, plan_hash=plan.hash, audit_id=audit_id, **common)
        opening = {"kind": "opening", "plan": plan.to_json()}
        with self._writing("Another audit of this kit and model was opened meanwhile.") as session:
            check_share(session, owner, plan)
            session.add(audit)
            session.flush()
            session.add_all([attempt, _log_row(audit_id, 0, GENESIS, opening)])
        return audit_id

    def audit(self, audit_id: str, owner: str | None = None) -> AuditRecord:
        """Return one audit (of `owner`, when given).

        Raises:
            AuditError: there is no such audit, or it is somebody else's.
        """
        with Session(self.engine) as session:
            row = session.get(AuditRow, audit_id)
            if row is None or owner not in (None, row.owner):
                raise AuditError("There is no such audit here. See Results for those that are.")
            return _record(row)

    def audits(self, owner: str = LOCAL_OWNER, kit_id: str | None = None) -> list[AuditRecord]:
        """Return the owner's audits, of one kit or of all, newest first.

        Raises:
            AuditError: one of them was written by another version.
        """
        with Session(self.engine) as session:
            return _newest_first(map(_record, session.scalars(_of_owner(owner, kit_id))))

    def readable(self, owner: str = LOCAL_OWNER) -> tuple[list[AuditRecord], str | None]:
        """Return the audits that this version can read, newest first, and why not the others."""
        records, reason = [], None
        with Session(self.engine) as session:
            for row in session.scalars(_of_owner(owner, None)):
                try:
                    records.append(_record(row))
                except AuditError as error:
                    reason = str(error)
        return _newest_first(records), reason

    def unfinished(self, owner: str, kit_id: str | None, spec: str) -> str | None:
        """Return the owner's newest audit on this spec without a verdict, of one kit or of any."""
        for record in self.audits(owner, kit_id):
            if record.verdict is None and record.plan.model.get("spec") == spec:
                return record.id
        return None

    def matching(self, owner: str, request_key: str) -> list[AuditRecord]:
        """Return the owner's audits that asked exactly this, latest attempt first."""
        query = select(AuditRow).where(AuditRow.owner == owner, AuditRow.request_key == request_key)
        with Session(self.engine) as session:
            records = [_record(row) for row in session.scalars(query)]
        return sorted(records, key=lambda record: record.plan.attempt, reverse=True)

    def attempts(self, owner: str, kit_id: str, fingerprint: str) -> list[str]:
        """Return the plan hashes of all attempts of this kit on this model, in order."""
        query = (
            select(AttemptRow.plan_hash)
            .where(
                AttemptRow.owner == owner,
                AttemptRow.kit_id == kit_id,
                AttemptRow.fingerprint == fingerprint,
            )
            .order_by(AttemptRow.number)
        )
        with Session(self.engine) as session:
            return list(session.scalars(query))

    def first_asked(self, owner: str, kit_id: str, fingerprint: str) -> FirstAsked | None:
        """Return what the first attempt of this kit on this model asked, None before it."""
        query = (
            select(AuditRow)
            .join(AttemptRow, AttemptRow.audit_id == AuditRow.id)
            .where(
                AttemptRow.owner == owner,
                AttemptRow.kit_id == kit_id,
                AttemptRow.fingerprint == fingerprint,
                AttemptRow.number == 1,
            )
        )
        with Session(self.engine) as session:
            row = session.scalar(query)
            return None if row is None else _record(row).plan.first

    def bound_p(self, owner: str, kit_id: str, fingerprint: str) -> Fraction | None:
        """Return the p of whatever is asked of this model about this kit, None while none binds.

        That of the first attempt; before it, the kit's share in a survey.
        """
        first = self.first_asked(owner, kit_id, fingerprint)
        if first is not None:
            return first.p
        with Session(self.engine) as session:
            return bound_share(session, owner, kit_id, fingerprint)

    def models_tried(self, owner: str, kit_id: str) -> set[str]:
        """Return the fingerprints of the models this kit has been pointed at."""
        query = select(AttemptRow.fingerprint).where(
            AttemptRow.owner == owner, AttemptRow.kit_id == kit_id
        )
        with Session(self.engine) as session:
            return set(session.scalars(query))

    def log(self, audit_id: str) -> list[LogLine]:
        """Return the log of an audit in order."""
        query = select(LogRow).where(LogRow.audit_id == audit_id).order_by(LogRow.number)
        with Session(self.engine) as session:
            return [LogLine(r.number, json.loads(r.body), r.hash) for r in session.scalars(query)]

    def moves(self, audit_id: str) -> list[Move]:
        """Return every hidden version applied so far and where it led, in order."""
        query = select(LogRow.moves).where(LogRow.audit_id == audit_id).order_by(LogRow.number)
        with Session(self.engine) as session:
            return [Move.from_json(m) for row in session.scalars(query) for m in json.loads(row)]

    def set_status(self, audit_id: str, status: str, note: str = "") -> None:
        """Note where an audit stands, and what happened, in words."""
        with self._writing("The audit's state cannot be written.") as session:
            session.execute(_state(audit_id).values(status=status, note=note))

    def append(
        self, audit_id: str, last: LogLine, body: Mapping[str, Any], moves: Sequence[Move], *,
        queries: int, verdict: Verdict | None = None,
    ) -> LogLine:  # fmt: skip
        """Append one line to a log and move the audit's state along with it, in one transaction.

        Args:
            audit_id: which audit.
            last: the last line so far.
            body: the record to write.
            moves: what it leads to.
            queries: versions asked about so far. verdict: the verdict, with the closing record.
            verdict: see queries.

        Raises:
            AuditError: another process has written this line already.
        """
        line = _log_row(audit_id, last.number + 1, last.hash, body, moves)
        now: dict[str, Any] = {"queries": queries}
        if verdict is not None:
            told = _text(verdict.to_json())
            now |= {"verdict": told, "status": Status.FINISHED, "note": ""}
        with self._writing("This audit is being run by another process already.") as session:
            session.add(line)
            session.execute(_state(audit_id).values(**now))
        return LogLine(last.number + 1, dict(body), line.hash)

    def keep_answers(self, owner: str, plan: Plan, answers: Mapping[Asked, StoredAnswer]) -> None:
        """Keep several answers for good, in one transaction."""
        if not answers:
            return
        key = {"owner": owner, **_answer_key(plan)}
        rows = [
            {**key, "photo": photo, "version": version, **vars(answer)}
            for (photo, version), answer in answers.items()
        ]
        with self._writing("The answers cannot be written.") as session:
            session.execute(_KEEP, rows)

    def known_answers(
        self, owner: str, plan: Plan, queries: Sequence[Asked]
    ) -> dict[Asked, StoredAnswer]:
        """Return the answers on record to these queries, whichever audit asked.

        Only of audits that computed as this one does, to the bit: a version's answer may not
        depend on when it was asked about.
        """
        pair = tuple_(AnswerRow.photo, AnswerRow.version)
        query = select(AnswerRow.photo, AnswerRow.version, *_ANSWER)
        query = query.filter_by(owner=owner, **_answer_key(plan)).where(pair.in_(list(queries)))
        with Session(self.engine) as session:
            rows = session.execute(query).all()
        return {(photo, version): StoredAnswer(*facts) for photo, version, *facts in rows}

    @contextmanager
    def _writing(self, conflict: str) -> Iterator[Session]:
        try:
            with (
                Session(for_writing(self.engine), expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session
        except IntegrityError as error:
            raise AuditError(f"{conflict} Nothing is lost; open it again in a moment.") from error


def _state(audit_id: str) -> Update:
    """Change an audit's state without reading its row, which holds the plan of all photos."""
    return update(AuditRow).where(AuditRow.id == audit_id)


def _answer_key(plan: Plan) -> dict[str, str]:
    """Name the answers that may stand beside one another: of one score, computed in one way."""
    return {
        "fingerprint": str(plan.model["fingerprint"]),
        "score_key": digest({**plan.score, **plan.computing}),
        "kit_id": plan.kit_id,
    }


def _log_row(
    audit_id: str,
    number: int,
    previous: str,
    body: Mapping[str, Any],
    moves: Sequence[Move] = (),
) -> LogRow:
    return LogRow(
        audit_id=audit_id,
        number=number,
        body=_text(body),
        hash=chained(previous, body),
        moves=_text([move.to_json() for move in moves]),
    )


def _text(value: Any) -> str:
    return canonical_json(value).decode()


def _of_owner(owner: str, kit_id: str | None) -> Select[AuditRow]:
    query = select(AuditRow).where(AuditRow.owner == owner)
    return query if kit_id is None else query.where(AuditRow.kit_id == kit_id)


def _newest_first(records: Iterable[AuditRecord]) -> list[AuditRecord]:
    return sorted(records, key=lambda record: record.plan.started, reverse=True)


def _record(row: AuditRow) -> AuditRecord:
    return AuditRecord(
        id=row.id,
        owner=row.owner,
        plan=Plan.from_json(json.loads(row.plan)),
        request_key=row.request_key,
        status=row.status,
        note=row.note,
        queries=row.queries,
        verdict=Verdict.from_json(json.loads(row.verdict)) if row.verdict else None,
    )
