"""The tables of audits: plans, logs, answers, the ledger of attempts, the shares of surveys."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables of audits."""


class AuditRow(Base):
    """One audit: its plan, where it stands, and its verdict once there is one."""

    __tablename__ = "audits"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    kit_id: Mapped[str]
    fingerprint: Mapped[str]
    request_key: Mapped[str] = mapped_column(index=True)
    plan: Mapped[str]
    plan_hash: Mapped[str]
    status: Mapped[str]
    note: Mapped[str]
    queries: Mapped[int]
    verdict: Mapped[str | None]


class LogRow(Base):
    """One line of an audit's log; `hash` covers the line and the hash of the line before.

    `moves` is what the line led to, kept for plots; it follows from the log and the kit.
    """

    __tablename__ = "log_lines"
    audit_id: Mapped[str] = mapped_column(ForeignKey("audits.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    hash: Mapped[str]
    moves: Mapped[str]


class AnswerRow(Base):
    """What a model said of one version.

    `probe` is the score it gave the probe image at the time, looked at as for `probe_photo`.
    """

    __tablename__ = "answers"
    owner: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    score_key: Mapped[str] = mapped_column(primary_key=True)
    kit_id: Mapped[str] = mapped_column(primary_key=True)
    photo: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    score: Mapped[float]
    digest: Mapped[str]
    probe: Mapped[float]
    probe_photo: Mapped[int]
    audit_id: Mapped[str]


class AttemptRow(Base):
    """The ledger: attempt `number` of a kit on a model, kept whatever becomes of the audit."""

    __tablename__ = "attempts"
    owner: Mapped[str] = mapped_column(primary_key=True)
    kit_id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    plan_hash: Mapped[str]
    audit_id: Mapped[str]


class ShareRow(Base):
    """The `p` of all audits of a kit on a model, bound by a survey before the first of them."""

    __tablename__ = "shares"
    owner: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    kit_id: Mapped[str] = mapped_column(primary_key=True)
    p: Mapped[str]
