"""Questions about photos that are already online: asked, looked up, deleted. Light to import.

Everything that could say whom a question is about is in its folder (`passive_folder`), never in the
queue. The folder is removed on demand, and by itself a day after the last thing happened in it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from auditcore.database import LOCAL_OWNER
from auditcore.errors import JobError, PassiveError
from auditcore.jobs.manners import FACES, PICTURES
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive_folder import Confided, confide, confided
from auditcore.jobs.queue import Queue, new_job_id
from auditcore.models.hosted.spec import host_of, parse_spec
from auditcore.passive.idia.names import candidate_names, tidy_name
from auditcore.photos import shown

KEPT_HOURS = 24
OR_LATER = "or when Telltale is next opened after that"
"""Follows KEPT_HOURS wherever they are told: nothing is deleted while nothing of Telltale runs."""
MAX_PEOPLE = 5
MAX_PHOTOS = 60
MAX_PICTURES = 500
_log = logging.getLogger("telltale.passive")


@dataclass(frozen=True)
class Upload:
    """One file as it was given: its name, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Portrayed:
    """A person, and photos that show them."""

    name: str
    photos: Sequence[Upload]


@dataclass(frozen=True)
class Consent:
    """What the person who asks has agreed to.

    Attributes:
        people: everybody shown agrees, and knows where their face and name go.
        host: the host to which photos (and names) may be sent; None for none.
    """

    people: bool = False
    host: str | None = None


def submit_pictures(
    queue: Queue,
    choice: Choice,
    mine: Sequence[Upload],
    reference: Sequence[Upload],
    attack: str | None,
    *,
    consent: Consent,
    owner: str = LOCAL_OWNER,
    sample: str | None = None,
) -> str:
    """Ask whether pictures look like training data, and return the job's id.

    Args:
        queue: where to put it.
        choice: the model.
        mine: the pictures asked about. reference: pictures that the model cannot have seen.
        reference: see mine.
        attack: an attack that is shipped (see `passive_samples`), None for none.
        consent: for a hosted model, that pictures may be sent to its host.
        owner: who asks.
        sample: of samples, what is known to be true of them; None for what people bring.

    Raises:
        PassiveError: pictures are missing, too many or there twice, or a consent is missing.
        JobError: the disk is full, or too much of this owner is waiting already.
    """
    for pictures, whose in ((mine, "your own pictures"), (reference, "the pictures to compare")):
        if not pictures:
            raise PassiveError(f"Something is missing: add {whose}.")
        if len(pictures) > MAX_PICTURES:
            raise PassiveError(f"At most {MAX_PICTURES} of {whose}. Leave some out.")
    _insist_on_different([*mine, *reference])
    _insist_on_host(choice, consent)
    question = {
        "choice": choice.to_json(),
        "sample": sample,
        "attack": attack,
        "mine": [picture.name for picture in mine],
        "reference": [picture.name for picture in reference],
    }
    files = [picture.data for picture in (*mine, *reference)]
    return _submit(queue, PICTURES, "Look at pictures", question, files, owner, choice.lane)


def submit_faces(
    queue: Queue,
    choice: Choice,
    people: Sequence[Portrayed],
    *,
    consent: Consent,
    owner: str = LOCAL_OWNER,
    sample: str | None = None,
) -> str:
    """Ask whether a model puts names to faces, and return the job's id.

    Args:
        queue: where to put it.
        choice: the model.
        people: 1 to MAX_PEOPLE, no two of a name.
        consent: of everybody shown; for a hosted model also that photos go to its host.
        owner: who asks.
        sample: as for `submit_pictures`.

    Raises:
        PassiveError: a name or photo is missing or there twice, or a consent is missing.
        JobError: the disk is full, or too much of this owner is waiting already.
    """
    problem = problem_with(people)
    if problem is not None:
        raise PassiveError(problem)
    if not consent.people:
        raise PassiveError("Whoever is shown must agree first. Say so, or leave their photos out.")
    for person in people:
        _insist_on_different(person.photos)
    _insist_on_host(choice, consent)
    question = {
        "choice": choice.to_json(),
        "sample": sample,
        "consent": asdict(consent) | {"at": datetime.now(UTC).isoformat(timespec="seconds")},
        "people": [
            {"name": tidy_name(person.name), "photos": [photo.name for photo in person.photos]}
            for person in people
        ],
    }
    files = [photo.data for person in people for photo in person.photos]
    return _submit(queue, FACES, "Look at faces and names", question, files, owner, choice.lane)


