"""Pages of audits: what a list shows of each, from a row of a few hundred bytes.

The plan and the verdict of an audit of 10,000 photos are megabytes of JSON, and a list needs a
sentence of them. That sentence is kept beside them: written when the audit is first listed, and
again once there is a verdict or another version of Telltale words it. Nothing rests on these rows;
whoever deletes them loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column

from auditcore import __version__
from auditcore.audit.plan import PLAN_FORMAT
from auditcore.audit.rows import AuditRow, Base
from auditcore.audit.store import Store
from auditcore.audit.verdict import Decision
from auditcore.audit.words import GRADE, NO_GRADE, headline
from auditcore.database import for_writing
from auditcore.errors import AuditError

UNFINISHED = "not finished"
_UNREADABLE = "unreadable"
_WORDING = f"{__version__}/{PLAN_FORMAT}"


class ListedRow(Base):
    """What a list shows of an audit; `answer` is a Decision, UNFINISHED or _UNREADABLE."""

    __tablename__ = "listed_audits"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    wording: Mapped[str]
    answer: Mapped[str]
    headline: Mapped[str]
    started: Mapped[str]
    kit_id: Mapped[str]
    fingerprint: Mapped[str]
    model: Mapped[str]
    grade: Mapped[str]
    claim: Mapped[str]
    photos: Mapped[int]
    p: Mapped[str]
    looked_for: Mapped[str]


@dataclass(frozen=True)
class Listed:
    """An audit in a list.

    Attributes:
        answer: a Decision, or UNFINISHED. headline: the answer in one sentence, None while there is
            none.
        grade: of its evidence, see `words`. model: the model's name.
        photos: how many the kit has.
        p: the accepted chance of a false alarm over all attempts.
    """

    id: str
    answer: str
    headline: str | None
    grade: str
    started: str
    kit_id: str
    model: str
    claim: str
    photos: int
    p: Fraction


@dataclass(frozen=True)
class Listing:
    """One page of audits.

    Attributes:
        audits: those of the page, newest first.
        found: how many fit what was looked for. everything: how many there are.
        unread: why some cannot be shown, None when all can.
    """

    audits: tuple[Listed, ...]
    found: int
    everything: int
    unread: str | None


def list_audits(
    store: Store, owner: str, *, answer: str | None = None, words: str = "", page: int, size: int
) -> Listing:
    """Return one page of the owner's audits, newest first; the database reads no more than that.

    Args:
        store: where the audits are.
        owner: whose.
        answer: only those with this Decision, or UNFINISHED; None for all.
        words: only those whose model, claim or answer contain each of these words, in any case.
        page: which page, from 0; one behind the last is empty.
        size: audits a page.
    """
    _bring_up_to_date(store, owner)
    mine = (ListedRow.owner == owner, ListedRow.answer != _UNREADABLE)
    wanted = (*mine, *_looked_for(answer, words))
    order = (ListedRow.started.desc(), ListedRow.id)
    query = select(ListedRow).where(*wanted).order_by(*order).limit(size).offset(page * size)
    refused = select(ListedRow.headline).where(
        ListedRow.owner == owner, ListedRow.answer == _UNREADABLE
    )
    with Session(store.engine) as session:
        return Listing(
            audits=tuple(_listed(row) for row in session.scalars(query)),
            found=_count(session, wanted),
            everything=_count(session, mine),
            unread=session.scalar(refused.limit(1)),
        )


def list_kits(
    store: Store, owner: str, fingerprint: str, p: Fraction | None = None
) -> dict[str, Listed]:
    """Return the owner's newest audit of each kit on one model, by the kit's id.

    Args:
        store: where the audits are.
        owner: whose.
        fingerprint: of the model.
        p: only audits at this p; None for all.
    """
    _bring_up_to_date(store, owner)
    query = (
        select(ListedRow)
        .where(
            ListedRow.owner == owner,
            ListedRow.fingerprint == fingerprint,
            ListedRow.answer != _UNREADABLE,
            *([] if p is None else [ListedRow.p == str(p)]),
        )
        .order_by(ListedRow.started, ListedRow.id)
    )
    with Session(store.engine) as session:
        return {row.kit_id: _listed(row) for row in session.scalars(query)}


def _looked_for(answer: str | None, words: str) -> list[ColumnElement[bool]]:
    parts = [ListedRow.answer == answer] if answer is not None else []
    return parts + [func.instr(ListedRow.looked_for, w) > 0 for w in words.casefold().split()]


def _count(session: Session, wanted: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count()).select_from(ListedRow).where(*wanted)) or 0


def _listed(row: ListedRow) -> Listed:
    told = None if row.answer == UNFINISHED else row.headline
    return Listed(
        id=row.id,
        answer=row.answer,
        headline=told,
        grade=row.grade,
        started=row.started,
        kit_id=row.kit_id,
        model=row.model,
        claim=row.claim,
        photos=row.photos,
        p=Fraction(row.p),
    )


def _bring_up_to_date(store: Store, owner: str) -> None:
    """Write the rows that are missing or behind, each in its own transaction.

    Whether an audit has a verdict is asked without reading it.
    """
    finished = AuditRow.verdict.is_not(None)
    behind = or_(
        ListedRow.id.is_(None),
        ListedRow.wording != _WORDING,
        case((ListedRow.answer == UNFINISHED, finished), else_=False),
    )
    query = (
        select(AuditRow.id)
        .outerjoin(ListedRow, ListedRow.id == AuditRow.id)
        .where(AuditRow.owner == owner, behind)
    )
    with Session(store.engine) as session:
        due = list(session.scalars(query))
    for audit_id in due:
        _write(store, audit_id, owner)


def _write(store: Store, audit_id: str, owner: str) -> None:
    values = {"id": audit_id, "owner": owner, "wording": _WORDING, **_summary(store, audit_id)}
    statement = upsert(ListedRow).values(values)
    with Session(for_writing(store.engine)) as session, session.begin():
        session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def _summary(store: Store, audit_id: str) -> dict[str, str | int]:
    try:
        record = store.audit(audit_id)
    except AuditError as error:
        texts = ("started", "kit_id", "fingerprint", "model", "grade", "claim", "looked_for")
        facts = {"answer": _UNREADABLE, "headline": str(error), "p": "1"}
        return {**dict.fromkeys(texts, ""), **facts, "photos": 0}
    plan, verdict = record.plan, record.verdict
    said = "" if verdict is None else headline(verdict, plan)
    decision: Decision | None = None if verdict is None else verdict.decision
    model = str(plan.model["name"])
    spoken = (model, str(plan.model.get("spec", "")), str(plan.claim), said, plan.started)
    return {
        "answer": UNFINISHED if decision is None else decision.value,
        "headline": said,
        "started": plan.started,
        "kit_id": plan.kit_id,
        "fingerprint": str(plan.model["fingerprint"]),
        "model": model,
        "grade": GRADE if plan.test_seed is None else NO_GRADE,
        "claim": str(plan.claim),
        "photos": len(plan.files),
        "p": str(plan.p),
        "looked_for": " ".join(spoken).casefold(),
    }
