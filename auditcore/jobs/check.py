"""The jobs that audit a model: say what it will take, and do it. Models stay open between jobs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
from auditcore.errors import Cancelled, KitError
from auditcore.jobs.queue import LOCAL_OWNER, Job, Queue
from auditcore.jobs.shelf import Shelf
from auditcore.jobs.worker import Desk
from auditcore.kit import Kit, open_kit
from auditcore.models import Model, open_model
from auditcore.sequential import DEFAULT_TEST

AUDIT, ESTIMATE = "audit", "estimate"
SAMPLE_KIT = "sample"
"""Stands for the kit of the sample photos that are shipped with Telltale."""

_MODELS_HELD = 2


@dataclass(frozen=True)
class Order:
    """What a person asks for: one statement about one kit and one model, at one level.

    Attributes:
        kit_id: a kit on the owner's shelf, or SAMPLE_KIT.
        spec: the model, see `auditcore.models.open_model`.
        claim: "collection", "each" or "photo:FILE".
        p: accepted chance of a false alarm over all attempts of this kit on this model.
        test: one of `auditcore.sequential.TESTS`.
    """

    kit_id: str
    spec: str
    claim: str
    p: Fraction
    test: str = DEFAULT_TEST

    @property
    def request(self) -> "_Request":
        """Return the part of the order that `start_audit` and `estimate` take."""
        return {"claim": self.claim, "p": self.p, "test": self.test}

    def to_json(self) -> dict[str, str]:
        """Return the order as plain JSON values."""
        return {**asdict(self), "p": str(self.p)}

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> "Order":
        """Read back what `to_json` wrote."""
        return cls(**{**values, "p": Fraction(values["p"])})  # type: ignore[arg-type]


class _Request(TypedDict):
    claim: str
    p: Fraction
    test: str


def submit_audit(queue: Queue, order: Order, *, owner: str = LOCAL_OWNER) -> str:
    """Queue an audit and return the job's id; its audit's id follows in the job's result."""
    return queue.submit(AUDIT, order.to_json(), title=f"Audit {order.spec}", owner=owner)


def submit_estimate(queue: Queue, order: Order, *, owner: str = LOCAL_OWNER) -> str:
    """Queue the question what an audit would take and return the job's id."""
    return queue.submit(ESTIMATE, order.to_json(), title=f"Look at {order.spec}", owner=owner)


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
    audit_id = start_audit(store, kit, model, owner=owner, **order.request)
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
    found = estimate(Store(paths.database()), kit, model, owner=owner, **order.request)
    desk.promise(estimate=asdict(found) | {"level": str(found.level)}, model=model.identity.name)


def sample_kit_file() -> Path:
    """Return the file of the sample photos' kit."""
    return paths.assets_dir() / "sample" / "kit.zip"


def open_kept(kit_id: str, owner: str = LOCAL_OWNER) -> Kit:
    """Open a kit of the owner's shelf, or the sample kit; kits once opened stay open.

    Raises:
        KitError: no such kit is kept, or it was damaged meanwhile.
    """
    return _kit(_kit_file(kit_id, owner))


def warm_up() -> None:
    """Import and open what the first audit would otherwise wait for."""
    import auditcore.models.openclip  # noqa: F401


def _kit_file(kit_id: str, owner: str) -> Path:
    if kit_id != SAMPLE_KIT:
        return Shelf().path(kit_id, owner)
    if not sample_kit_file().is_file():
        raise KitError(
            "The sample photos are not in this copy of Telltale. Get the whole of it, with its "
            "folder “assets”."
        )
    return sample_kit_file()


@lru_cache(maxsize=4)
def _kit(file: Path) -> Kit:
    return open_kit(file)


@lru_cache(maxsize=_MODELS_HELD)
def _model(spec: str) -> Model:
    return open_model(spec)


def _open(desk: Desk, order: Order) -> tuple[Kit, Model]:
    desk.report(desk.job.done, desk.job.total, "Opening the kit.")
    kit = open_kept(order.kit_id, desk.job.owner)
    desk.report(desk.job.done, desk.job.total, "Opening the model.", at_once=True)
    return kit, _model(order.spec)


KINDS = {AUDIT: run_audit_job, ESTIMATE: run_estimate_job}