def problem_with(people: Sequence[Portrayed]) -> str | None:
    """Return what is missing or wrong before faces and names can be asked about, None if nothing.

    Everybody needs a name of their own that can be used (see `passive.idia.names`) and 1 to
    MAX_PHOTOS photos.
    """
    if not 1 <= len(people) <= MAX_PEOPLE:
        return f"One to {MAX_PEOPLE} people can be asked about at once."
    try:
        names = candidate_names([person.name for person in people]).real
    except PassiveError as error:
        return str(error)
    for name, person in zip(names, people, strict=True):
        if not 1 <= len(person.photos) <= MAX_PHOTOS:
            return f"{name} needs at least one photo, and {MAX_PHOTOS} at most."
    return None


def most_sent(things: int) -> int:
    """Return how many pictures and texts may be sent at most for a question that needs so many.

    A tenth more, for tries that fail, and 20 for the test of the connection.
    """
    return things + things // 10 + 20


def folder_of(queue: Queue, job_id: str, owner: str = LOCAL_OWNER) -> Confided:
    """Return the folder of a job of this owner.

    Raises:
        JobError: the job is unknown, or someone else's.
    """
    return Confided(queue.status(job_id, owner).id)


def go_on(
    queue: Queue, job_id: str, owner: str = LOCAL_OWNER, *, keyed: bool | None = None
) -> None:
    """Let a job go on that was paused for a key, or try a failed one again, at a person's wish.

    What a model behind an address was sent is sent once more.

    Args:
        queue: where it is.
        job_id: which job. owner: whose.
        owner: see job_id.
        keyed: whether there is a key for its model now; None for no change.

    Raises:
        JobError: the job is unknown, someone else's, or its photos are deleted.
    """
    folder = folder_of(queue, job_id, owner)
    try:
        question = folder.question
    except FileNotFoundError:
        raise JobError("The photos were deleted meanwhile. Add them again.") from None
    if keyed is not None:
        folder.question = question | {"choice": question["choice"] | {"keyed": keyed}}
    folder.sent = False
    queue.resume(job_id, owner)


def delete(queue: Queue, job_id: str, owner: str = LOCAL_OWNER) -> None:
    """Delete photos, names and answers of a job, and the job, whether it runs or not.

    Raises:
        JobError: the job is unknown or someone else's, or a file cannot be removed.
    """
    folder = folder_of(queue, job_id, owner)
    try:
        folder.remove()
    except OSError as error:
        raise JobError(
            "Not everything could be deleted, because the system keeps a file. Close other "
            "programs and delete again, or empty Telltale's folder “passive” by hand."
        ) from error
    queue.forget(job_id, owner)


def sweep(queue: Queue) -> None:
    """Delete every question that ended, or was paused, KEPT_HOURS ago, whoever's it was."""
    late = [folder for folder in confided() if _is_late(folder)]
    if not late:
        return
    unfinished = queue.unfinished()
    for folder in late:
        if folder.job_id not in unfinished:
            _sweep(folder)


def _is_late(folder: Confided) -> bool:
    try:
        return folder.half_removed or folder.seconds_since() > KEPT_HOURS * 3600
    except FileNotFoundError:  # somebody else has just removed it
        return False


def _sweep(folder: Confided) -> None:
    try:
        folder.remove()
    except OSError:
        _log.exception("a folder of passive/ cannot be removed")


def _submit(
    queue: Queue,
    kind: str,
    title: str,
    question: Mapping[str, Any],
    files: Sequence[bytes],
    owner: str,
    lane: str,
) -> str:
    job_id = new_job_id()
    try:
        confide(job_id, question, files)
    except OSError as error:
        Confided(job_id).remove()
        raise JobError(
            "The pictures do not fit on this machine's disk. Make room there, or take fewer."
        ) from error
    try:
        return queue.submit(kind, {}, title=title, owner=owner, job_id=job_id, lane=lane)
    except Exception:
        Confided(job_id).remove()  # without a job nobody could delete it
        raise


def _insist_on_different(files: Sequence[Upload]) -> None:
    """Refuse a file that is there twice: it would count twice, or on both sides."""
    seen: dict[bytes, int] = {}
    for number, file in enumerate(files):
        twin = seen.setdefault(file.data, number)
        if twin != number:
            both = f"{shown(files[twin].name)} and {shown(file.name)}"
            raise PassiveError(f"{both} are the same picture. Leave one out.")


def _insist_on_host(choice: Choice, consent: Consent) -> None:
    if not choice.hosted:
        return
    host = host_of(parse_spec(choice.spec))
    if consent.host != host:
        raise PassiveError(f"Agree first that the photos are sent to {host}.")
