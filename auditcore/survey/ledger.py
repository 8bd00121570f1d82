"""Which kits a survey is about, and how much of its level each may use: written down for good.

A survey is fixed when it is first run: its model, its level p and how many kits there are. Each
kit's share is p / that number, and it is the p of all audits of this kit on this model from then
on (`audit.plan.level_of` halves it from attempt to attempt). What a person may do later:

run it again        the same audits, found on record; nothing is spent
ask otherwise       further attempts, within each kit's share
take kits away      the others keep their shares
add a kit           it takes a share that nobody has (of a file that could not be opened at first);
                    where there is none it is left out, and said so
split or mix        a kit is in one survey of a model; kits of two surveys are not run together
audit a kit alone   within its share; a kit that was audited alone before is left out

The shares stand in the ledger of audits, written in the transaction that reads which kits were
audited alone (`audit.shares`): no audit of an enrolled kit can be opened at another p, by the app,
the command line or a program, before the survey comes to the kit or after it.

So the shares that are ever used add up to at most p, and whichever kit comes when, the chance of a
false alarm about it, given all that was seen before, is below its share: its published version was
drawn by itself. Hence the chance of any false alarm is below p, for each model.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from auditcore.audit import Store
from auditcore.audit.shares import asked_before, bind_share
from auditcore.audit.words import chance
from auditcore.database import LOCAL_OWNER, for_writing
from auditcore.errors import AuditError, DesignError
from auditcore.models import ModelIdentity


class Base(DeclarativeBase):
    """The tables of surveys."""


class SurveyRow(Base):
    """One survey: `size` kits share the level `p` on the model `fingerprint`."""

    __tablename__ = "surveys"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    fingerprint: Mapped[str]
    model: Mapped[str]
    p: Mapped[str]
    size: Mapped[int]
    created: Mapped[str]


class MemberRow(Base):
    """One kit of a survey, the `place`-th to take a share; a kit is in one survey of a model."""

    __tablename__ = "survey_kits"
    owner: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    kit_id: Mapped[str] = mapped_column(primary_key=True)
    survey_id: Mapped[str] = mapped_column(index=True)
    place: Mapped[int]
    name: Mapped[str]


@dataclass(frozen=True)
class SurveyRecord:
    """A survey as it was written down.

    Attributes:
        fingerprint: of the model. model: its name.
        p: the chance of a false alarm about any kit. size: how many kits share it.
        created: when, in UTC.
        kits: (kit id, name) of those that have taken a share, in that order.
    """

    id: str
    owner: str
    fingerprint: str
    model: str
    p: Fraction
    size: int
    created: str
    kits: tuple[tuple[str, str], ...]

    @property
    def share(self) -> Fraction:
        """The p of each kit."""
        return self.p / self.size


class Surveys:
    """The surveys in the file of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        Base.metadata.create_all(for_writing(store.engine))

    def surveys(self, owner: str = LOCAL_OWNER) -> list[SurveyRecord]:
        """Return the owner's surveys, newest first."""
        query = select(SurveyRow).where(SurveyRow.owner == owner)
        with Session(self._store.engine) as session:
            records = [_record(session, row) for row in session.scalars(query).all()]
        return sorted(records, key=lambda record: (record.created, record.id), reverse=True)

    def enrol(
        self,
        owner: str,
        model: ModelIdentity,
        p: Fraction,
        kits: Mapping[str, str],
        unopened: int,
        created: str,
    ) -> SurveyRecord:
        """Write down a survey of these kits, or find it; let in kits for which a share is left.

        Args:
            owner: whose ledger.
            model: which model.
            p: level of the whole survey.
            kits: name by kit id, of the kits that could be opened.
            unopened: files that could not be opened now; a share is kept for each.
            created: the time, in UTC.

        Returns:
            The survey. Kits that are not among its kits have no share in it.

        Raises:
            DesignError: the survey was begun at another level, or p is no level.
            AuditError: kits of several surveys, or none that can have a share.
        """
        if not 0 < p < 1:
            raise DesignError(f"The chance of a false alarm must lie between 0 and 1, not {p}.")
        with Session(for_writing(self._store.engine)) as session, session.begin():
            members = _members(session, owner, model.fingerprint, kits)
            alone = asked_before(session, owner, model.fingerprint, kits)
            new = [kit_id for kit_id in kits if kit_id not in members and kit_id not in alone]
            surveys = {row.survey_id for row in members.values()}
            if not surveys:
                row = _begin(session, owner, model, p, len(new) + unopened, created)
            else:
                row = _find(session, surveys, p)
            _let_in(session, row, new, kits)
            session.flush()
            return _record(session, row)


def _members(
    session: Session, owner: str, fingerprint: str, kits: Mapping[str, str]
) -> dict[str, MemberRow]:
    query = select(MemberRow).where(MemberRow.owner == owner, MemberRow.fingerprint == fingerprint)
    return {row.kit_id: row for row in session.scalars(query) if row.kit_id in kits}


def _begin(
    session: Session, owner: str, model: ModelIdentity, p: Fraction, size: int, created: str
) -> SurveyRow:
    if size == 0:
        raise AuditError(
            "This model was asked about each of these kits before, one by one, and each of those "
            "audits keeps the chance of a false alarm that it was given. There is no kit left for "
            "a statement about all of them; go on with them one by one."
        )
    row = SurveyRow(
        id=secrets.token_urlsafe(16),
        owner=owner,
        fingerprint=model.fingerprint,
        model=model.name,
        p=str(p),
        size=size,
        created=created,
    )
    session.add(row)
    session.flush()
    return row


def _find(session: Session, surveys: set[str], p: Fraction) -> SurveyRow:
    if len(surveys) > 1:
        raise AuditError(
            f"This folder holds kits of {len(surveys)} earlier surveys of this model. Each made "
            "its own promise about its own kits: put them back into folders of their own."
        )
    row = session.get_one(SurveyRow, next(iter(surveys)))
    if Fraction(row.p) != p:
        raise DesignError(
            f"This survey was begun accepting {chance(Fraction(row.p))} false alarms. That promise "
            f"covers whatever is asked of this model about these kits, so it cannot become "
            f"{chance(p)} now. Ask with {chance(Fraction(row.p))} again."
        )
    return row


def _let_in(session: Session, row: SurveyRow, new: Sequence[str], kits: Mapping[str, str]) -> None:
    """Give the shares that nobody has to new kits, in order, and bind their audits to them."""
    count = select(func.count()).select_from(MemberRow).where(MemberRow.survey_id == row.id)
    taken = int(session.scalar(count) or 0)
    for place, kit_id in zip(range(taken, row.size), new, strict=False):
        member = MemberRow(
            owner=row.owner, fingerprint=row.fingerprint, kit_id=kit_id,
            survey_id=row.id, place=place, name=kits[kit_id],
        )  # fmt: skip
        session.add(member)
        bind_share(session, row.owner, row.fingerprint, kit_id, Fraction(row.p) / row.size)


def _record(session: Session, row: SurveyRow) -> SurveyRecord:
    query = select(MemberRow).where(MemberRow.survey_id == row.id).order_by(MemberRow.place)
    kits = tuple((member.kit_id, member.name) for member in session.scalars(query))
    return SurveyRecord(
        row.id, row.owner, row.fingerprint, row.model, Fraction(row.p), row.size, row.created, kits
    )
