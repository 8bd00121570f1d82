"""A cluster as what an audit asks: it answers as the local scorer does, from many machines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

from auditcore import __version__
from auditcore.audit import Asking, Scoring, local_scoring
from auditcore.cluster.crew import IN_HAND, RayCrew, Tell
from auditcore.cluster.dispatch import cut, in_order
from auditcore.cluster.joining import Place, joined, workers_for
from auditcore.cluster.order import Order
from auditcore.cluster.worker import computing
from auditcore.errors import AuditError
from auditcore.kit import Kit
from auditcore.models import Model, Running
from auditcore.scores import Answer, Query

CHUNK_SECONDS = 0.5
"""How long a worker should be busy with a chunk: a Ctrl-C is heeded between two."""
FIRST_IMAGES = 64
"""Pictures of a chunk before anything was measured."""

ScoringFor = Callable[[Path], Scoring]


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
        try:
            yield from in_order(chunks, self._crew, ahead=2 * IN_HAND * self._crew.workers)
        finally:
            self._crew.forget()

    def probe(self) -> Answer:
        """Return what every worker answers to the test picture."""
        return self._crew.probe(self._photos)

    def _size(self, queries: int) -> int:
        """Return the queries of a chunk: a share of the batch, and no long work."""
        pace = self._crew.seconds_per_query
        due = FIRST_IMAGES / self.images_per_query if pace is None else CHUNK_SECONDS / pace
        share = ceil(queries / (IN_HAND * self._crew.workers))
        return max(1, min(share, round(due)))


@contextmanager
def on_ray(spec: str, running: Running, place: Place, tell: Tell) -> Iterator[ScoringFor]:
    """Ask a model on many machines; yields what makes the scoring of a kit's file.

    Nothing is joined or started before the first audit needs it.

    Args:
        spec: the model, as every worker can open it.
        running: how it runs, as a person chose it.
        place: where.
        tell: told in a sentence what happens to workers.

    Raises:
        AuditError: see `joined` and `workers_for`; a worker finds another kit, model or version.
        ModelError: a hosted model, or workers that do not answer alike.
    """
    with ExitStack() as stack:
        crews: dict[bool, RayCrew] = {}

        def crew_for(on_gpus: bool) -> RayCrew:
            if on_gpus not in crews:
                site = stack.enter_context(joined(place, on_gpus))
                workers = workers_for(place, site, on_gpus)
                tell(f"Starting {workers} worker{'s' * (workers != 1)} on Ray.")
                crews[on_gpus] = RayCrew(site, workers, on_gpus, tell)
            return crews[on_gpus]

        yield lambda kit_file: CrewScoring(kit_file.absolute(), spec, running, crew_for)


class CrewScoring:
    """Makes what asks about one kit; the crew opens it once."""

    def __init__(
        self, kit_file: Path, spec: str, running: Running, crew_for: Callable[[bool], RayCrew]
    ) -> None:
        """Open nothing yet.

        Args:
            kit_file: absolute path of the kit.
            spec: the model. running: how it runs, as a person chose it.
            running: see spec.
            crew_for: gives the crew, told whether it has to be on GPUs.
        """
        self._kit_file, self._spec, self._running = kit_file, spec, running
        self._crew_for = crew_for
        self._crew: RayCrew | None = None

    def __call__(
        self, kit: Kit, model: Model, name: str, views: int, photos: Sequence[int]
    ) -> Asking:
        """Return what asks `model` about these photos."""
        if model.hosted:
            raise AuditError(
                "A hosted model is asked from one place, at the pace that its provider allows. "
                "Leave out --engine ray."
            )
        local = local_scoring(kit, model, name, views, photos)
        if self._crew is None:
            device = getattr(model, "device", None)
            self._crew = self._crew_for(device is not None and device.type == "cuda")
            self._crew.begin(self._order(kit, model, local, photos))
        return RayAsking(self._crew, local, photos)

    def _order(self, kit: Kit, model: Model, local: Asking, photos: Sequence[int]) -> Order:
        return Order(
            software=__version__,
            kit_file=self._kit_file,
            kit_id=kit.id,
            spec=self._spec,
            fingerprint=model.identity.fingerprint,
            running=settled(model, self._running),
            details=computing(model.identity.details),
            score=dict(local.description),
            photos=tuple(photos),
        )


def settled(model: Model, running: Running) -> Running:
    """Return how a worker has to run the model so that it computes as this one does."""
    device = getattr(model, "device", None)
    return replace(
        running,
        device=running.device if device is None else device.type,
        precision=model.identity.details.get("precision", running.precision),
    )
