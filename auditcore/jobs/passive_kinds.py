"""What the worker does for each kind of question about unmarked photos."""

from collections.abc import Callable, Mapping
from contextlib import closing

from auditcore.jobs import passive_faces, passive_pictures
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.passive import FACES, PICTURES
from auditcore.jobs.worker import Desk, Kind


def kinds(ring: KeyRing) -> Mapping[str, Kind]:
    """Return the kinds; a hosted model is let go of after each job, a local one stays open."""
    models = OpenModels(ring)

    def with_models(run: Callable[[Desk, OpenModels], None]) -> Kind:
        def job(desk: Desk) -> None:
            with closing(models):
                run(desk, models)

        return job

    return {
        PICTURES: with_models(passive_pictures.run),
        FACES: with_models(passive_faces.run),
    }
