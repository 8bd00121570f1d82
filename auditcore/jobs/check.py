"""The jobs that audit a model: meet it, say what an audit will take, and do it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
from auditcore.database import LOCAL_OWNER
from auditcore.errors import Cancelled, KeyRefused, KitError, SpendingError
from auditcore.evidence.report import sample_kit_id
from auditcore.jobs.catalogue import write_catalogue
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.manners import AUDIT, CONNECT, ESTIMATE
from auditcore.jobs.meeting import meet
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order
from auditcore.jobs.queue import Job, Needs
from auditcore.jobs.shelf import Shelf
from auditcore.jobs.worker import Desk, Kind, NeedsPerson
from auditcore.kit import Kit, open_kit
from auditcore.models import Model


def estimated(job: Job) -> Estimate:
    """Return what a finished estimate found."""
    values = dict(job.result["estimate"])
    values.update(level=Fraction(values["level"]), warnings=tuple(values["warnings"]))
    return Estimate(**values)


def kinds(ring: KeyRing, lane: str | None = None) -> Mapping[str, Kind]:
    """Return what to do for each kind of job, with models that stay open between jobs.

    Args:
        ring: the keys of hosted models.
        lane: see `OpenModels`.
    """
    models = OpenModels(ring, lane)

    def with_models(run: Callable[[Desk, OpenModels], None]) -> Kind:
        return lambda desk: run(desk, models)

    jobs = {AUDIT: run_audit_job, ESTIMATE: run_estimate_job, CONNECT: run_connect_job}
    return {kind: with_models(run) for kind, run in jobs.items()}


def run_connect_job(desk: Desk, models: OpenModels) -> None:
    """Open the model anew, ask it once, and say what it gives."""
    models.close(desk.job.owner)
    model = _open_model(desk, Choice.from_json(desk.job.params), models)
    desk.report(0, 0, "Asking it about a test picture.", at_once=True)
    desk.promise(met=meet(model).to_json())


def run_audit_job(desk: Desk, models: OpenModels) -> None:
    """Start the audit, or go on with it; what a killed run has answered is not asked again."""
    order, owner = Order.from_json(desk.job.params), desk.job.owner
    with _asking_the_person(), models.closing(owner):
        models.insist_on_ceiling(owner, order.model)
        kit, model = _open(desk, order, models)
        store = Store(paths.database())
        audit_id = start_audit(store, kit, model, owner=owner, **_request(order))
        desk.promise(audit=audit_id)
        _follow(desk, store, audit_id, kit, model)


def _follow(desk: Desk, store: Store, audit_id: str, kit: Kit, model: Model) -> None:
    finished = False
    for event in run_audit(store, audit_id, kit, model, should_stop=desk.stopping):
        far, finished = event.progress, isinstance(event, Finished)
        total = max(far.expected, far.done + (not finished))
        opening = isinstance(event, Started)
        desk.report(far.done, total, event.now, far.seconds_left, at_once=opening)
    if not finished:
        raise Cancelled("Stopped.")


@contextmanager
def _asking_the_person() -> Iterator[None]:
    """Pause for what only the person can give, instead of failing for want of it."""
    try:
        yield
    except KeyRefused as error:
        raise NeedsPerson(Needs.KEY, str(error)) from error
    except SpendingError as error:
        raise NeedsPerson(Needs.CEILING, str(error)) from error


def run_estimate_job(desk: Desk, models: OpenModels) -> None:
    """Say what the audit would take: from a test picture for a local model, else from its test."""
    order, owner = Order.from_json(desk.job.params), desk.job.owner
    kit, model = _open(desk, order, models)
    store = Store(paths.database())
    found = estimate(store, kit, model, owner=owner, **_request(order))
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


class _Request(TypedDict):
    claim: str
    p: Fraction | None
    test: str | None


def _request(order: Order) -> _Request:
    """Return what `start_audit` and `estimate` take; without a p, what binds this kit and model."""
    return {"claim": order.claim, "p": order.p, "test": order.test}


def _open(desk: Desk, order: Order, models: OpenModels) -> tuple[Kit, Model]:
    desk.report(desk.job.done, desk.job.total, "Opening the kit.")
    owner, choice = desk.job.owner, order.model
    kit = open_kept(order.kit_id, owner)
    scope = (
        Store(paths.database()).unfinished(owner, kit.id, choice.spec) if choice.hosted else None
    )
    return kit, _open_model(desk, choice, models, scope)


def _open_model(desk: Desk, choice: Choice, models: OpenModels, scope: str | None = None) -> Model:
    doing = "Connecting to the model." if choice.hosted else "Opening the model."
    desk.report(desk.job.done, desk.job.total, doing, at_once=True)
    return models.open(desk.job.owner, choice, scope)
