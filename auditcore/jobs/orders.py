"""What a person can order from a page: light to import, so that a click is answered at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from auditcore.database import LOCAL_OWNER
from auditcore.jobs.queue import Queue
from auditcore.sequential import DEFAULT_TEST

AUDIT, ESTIMATE = "audit", "estimate"
SAMPLE_KIT = "sample"
"""Stands for the kit of the sample photos that are shipped with Telltale."""


@dataclass(frozen=True)
class Order:
    """What a person asks for: one statement about one kit and one model, at one level.

    Attributes:
        kit_id: a kit on the owner's shelf, or SAMPLE_KIT.
        spec: the model, see `auditcore.models.open_model`.
        claim: "collection", "each" or "photo:FILE".
        p: accepted chance of a false alarm over all attempts of this kit on this model; None for
            that of the first attempt, which binds all later ones (1 in 20 if this is the first).
        test: one of `auditcore.sequential.TESTS`.
    """

    kit_id: str
    spec: str
    claim: str
    p: Fraction | None
    test: str = DEFAULT_TEST

    def to_json(self) -> dict[str, Any]:
        """Return the order as plain JSON values."""
        return {**asdict(self), "p": None if self.p is None else str(self.p)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Order":
        """Read back what `to_json` wrote."""
        p = values["p"]
        return cls(**{**values, "p": None if p is None else Fraction(p)})


def submit_audit(queue: Queue, order: Order, *, owner: str = LOCAL_OWNER) -> str:
    """Queue an audit and return the job's id; its audit's id follows in the job's result."""
    return queue.submit(AUDIT, order.to_json(), title=f"Audit {order.spec}", owner=owner)


def submit_estimate(queue: Queue, order: Order, *, owner: str = LOCAL_OWNER) -> str:
    """Queue the question what an audit would take and return the job's id."""
    return queue.submit(ESTIMATE, order.to_json(), title=f"Look at {order.spec}", owner=owner)
