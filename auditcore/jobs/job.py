"""A job as it stands: its state, what its owner wished of it, what it lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class Needs(StrEnum):
    """What only the person can give, for want of which a job was paused."""

    KEY = "key"
    CEILING = "ceiling"


class Wish(StrEnum):
    """What a person asked of a running job; the worker obeys between two steps."""

    GO_ON = ""
    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Job:
    """One job as it stands now.

    Attributes:
        id: unguessable, fit for the address of a page.
        lane: see `auditcore.jobs.lanes`.
        position: 0 when it runs or is about to, else its number in line under fair turns, 1 for
            the next; None when it neither runs nor waits.
        wait: seconds until its turn comes, None while unknown; of a job that waits.
        done, total: steps finished and expected (total 0 while unknown).
        seconds_left: an estimate, None while unknown.
        now: one sentence on what is happening.
        result: what the kind of job promises (a kit's id, an audit's id), {} until then.
        error: a sentence for the person when the state is "failed", else "".
    """

    id: str
    kind: str
    owner: str
    title: str
    state: JobState
    wish: Wish
    params: Mapping[str, Any]
    result: Mapping[str, Any]
    done: int
    total: int
    seconds_left: float | None
    now: str
    error: str
    lane: str
    position: int | None
    wait: float | None
    created: datetime

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to this job by itself."""
        return self.state in ENDS

    @property
    def needs(self) -> Needs | None:
        """Return what a paused job waits for, None if only for the wish to go on."""
        lacking = self.result.get(NEEDS) if self.state is JobState.PAUSED else None
        return None if lacking is None else Needs(lacking)


NEEDS = "needs"
"""Where a job's result says what it waits for."""
