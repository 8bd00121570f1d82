"""Who asks the model: this process, unless somebody else is named.

An audit never depends on it: whoever asks gives one answer a query, in the order of the queries,
the same to the bit as the local scorer gives on the same kind of machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from auditcore.kit import Kit
from auditcore.models import Model
from auditcore.scores import Answer, Query, Scorer


class Asking(Protocol):
    """Asks one model about the versions of one kit with one score."""

    @property
    def images_per_query(self) -> int:
        """Pictures the model sees for each query."""
        ...

    @property
    def description(self) -> Mapping[str, Any]:
        """Name and parameters of the score, as in the plan."""
        ...

    def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Yield one answer a query, in order, each as soon as it is known."""
        ...

    def probe(self) -> Answer:
        """Return the answer to the picture that is always the same."""
        ...


class Scoring(Protocol):
    """Makes what asks: called once an audit, with the score and the photos of its plan."""

    def __call__(
        self, kit: Kit, model: Model, name: str, views: int, photos: Sequence[int]
    ) -> Asking:
        """Return what asks `model` about these photos with `views` views a version."""
        ...


def local_scoring(kit: Kit, model: Model, name: str, views: int, photos: Sequence[int]) -> Asking:
    """Ask in this process."""
    return Scorer(kit, model, name, views, photos=photos)
