"""What surveys bind beforehand: the p of each of their kits, in the ledger that audits obey.

A kit's share is bound in the transaction that reads whether the kit was asked about, and every
audit is written in one that reads the share. So whichever comes first, no kit is ever asked about
at another p than the one that was counted when its survey was fixed.
"""

from collections.abc import Iterable
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from auditcore.audit.plan import Plan
from auditcore.audit.rows import AttemptRow, ShareRow
from auditcore.audit.words import chance
from auditcore.errors import AuditError, DesignError


def asked_before(
    session: Session, owner: str, fingerprint: str, kits: Iterable[str]
) -> frozenset[str]:
    """Return those of the kits that this model was asked about, or that such an audit is open of.

    Args:
        session: a transaction that writes, if a share is bound by what it returns.
        owner: whose ledger.
        fingerprint: of the model.
        kits: ids.
    """
    query = select(AttemptRow.kit_id).where(
        AttemptRow.owner == owner, AttemptRow.fingerprint == fingerprint, AttemptRow.number == 1
    )
    return frozenset(session.scalars(query)) & frozenset(kits)


def bind_share(session: Session, owner: str, fingerprint: str, kit_id: str, p: Fraction) -> None:
    """Bind all audits of a kit on a model that was not asked about it yet to this p, for good."""
    session.add(ShareRow(owner=owner, fingerprint=fingerprint, kit_id=kit_id, p=str(p)))


def bound_share(session: Session, owner: str, kit_id: str, fingerprint: str) -> Fraction | None:
    """Return the p that a survey has bound this kit to on this model, None where none has."""
    row = session.get(ShareRow, (owner, fingerprint, kit_id))
    return None if row is None else Fraction(row.p)


def check_p(p: Fraction, bound: Fraction | None, enrolled: bool) -> None:
    """Refuse another p than the one that binds: what is promised of it covers all attempts.

    Args:
        p: what is asked for.
        bound: what binds, None where nothing does yet.
        enrolled: it is the kit's share in a survey, as nothing was asked about the kit yet.

    Raises:
        DesignError: they differ.
    """
    if bound is None or p == bound:
        return
    if enrolled:
        raise DesignError(
            "This kit is one of a survey of this model, which shared out its level beforehand: "
            f"whatever is asked about this kit is held to {chance(bound)}, so {chance(p)} cannot "
            f"be had. Ask with {chance(bound)}, or go on with the survey, which comes to this kit "
            "as well."
        )
    raise DesignError(
        f"This kit was first pointed at this model accepting {chance(bound)} false alarms. "
        f"All attempts share that promise, so it cannot become {chance(p)} now that answers "
        f"have been seen. Ask with {chance(bound)} again."
    )


def check_share(session: Session, owner: str, plan: Plan) -> None:
    """Refuse a plan at another p than the kit's share.

    Raises:
        AuditError: a survey has bound the kit meanwhile.
    """
    share = bound_share(session, owner, plan.kit_id, str(plan.model["fingerprint"]))
    if share is not None and plan.p != share:
        raise AuditError(
            "A survey of this model was begun meanwhile, and this kit is one of its kits, with a "
            "share of its level. Nothing is lost; ask again to audit the kit within its share."
        )
