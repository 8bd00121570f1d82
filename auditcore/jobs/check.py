"""The jobs that audit a model: say what it will take, and do it. Models stay open between jobs."""

from dataclasses import asdict
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from auditcore import paths
from auditcore.audit import (
    Estimate,
    Finished,
    Started,
    Store,
    estimate,
    run_audit,
    start_audit,
)
from auditcore.audit.opening import DEFAULT_P
from auditcore.database import LOCAL_OWNER
from auditcore.errors import Cancelled, KitError
from auditcore.evidence.report import sample_kit_id
from auditcore.jobs.catalogue import write_catalogue
from auditcore.jobs.orders import AUDIT, ESTIMATE, SAMPLE_KIT, Order
from auditcore.jobs.queue import Job
from auditcore.jobs.shelf import Shelf
from auditcore.jobs.worker import Desk
from auditcore.kit import Kit, open_kit
from auditcore.models import Model, open_model

_MODELS_HELD = 2


def estimated(job: Job) -> Estimate:
    """Return what a finished estimate found."""
    values = dict(job.result["estimate"])
    values.update(level=Fraction(values["level"]), warnings=tuple(values["warnings"]))
    return Estimate(**values)


def run_audit_job(desk: Desk) -> None:
    """Start the audit, or go on with it; what a killed run has answered is not asked again."""
    order, owner = Order.from_json(desk.job.params), desk.job.owner
    kit, model = _open(desk, order)
    store = Store(paths.database())
    audit_id = start_audit(
        store, kit, model, owner=owner, **_request(store, order, kit, model, owner)
    )
    desk.promise(audit=audit_id)
    finished = False
    for event in run_audit(store, audit_id, kit, model, should_stop=desk.stopping):
        far, finished = event.progress, isinstance(event, Finished)
        total = max(far.expected, far.done + (not finished))
        opening = isinstance(event, Started)
        desk.report(far.done, total, event.now, far.seconds_left, at_once=opening)
    if not finished:
        raise Cancelled("Stopped.")


def run_estimate_job(desk: Desk) -> None:
    """Time the model on a test image and say what the audit would take."""
    order, owner = Order.from_json(desk.job.params), desk.job.owner
    kit, model = _open(desk, order)
    store = Store(paths.database())
    request = _request(store, order, kit, model, owner)
    found = estimate(store, kit, model, owner=owner, **request)
    desk.promise(estimate=asdict(found) | {"level": str(found.level)}, model=model.identity.name)


def sample_kit_file() -> Path:
    """Return the file of the sample photos' kit."""
    return paths.assets_dir() / "sample" / "kit.zip"


def open_kept(kit_id: str, owner: str = LOCAL_OWNER) -> Kit:
    """Open a kit of the owner's shelf, or the sample kit; kits once opened stay open.

    Args:
        kit_id: the kit's id, or SAMPLE_KIT.
        owner: whose shelf.

    Raises:
        KitError: no such kit is kept, or it was damaged meanwhile.
    """
    if kit_id in (SAMPLE_KIT, sample_kit_id()):
        return _kit(_sample_file())
    return _kit(Shelf().path(kit_id, owner))


def warm_up() -> None:
    """Import what the first audit would otherwise wait for, and list the models there are."""
    write_catalogue()


def _sample_file() -> Path:
    file = sample_kit_file()
    if not file.is_file():
        raise KitError(
            "The sample photos are not in this copy of Telltale. Get the whole of it, with its "
            "folder “assets”."
        )
    return file


@lru_cache(maxsize=4)
def _kit(file: Path) -> Kit:
    return open_kit(file)


@lru_cache(maxsize=_MODELS_HELD)
def _model(spec: str) -> Model:
    return open_model(spec)


class _Request(TypedDict):
    claim: str
    p: Fraction
    test: str


def _request(store: Store, order: Order, kit: Kit, model: Model, owner: str) -> _Request:
    """Return what `start_audit` and `estimate` take, at the level that binds this attempt."""
    first = store.first_asked(owner, kit.id, model.identity.fingerprint)
    p = order.p or (DEFAULT_P if first is None else first.p)
    return {"claim": order.claim, "p": p, "test": order.test}


def _open(desk: Desk, order: Order) -> tuple[Kit, Model]:
    desk.report(desk.job.done, desk.job.total, "Opening the kit.")
    kit = open_kept(order.kit_id, desk.job.owner)
    desk.report(desk.job.done, desk.job.total, "Opening the model.", at_once=True)
    return kit, _model(order.spec)


KINDS = {AUDIT: run_audit_job, ESTIMATE: run_estimate_job}
