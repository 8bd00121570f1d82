"""What goes between the driver and its workers: plain values, no pictures, no weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditcore.models import Running


@dataclass(frozen=True)
class Order:
    """What a worker has to open, and what it must find when it has.

    Attributes:
        software: version of Telltale that gives the order.
        kit_file: path of the kit, looked for on the worker's machine; absolute.
        kit_id: its id.
        spec: the model.
        fingerprint: the model's fingerprint.
        running: processor, precision and so on, all as the driver's model has settled them.
        details: those entries of the model's details that say how it computes.
        score: description of the score, as in the plan.
        photos: indices of the photos that will be queried.
    """

    software: str
    kit_file: Path
    kit_id: str
    spec: str
    fingerprint: str
    running: Running
    details: Mapping[str, str]
    score: Mapping[str, Any]
    photos: tuple[int, ...]


@dataclass(frozen=True)
class Ready:
    """A worker has opened everything. `node`: the name of its machine."""

    node: str


@dataclass(frozen=True)
class NeedsKit:
    """The kit is not where the order says: the worker has to be sent its bytes."""


@dataclass(frozen=True)
class Refusal:
    """An error of the audit, told by a worker.

    Attributes:
        kind: its class in `auditcore.errors`.
        sentence: what it says.
        node: name of the machine.
    """

    kind: str
    sentence: str
    node: str


@dataclass(frozen=True)
class Answered:
    """Answers to a chunk of queries.

    Attributes:
        rows: (score, digest) of each query, in order.
        seconds: how long it took.
    """

    rows: tuple[tuple[float, str], ...]
    seconds: float
