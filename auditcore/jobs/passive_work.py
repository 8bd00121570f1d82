"""How the worker answers a question about unmarked photos without letting out whom it is about.

The queue is told how far a job is and nothing else. Whatever goes wrong is told in the job's own
folder, because a sentence about a photo may hold the name of its file, and so the name of a person.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from auditcore.errors import Cancelled, KeyRefused, PassiveError, SpendingError, TelltaleError
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import Needs
from auditcore.jobs.worker import Desk, NeedsPerson
from auditcore.models import Model

KEPT_APART = "This could not be done. The reason is kept with the photos, on their page."
NEEDS_KEY = "The model's provider asks for a key, or for another one. Type it to go on."
SPENT = (
    "Nothing more could be sent: either the credit at the provider is used up, or so many tries "
    "failed that everything you had agreed to was sent. Start again when the provider answers "
    "more readily."
)
CUT_OFF = (
    "This was cut off while it was being sent, and nothing of the answers was kept. Try again if "
    "you agree that all of it is sent once more."
)


class Undisclosed(Exception):
    """A defect without its message, which may hold what nobody but the person may read."""


class Private:
    """A desk at which the queue hears numbers, and the job's folder everything else."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.folder = Confided(desk.job.id)

    def stopping(self) -> bool:
        """Tell whether the person asked to stop, or has deleted everything."""
        return self._desk.stopping() or not self.folder.exists

    def step(self, done: int, total: int, now: str) -> None:
        """Report how far the job is; `now` must not name a person or a file.

        Raises:
            Cancelled: see `stopping`.
        """
        if self.stopping():
            raise Cancelled("Cancelled.")
        self._desk.report(done, total, now)

    def open(self, choice: Choice, models: OpenModels) -> Model:
        """Open the model for the owner of the job.

        Raises:
            Elsewhere: it belongs into another lane; nothing was sent.
            PassiveError: it is hosted, and an earlier run was cut off while sending: nothing is
                sent twice under one consent.
            ModelError: it cannot be opened.
        """
        models.insist_on_lane(choice)
        if choice.hosted:
            if self.folder.sent:
                raise PassiveError(CUT_OFF)
            self.folder.sent = True
        doing = "Connecting to the model." if choice.hosted else "Opening the model."
        self._desk.report(0, 0, doing, at_once=True)
        return models.open(self._desk.job.owner, choice)


@contextmanager
def privately(desk: Desk) -> Iterator[Private]:
    """Do a job so that no sentence of what goes wrong reaches the queue or the log.

    Raises:
        PassiveError: it could not be done; the folder has the reason.
        NeedsPerson: the provider wants a key.
        Cancelled: the person stopped it, or deleted the folder.
        Undisclosed: a defect, as its kind and the places in the code alone.
    """
    private = Private(desk)
    private.folder.untell()
    try:
        yield private
    except (Cancelled, NeedsPerson):
        raise
    except KeyRefused:
        raise NeedsPerson(Needs.KEY, NEEDS_KEY) from None
    except TelltaleError as error:
        private.folder.tell(SPENT if isinstance(error, SpendingError) else str(error))
        raise PassiveError(KEPT_APART) from None
    except Exception as error:
        if not private.folder.exists:
            raise Cancelled("Deleted.") from None
        raise Undisclosed(_places(error)) from None
    finally:
        private.folder.touch()


def _places(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {where}"
