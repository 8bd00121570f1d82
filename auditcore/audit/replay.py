"""The one path through an audit's log: what must be recorded next, and what a record does.

The engine writes records along this path; resuming, tracing and verifying walk it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from auditcore.audit.difference import first_difference
from auditcore.audit.machine import AuditMachine, Move
from auditcore.audit.plan import Plan
from auditcore.audit.probing import Probe, Spread, drifted
from auditcore.audit.track import Asked, Sealed
from auditcore.errors import AuditError

DRIFTED = (
    "The model's answer to the same test image changed while it was being audited, so it is no "
    "longer the model it was at the start. Nothing can be told from answers of two models; start "
    "a new audit once the model stays the same."
)


class Due(StrEnum):
    """The record that is due next."""

    PROBE_START = "start"
    PROBE_DURING = "during"
    PROBE_END = "end"
    BATCH = "batch"
    CLOSING = "closing"
    NOTHING = "nothing"


PROBES = frozenset({Due.PROBE_START, Due.PROBE_DURING, Due.PROBE_END})
RESUME = "resume"


class Replay:
    """An audit that is driven by records. It starts after the opening record, which is the plan.

    Attributes:
        machine: the audit machine, as far as the records go.
        first_probe: what the model said of the probe image at the start, None before.
    """

    def __init__(self, plan: Plan, sealed: Sealed) -> None:
        self.plan = plan
        self.machine = AuditMachine(plan, sealed)
        self.first_probe: Probe | None = None
        self._spread = Spread()
        self._since_probe = 0
        self._ended = False
        self._closed = False

    def due(self) -> Due:
        """Return which record must come next."""
        if self._closed:
            return Due.NOTHING
        if self.first_probe is None:
            return Due.PROBE_START
        if self._ended:
            return Due.CLOSING
        if self.machine.over:
            return Due.PROBE_END
        if self._since_probe >= self.plan.probing.every:
            return Due.PROBE_DURING
        return Due.BATCH

    def drifted(self, probe: Probe) -> bool:
        """Say whether the model answers the probe image differently than at the start."""
        assert self.first_probe is not None, "the start probe is recorded first"
        return drifted(self.plan.probing, self.first_probe, probe, self._spread.value)

    def take(self, record: Mapping[str, Any]) -> list[Move]:
        """Take in the next record; return what moved.

        Raises:
            AuditError: the record is not the one that is due, or does not say what it must.
        """
        try:
            if record["kind"] == "batch":
                return self._take_batch(record)
            if record["kind"] == "probe":
                self._take_probe(str(record["when"]), Probe.from_json(record))
            elif record["kind"] == "closing":
                self._take_closing(record)
            else:
                raise AuditError(f"A record of unknown kind {record['kind']!r} is in the log.")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AuditError(
                "A record of the log is not in the form this version writes."
            ) from error
        return []

    def _take_batch(self, record: Mapping[str, Any]) -> list[Move]:
        self._expect(Due.BATCH)
        queries, scores = read_answers(record)
        if queries != self.machine.next_batch():
            raise AuditError(
                "The versions asked about are not those that the seed and the answers so far "
                "make due."
            )
        self._since_probe += len(queries)
        self._spread.add(zip(queries, scores, strict=True))
        return self.machine.absorb(queries, scores)

    def _take_probe(self, when: str, probe: Probe) -> None:
        if len(probe.scores) != self.plan.probing.repeats:
            raise ValueError("the probe image was not asked as often as is due")
        if when == RESUME:
            self._take_resume_probe(probe)
            return
        due = Due(when)
        if due not in PROBES:
            raise ValueError(f"there is no probe called {when}")
        self._expect(due)
        self._since_probe = 0
        if self.first_probe is None:
            self.first_probe = probe
        self._ended = due is Due.PROBE_END
        if self.drifted(probe):
            self._spoil()

    def _take_resume_probe(self, probe: Probe) -> None:
        """Record a probe between two sessions; only one that shows a drift is recorded."""
        if self.first_probe is None or self._ended or not self.drifted(probe):
            raise AuditError("The log holds a probe on resuming that has no place there.")
        self._spoil()

    def _spoil(self) -> None:
        self._ended = True
        self.machine.spoil(DRIFTED)

    def _take_closing(self, record: Mapping[str, Any]) -> None:
        self._expect(Due.CLOSING)
        if first_difference(dict(record), self.closing()) is not None:
            raise AuditError("The verdict on record is not the one that its answers lead to.")
        self._closed = True

    def closing(self) -> dict[str, Any]:
        """Return the record that ends the log."""
        verdict = self.machine.verdict()
        assert verdict is not None, "a closing record is due only after a verdict"
        return {"kind": "closing", "verdict": verdict.to_json()}

    def _expect(self, due: Due) -> None:
        if self.due() is not due:
            raise AuditError(
                f"The log has a record for {due.value!r} where {self.due().value!r} is due."
            )


def read_answers(record: Mapping[str, Any]) -> tuple[list[Asked], list[float]]:
    """Return the queries and the scores of a batch record.

    Raises:
        TypeError, ValueError, KeyError: the record is malformed.
    """
    answers = [(int(p), int(v), float(score)) for p, v, score, _digest in record["answers"]]
    return [(p, v) for p, v, _ in answers], [score for _, _, score in answers]


@dataclass(frozen=True)
class Trace:
    """What a page plots.

    Attributes:
        photos: for each photo of the kit the points (t, K, log statistic), in order.
        collection: points (hidden versions applied in all, log evidence), in order.
    """

    photos: tuple[tuple[tuple[int, int, float], ...], ...]
    collection: tuple[tuple[int, float], ...]


def trace_of(plan: Plan, moves: Iterable[Move]) -> Trace:
    """Return the points of these moves."""
    photos: list[list[tuple[int, int, float]]] = [[] for _ in plan.files]
    collection = []
    for applied, move in enumerate(moves, start=1):
        photos[move.photo].append((move.hidden_queries, move.beaten_by, move.log_statistic))
        if move.log_e is not None:
            collection.append((applied, move.log_e))
    return Trace(tuple(tuple(points) for points in photos), tuple(collection))
