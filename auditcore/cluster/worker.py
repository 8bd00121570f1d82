"""One worker: a process that opens the kit and the model once, and answers chunk after chunk.

Errors of the audit are values here, so that the driver can say their sentence; anything else is a
defect and stays an exception.
"""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from auditcore import __version__
from auditcore.audit import Asking, local_scoring
from auditcore.cluster.order import Answered, NeedsKit, Order, Ready, Refusal
from auditcore.errors import AuditError, ClusterError, TelltaleError
from auditcore.kit import Kit, open_kit
from auditcore.models import Model, Running, open_model
from auditcore.scores import Query

T = TypeVar("T")

COMPUTING = ("device", "precision", "engine", "call size")
"""What the details of a model say of how it computes."""


class Worker:
    """Opens what an order names, and answers; one question at a time.

    A later order may name another kit: the model stays open.
    """

    def __init__(self) -> None:
        """Open nothing yet."""
        self._node = platform.node()
        self._model_of = cache(open_model_alone)

    def ready(
        self, order: Order, kit_bytes: NDArray[np.uint8] | None = None
    ) -> Ready | NeedsKit | Refusal:
        """Open kit and model and check that they are those of the order.

        Args:
            order: what to open.
            kit_bytes: the kit's file, shape (bytes,); None to open it by its path.
        """
        if kit_bytes is None and not order.kit_file.exists():
            return NeedsKit()
        return self._telling(lambda: self._open(order, kit_bytes))

    def answer(self, queries: Sequence[Query]) -> Answered | Refusal:
        """Return the answers to these queries, in order."""

        def ask() -> Answered:
            begin = time.perf_counter()
            answers = self._asking(self._order.photos).answers(queries)
            rows = tuple((answer.score, answer.digest) for answer in answers)
            return Answered(rows, time.perf_counter() - begin)

        return self._telling(ask)

    def probe(self, photos: tuple[int, ...]) -> Answered | Refusal:
        """Return the answer to the picture that is always the same, looked at as for `photos`."""

        def ask() -> Answered:
            answer = self._asking(photos).probe()
            return Answered(((answer.score, answer.digest),), 0.0)

        return self._telling(ask)

    def _telling(self, do: Callable[[], T]) -> T | Refusal:
        try:
            return do()
        except TelltaleError as error:
            return Refusal(type(error).__name__, str(error), self._node)

    def _open(self, order: Order, kit_bytes: NDArray[np.uint8] | None) -> Ready:
        check_software(order)
        self._order, self._asking = order, cache(self._make_asking)
        self._kit = open_kit(order.kit_file if kit_bytes is None else kit_bytes.tobytes())
        self._model = self._model_of(order.spec, order.running)
        check_same(order, self._kit, self._model)
        check_score(order, self._asking(order.photos))
        return Ready(self._node)

    def _make_asking(self, photos: tuple[int, ...]) -> Asking:
        name, views = str(self._order.score["name"]), int(self._order.score["views"])
        return local_scoring(self._kit, self._model, name, views, photos)


def open_model_alone(spec: str, running: Running) -> Model:
    """Open a model that shares its machine with other workers: one thread on a CPU."""
    import torch

    torch.set_num_threads(1)
    return open_model(spec, running=running)


def computing(details: Mapping[str, str]) -> dict[str, str]:
    """Return those details of a model that say how it computes: they bind an audit's answers."""
    return {name: details[name] for name in COMPUTING if name in details}


def check_software(order: Order) -> None:
    """Insist on one version of Telltale everywhere.

    Raises:
        ClusterError: this machine has another one.
    """
    if order.software != __version__:
        raise ClusterError(
            f"This machine has Telltale {__version__}, and the audit runs with {order.software}. "
            "Install the same version on every machine."
        )


def check_same(order: Order, kit: Kit, model: Model) -> None:
    """Insist on the kit and the model of the order, and on the same way of computing.

    Raises:
        AuditError: the kit is another one.
        ClusterError: the model is, or it computes differently here.
    """
    if kit.id != order.kit_id:
        raise AuditError(
            f"The file {order.kit_file} on this machine is another kit. Put the kit of the audit "
            "at the same path everywhere, or at a path that only the first machine has: it is "
            "sent to the others then."
        )
    if model.identity.fingerprint != order.fingerprint:
        raise ClusterError(
            f"The model {model.identity.name} on this machine is not the one of the audit: its "
            "weights or its preprocessing are different. Put the same files on every machine."
        )
    here = computing(model.identity.details)
    if here != order.details:
        raise ClusterError(
            f"The model computes differently on this machine ({_listed(here)}) than the audit was "
            f"started with ({_listed(order.details)}), so that its answers would differ. Use "
            "machines of one kind."
        )


def check_score(order: Order, asking: Asking) -> None:
    """Insist on the score of the plan.

    Raises:
        ClusterError: it is computed differently here.
    """
    if dict(asking.description) != dict(order.score):
        raise ClusterError(
            "The score is computed differently on this machine than where the audit was started. "
            "Install the same version of Telltale on every machine."
        )


def _listed(details: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(details.items()))
