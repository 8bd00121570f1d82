"""What a person can order from a page: light to import, so that a click is answered at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any

from auditcore.database import LOCAL_OWNER
from auditcore.jobs.catalogue import devices_known
from auditcore.jobs.lanes import lane_for
from auditcore.jobs.manners import AUDIT, CONNECT, ESTIMATE
from auditcore.jobs.queue import Queue
from auditcore.models import HOSTED, Budget, Running

SAMPLE_KIT = "sample"
"""Stands for the kit of the sample photos that are shipped with Telltale."""


@dataclass(frozen=True)
class Choice:
    """Which model, and how it is to be run or reached. A key has no place in it, ever.

    Attributes:
        spec: the model, see `auditcore.models.open_model`.
        running: where and how a local model runs.
        released: the day a hosted model was published (ISO date), None if unknown.
        budget: what a hosted model may cost.
        keyed: whether the person gave a key for it, so that nothing is sent without one.
    """

    spec: str
    running: Running = field(default_factory=Running)
    released: str | None = None
    budget: Budget = field(default_factory=Budget)
    keyed: bool = False

    @property
    def hosted(self) -> bool:
        """Say whether somebody else runs the model."""
        return self.spec.strip().partition(":")[0] in HOSTED

    @property
    def lane(self) -> str:
        """Return where its jobs wait, as far as this machine's processors are known by now."""
        return lane_for(self.hosted, self.running.device, devices_known())

    @property
    def unpriced(self) -> "Choice":
        """Return the same model whatever it may cost: what it gives does not depend on that."""
        return replace(self, budget=Budget())

    def to_json(self) -> dict[str, Any]:
        """Return the choice as plain JSON values."""
        return {**asdict(self), "budget": self.budget.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Choice":
        """Read back what `to_json` wrote."""
        running, budget = Running(**values["running"]), Budget.from_json(values["budget"])
        return cls(**{**values, "running": running, "budget": budget})


@dataclass(frozen=True)
class Order:
    """What a person asks for: one statement about one kit and one model, at one level.

    Attributes:
        kit_id: a kit on the owner's shelf, or SAMPLE_KIT.
        model: which model, and how to reach it.
        claim: "collection", "each" or "photo:FILE".
        p: accepted chance of a false alarm over all attempts of this kit on this model; None for
            the one that binds it: the first attempt's, or the kit's share in a survey (1 in 20
            where none does yet).
        test: one of `auditcore.sequential.TESTS`; None for the one that suits the model.
    """

    kit_id: str
    model: Choice
    claim: str
    p: Fraction | None
    test: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the order as plain JSON values."""
        p = None if self.p is None else str(self.p)
        return {**asdict(self), "model": self.model.to_json(), "p": p}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Order":
        """Read back what `to_json` wrote."""
        p = None if values["p"] is None else Fraction(values["p"])
        return cls(**{**values, "model": Choice.from_json(values["model"]), "p": p})


def submit_audit(queue: Queue, order: Order, *, owner: str = LOCAL_OWNER) -> str:
    """Queue an audit and return the job's id; its audit's id follows in the job's result.

    Raises:
        JobError: too much of this owner is waiting already; the same for all of these.
    """
    return _submit(queue, AUDIT, order, f"Audit {order.model.spec}", owner)


def submit_estimate(queue: Queue, order: Order, *, owner: str = LOCAL_OWNER) -> str:
    """Queue the question what an audit would take and return the job's id."""
    return _submit(queue, ESTIMATE, order, f"Look at {order.model.spec}", owner)


def submit_connect(queue: Queue, choice: Choice, *, owner: str = LOCAL_OWNER) -> str:
    """Queue the question what a model gives and how fast it is, and return the job's id."""
    return _submit(queue, CONNECT, choice, f"Try {choice.spec}", owner)


def _submit(queue: Queue, kind: str, asked: Order | Choice, title: str, owner: str) -> str:
    choice = asked.model if isinstance(asked, Order) else asked
    return queue.submit(kind, asked.to_json(), title=title, owner=owner, lane=choice.lane)
