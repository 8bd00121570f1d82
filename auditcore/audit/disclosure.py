"""What a provider has been sent already, and what may therefore still be asked of it.

The versions that a hosted model was asked about are known to its provider, who may keep them, train
on them, or treat them differently from then on, and no test picture can show it. The published
version is always among them, so that it is no longer like a version that was never sent. Therefore
a later audit, of whichever model of that provider, asks about a photo no more hidden versions than
the smallest batch that any earlier one had planned for it: all of those were sent, or would have
been, like the published one.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from auditcore.audit.store import AuditRecord, Status, Store


def provider_of(details: Mapping[str, str]) -> str:
    """Return the host that a hosted model is asked at: whoever runs it sees what is sent there."""
    return urlsplit(details.get("address", "")).hostname or ""


def disclosed_limit(
    store: Store,
    owner: str,
    kit_id: str,
    provider: str,
    photos: Sequence[int],
    besides: str | None = None,
) -> int | None:
    """Return how many hidden versions of each of these photos may be sent; None for no limit.

    Args:
        store: the ledger.
        owner: whose audits count.
        kit_id: of which kit.
        provider: see `provider_of`.
        photos: indices.
        besides: id of the audit that asks; its own batch is no limit to it.
    """
    limits = [
        record.plan.max_hidden
        for record in store.audits(owner, kit_id)
        if record.id != besides
        and record.plan.hosted
        and provider_of(record.plan.model["details"]) == provider
        and not photos_sent(store, record).isdisjoint(photos)
    ]
    return min(limits, default=None)


def outgrown(store: Store, record: AuditRecord) -> bool:
    """Say whether an open audit asks for more than may be asked since it was opened."""
    plan = record.plan
    if not plan.hosted or record.verdict is not None:
        return False
    provider = provider_of(plan.model["details"])
    limit = disclosed_limit(store, record.owner, plan.kit_id, provider, plan.photos, record.id)
    return limit is not None and limit < plan.max_hidden


def photos_sent(store: Store, record: AuditRecord) -> set[int]:
    """Return the photos of which a version was sent, or may have been."""
    if record.status == Status.READY:
        return set()
    if record.verdict is None or record.verdict.reason is not None:
        return set(record.plan.photos)  # broken off: what was on its way is not on record
    batches = [line.body for line in store.log(record.id) if line.body["kind"] == "batch"]
    return {int(row[0]) for body in batches for row in body["answers"]}
