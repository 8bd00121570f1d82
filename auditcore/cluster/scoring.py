"""A cluster as what an audit asks: it answers as the local scorer does, from many machines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import ceil
from typing import Any

from auditcore import __version__
from auditcore.audit import Asking, Scoring, local_scoring
from auditcore.cluster.crew import IN_HAND, RayCrew, Tell
from auditcore.cluster.dispatch import cut, in_order
from auditcore.cluster.joining import Place, joined, workers_for
from auditcore.cluster.order import Order
from auditcore.cluster.worker import computing
from auditcore.errors import AuditError, ClusterError
from auditcore.kit import Kit
from auditcore.models import Model, Running
from auditcore.models.local import LocalModel
from auditcore.models.running import as_told
from auditcore.scores import Answer, Query

CHUNK_SECONDS = 0.5
"""How long a worker should be busy with a chunk: a Ctrl-C is heeded between two."""
FIRST_IMAGES = 64
"""Pictures of a chunk before anything was measured."""


class RayAsking:
    """Asks through a crew that has opened the order of an audit."""

    def __init__(self, crew: RayCrew, local: Asking, photos: Sequence[int]) -> None:
        """Take the crew.

        Args:
            crew: the workers, for these photos among others.
            local: says what is computed; it is not asked.
            photos: indices of the photos.
        """
        self._crew, self._local, self._photos = crew, local, tuple(photos)

    @property
    def images_per_query(self) -> int:
        """Return how many pictures the model sees for each query."""
        return self._local.images_per_query

    @property
    def description(self) -> Mapping[str, Any]:
        """Return name and parameters of the score."""
        return self._local.description

    def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Yield one answer a query, in order.

        Raises:
            TelltaleError: what a worker says, or that none is left.
        """
        chunks = cut(queries, self._size(len(queries)))
        self._crew.forget()  # what an audit that was paused did not wait for
        yield from in_order(chunks, self._crew, ahead=2 * IN_HAND * self._crew.workers)

    def probe(self) -> Answer:
        """Return what every worker answers to the test picture."""
        return self._crew.probe(self._photos)

    def _size(self, queries: int) -> int:
        """Return the queries of a chunk: a share of the batch, and no long work."""
        pace = self._crew.seconds_per_query
        due = FIRST_IMAGES / self.images_per_query if pace is None else CHUNK_SECONDS / pace
        share = ceil(queries / (IN_HAND * self._crew.workers))
        return max(1, min(share, round(due)))


class RayScoring:
    """Makes what asks. The crew is started for the first audit and opens one kit after another."""

    def __init__(self, spec: str, crew_for: Callable[[bool], RayCrew]) -> None:
        """Start nothing yet.

        Args:
            spec: the model, as every worker can open it.
            crew_for: gives the crew, told whether it has to be on GPUs.
        """
        self._spec, self._crew_for = spec, crew_for
        self._crew: RayCrew | None = None
        self._kit_id = ""

    def __call__(
        self, kit: Kit, model: Model, name: str, views: int, photos: Sequence[int]
    ) -> Asking:
        """Return what asks `model` about these photos."""
        if model.hosted:
            raise ClusterError(
                "A hosted model is asked from one place, at the pace that its provider allows. "
                "Leave out --engine ray."
            )
        local = local_scoring(kit, model, name, views, photos)
        if self._crew is None:
            self._crew = self._crew_for(settled(model).device == "cuda")
        if kit.id != self._kit_id:
            self._crew.begin(self._order(kit, model, local, photos))
            self._kit_id = kit.id
        return RayAsking(self._crew, local, photos)

    def _order(self, kit: Kit, model: Model, local: Asking, photos: Sequence[int]) -> Order:
        if kit.path is None:
            raise AuditError("Workers open a kit by its file. Open it from there, then ask again.")
        return Order(
            software=__version__,
            kit_file=kit.path.absolute(),
            kit_id=kit.id,
            spec=self._spec,
            fingerprint=model.identity.fingerprint,
            running=settled(model),
            details=computing(model.identity.details),
            score=dict(local.description),
            photos=tuple(photos),
        )


@contextmanager
def on_ray(spec: str, place: Place, tell: Tell) -> Iterator[Scoring]:
    """Ask a model on many machines; yields the scoring of audits of one kit after the other.

    Nothing is joined or started before the first audit needs it.

    Args:
        spec: the model, as every worker can open it.
        place: where.
        tell: told in a sentence what happens to workers.

    Raises:
        AuditError: a worker finds another kit.
        ClusterError: see `joined` and `workers_for`; a worker finds another model or version, or
            none is left.
        ModelError: a worker that does not answer like the others.
    """
    with ExitStack() as stack:

        def crew_for(on_gpus: bool) -> RayCrew:
            site = stack.enter_context(joined(place, on_gpus))
            workers = workers_for(place, site, on_gpus)
            tell(f"Starting {workers} worker{'s' * (workers != 1)} on Ray.")
            return RayCrew(site, workers, on_gpus, tell)

        yield RayScoring(spec, crew_for)


def settled(model: Model) -> Running:
    """Return how a worker has to run a model so that it computes as this one does."""
    device = model.device.type if isinstance(model, LocalModel) else None
    return replace(as_told(model.identity.details), device=device)
