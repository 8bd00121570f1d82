"""Audits by the thousand, and audits of thousands of photos, written as an audit writes them."""

from dataclasses import replace

from auditcore import paths
from auditcore.audit import CollectionVerdict, Decision, PhotoVerdict, Store, Verdict
from auditcore.audit.machine import Move
from auditcore.audit.plan import COLLECTION, request_key
from tests.audit.fakes import FakeSealed, make_plan

HIDDEN = 3


def plant(
    number: int, *, photos: int = 2, claim: str = COLLECTION, model: str = "a model",
    decision: Decision | None = Decision.NOT_SHOWN, p: str = "0.05",
) -> str:  # fmt: skip
    """Write the audit with this number, of a kit of its own; one without a decision goes on.

    Of photo i, i % 4 hidden versions of HIDDEN beat the published one; nothing was asked of the
    last.
    """
    plan = replace(
        make_plan(FakeSealed(100), photos=photos, claim=claim, p=p),
        started=f"2026-01-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00Z",
        kit_id=f"{number:064}",
        model={
            "fingerprint": "f" * 64, "released": None, "name": model, "spec": f"openclip:{model}",
            "kind": "openclip", "details": {},
        },
        max_hidden=HIDDEN,
    )  # fmt: skip
    store = Store(paths.database())
    audit_id = store.new_audit("local", plan, request_key(plan))
    moves, last = _moves(photos - 1, claim), store.log(audit_id)[-1]
    verdict = None if decision is None else _verdict(photos, claim, decision)
    store.append(audit_id, last, {"kind": "batch"}, moves, queries=4 * photos, verdict=verdict)
    return audit_id


def _moves(photos: int, claim: str) -> list[Move]:
    together = claim == COLLECTION
    return [
        Move(photo, t, min(t, photo % 4), _log(photo) * t / HIDDEN, 0.0 if together else None)
        for photo in range(photos)
        for t in range(1, HIDDEN + 1)
    ]


def _log(photo: int) -> float:
    return 3.0 - photo % 4


def _verdict(photos: int, claim: str, decision: Decision) -> Verdict:
    told = tuple(_photo(photo, claim, asked=photo < photos - 1) for photo in range(photos))
    together = CollectionVerdict(decision, 50.0, 40.0, "evidence")
    return Verdict(claim, "1/40", told, together, 4 * photos)


def _photo(photo: int, claim: str, asked: bool) -> PhotoVerdict:
    used = claim != COLLECTION and asked and photo % 4 == 0
    decision = Decision.USED if used else Decision.CANNOT_TELL
    beaten = min(HIDDEN, photo % 4) if asked else 0
    name, hidden = f"photo-{photo}.jpg", HIDDEN if asked else 0
    return PhotoVerdict(name, decision, hidden, beaten, 4.0 - photo % 4, 40.0)
