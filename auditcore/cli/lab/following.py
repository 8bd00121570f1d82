"""What the actions of `lab` share: experiments by their id, and telling how far they are."""

import re
import time
from types import TracebackType

from auditcore.cli.output import say
from auditcore.errors import Cancelled
from auditcore.lab.experiments import Experiment, experiment_folder, shipped_experiment
from auditcore.lab.experiments.stages import STEPS, Stage
from auditcore.lab.registries import LabError

EXAMPLE = "example"
"""What the shipped experiment is called here."""
_SPACING_SECONDS = 5.0
_ID = re.compile(r"[\w-]+")


def experiment_named(name: str) -> Experiment:
    """Return an experiment of this machine by its id, or the shipped one.

    Raises:
        LabError: there is none.
    """
    if name == EXAMPLE:
        return shipped_experiment()
    experiment = Experiment(experiment_folder(name))
    if not _ID.fullmatch(name) or not experiment.exists:
        raise LabError(f"There is no experiment “{name}” here. See `lab show` for those there are.")
    return experiment


class Follower:
    """Says now and then how far it is, and how to go on when it was stopped."""

    def __init__(self, how_to_go_on: str) -> None:
        self._how = how_to_go_on
        self._said = float("-inf")

    def tell(self, stage: Stage) -> None:
        """Say it, unless something was just said."""
        if time.monotonic() - self._said >= _SPACING_SECONDS:
            self._said = time.monotonic()
            percent = 100 * stage.done // STEPS
            say(f"{percent:>3} %  {stage.now} About {stage.seconds_left:,.0f} s left.")

    def __enter__(self) -> "Follower":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Cancelled):
            raise Cancelled(f"Cancelled. What was done is kept. {self._how}") from error
