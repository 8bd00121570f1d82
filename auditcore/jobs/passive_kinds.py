"""What the worker does for each kind of question about unmarked photos."""

from collections.abc import Callable, Mapping

from auditcore.jobs import passive_faces, passive_pictures
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.manners import FACES, PICTURES
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.worker import Desk, Kind


def kinds(ring: KeyRing, lane: str | None = None) -> Mapping[str, Kind]:
    """Return the kinds; a hosted model is let go of after each job, a local one stays open.

    Args:
        ring: the keys of hosted models.
        lane: see `OpenModels`.
    """
    models = OpenModels(ring, lane)

    def with_models(run: Callable[[Desk, OpenModels], None]) -> Kind:
        def job(desk: Desk) -> None:
            with models.closing(desk.job.owner):
                run(desk, models)

        return job

    return {
        PICTURES: with_models(passive_pictures.run),
        FACES: with_models(passive_faces.run),
    }
