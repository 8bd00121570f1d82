"""How far one model of an experiment is, told by the process at work, read by its parent."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from auditcore.lab.experiments.children import progress_file
from auditcore.lab.experiments.journal import read_json, write_json

MAKING, AUDITING = "making", "auditing"
_SPACING_SECONDS = 0.3


@dataclass(frozen=True)
class Far:
    """How far one model is.

    Attributes:
        stage: MAKING (training, forgetting) or AUDITING.
        done, total: steps of the stage.
        seconds_left: of the stage, None while unknown.
        ended: whether all is done.
    """

    stage: str
    done: int
    total: int
    seconds_left: float | None
    ended: bool = False


class Reporter:
    """Writes how far a model is, a few times a second at most."""

    def __init__(self, part: Path) -> None:
        self._file = progress_file(part)
        self._wrote = float("-inf")

    def tell(self, far: Far) -> None:
        """Write it, unless something was just written; the last step of a stage always is."""
        now = time.monotonic()
        if now - self._wrote >= _SPACING_SECONDS or far.done >= far.total or far.ended:
            write_json(self._file, asdict(far))
            self._wrote = now


def far_of(part: Path) -> Far | None:
    """Return how far a model is, None before anything was told."""
    values = read_json(progress_file(part))
    return None if values is None else Far(**values)
