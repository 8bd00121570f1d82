"""What an audit tells while it runs: the page, the command line and the log read the same events.

Every event carries how far the audit is and one sentence on what is happening now.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from auditcore.audit.verdict import Verdict


@dataclass(frozen=True)
class Progress:
    """How far an audit is.

    Attributes:
        done: queries answered. expected: how many it will be at the end, as far as one can tell.
        at_most: the budget stated before the start.
        seconds_left: time until the end at the pace so far, None before there is a pace.
    """

    done: int
    expected: int
    at_most: int
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened. `now`: one sentence for a person."""

    progress: Progress
    now: str

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain JSON values; its name is under "event"."""
        values = {"event": type(self).__name__, **asdict(self)}
        return {name: _finite(value) for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The audit begins, or goes on where it was left."""

    audit_id: str
    resumed: bool


@dataclass(frozen=True, kw_only=True)
class BatchScored(Event):
    """The model has answered `queries` more queries, `reused` of them already on record."""

    queries: int
    reused: int


@dataclass(frozen=True, kw_only=True)
class PhotoMoved(Event):
    """A photo stands at `hidden_queries` (t), `beaten_by` (K), and this log statistic."""

    photo: int
    file: str
    hidden_queries: int
    beaten_by: int
    log_statistic: float


@dataclass(frozen=True, kw_only=True)
class CollectionMoved(Event):
    """The collection stands at this natural log of its evidence."""

    log_e: float


@dataclass(frozen=True, kw_only=True)
class Drifted(Event):
    """The model no longer answers the probe image as it did: nothing can be told."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Decided(Event):
    """The claim is decided; the closing checks follow."""

    decision: str


@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    """The person paused the audit; everything answered so far is kept."""


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The verdict is on record."""

    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain JSON values, the verdict as in reports."""
        return {**super().to_json(), "verdict": self.verdict.to_json()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
