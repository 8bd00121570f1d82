"""The job that marks photos and seals their kit, and what it leaves for its owner."""

import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from auditcore import paths
from auditcore.database import LOCAL_OWNER
from auditcore.errors import Cancelled, KitError
from auditcore.jobs.queue import Job, JobState, Queue, Wish, new_job_id
from auditcore.jobs.shelf import Shelf
from auditcore.jobs.worker import Desk
from auditcore.kit import (
    KIT_FILE,
    PUBLISH_FOLDER,
    UPLOAD_PHOTOS,
    PhotoLine,
    PhotoSource,
    open_kit,
    processes_here,
    protect_into,
)
from auditcore.kit.sealing import STEPS_A_PHOTO
from auditcore.photos import Captioned

KIND = "protect"
_OUT = "out"


@dataclass(frozen=True)
class Protected:
    """What a finished job hands over.

    Attributes:
        kit_id: the new kit, which is on its owner's shelf.
        lines: what happened to each photo that was given.
    """

    kit_id: str
    lines: tuple[PhotoLine, ...]


def submit(
    queue: Queue,
    photos: Sequence[tuple[str, bytes]],
    *,
    captions: Mapping[str, Captioned],
    visibility: float,
    versions: int,
    owner: str = LOCAL_OWNER,
) -> str:
    """Keep the photos on disk and queue their protection; return the job's id.

    Args:
        photos: (name, file) each; names may repeat.
        captions: by name. visibility, versions: see `auditcore.marks`.

    Raises:
        JobError: too much of this owner is waiting already.
    """
    job_id = new_job_id()
    folder = _folder(job_id)
    folder.mkdir(mode=0o700, parents=True)
    for number, (_name, data) in enumerate(photos):
        _upload(job_id, number).write_bytes(data)
    params = {
        "names": [name for name, _data in photos],
        "captions": {name: asdict(captioned) for name, captioned in captions.items()},
        "visibility": visibility,
        "versions": versions,
    }
    title = f"Protect {len(photos)} photo{'s' if len(photos) > 1 else ''}"
    try:
        return queue.submit(KIND, params, title=title, owner=owner, job_id=job_id)
    except Exception:
        discard(job_id)  # without a job nobody could delete them
        raise


def run(desk: Desk) -> None:
    """Mark, seal, and put the kit on the shelf; a run that was cut off goes on where it was."""
    if "kit" not in desk.job.result:
        _seal(desk)
    _hand_over(desk.job.id, desk.job.owner)


def protected(job: Job) -> Protected:
    """Return what a finished job made."""
    lines = tuple(
        PhotoLine(line["name"], line["file"], tuple(line["notes"]), line["refused"])
        for line in job.result["lines"]
    )
    return Protected(job.result["kit"], lines)


def cancel(queue: Queue, job_id: str, owner: str = LOCAL_OWNER) -> None:
    """Cancel a job; its uploads go at once when it does not run, else as soon as it stops.

    Raises:
        JobError: it is unknown or someone else's.
    """
    queue.cancel(job_id, owner)
    job = queue.status(job_id, owner)
    if job.kind == KIND and job.state is JobState.CANCELLED:
        discard(job_id)


def discard(job_id: str) -> None:
    """Delete the uploads of a job that was cancelled."""
    shutil.rmtree(_folder(job_id), ignore_errors=True)


def zip_published(kit_id: str) -> bytes:
    """Return the photos to publish as one zip file."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in published_files(kit_id):
            archive.write(file, file.name)
    return buffer.getvalue()


def published_files(kit_id: str) -> list[Path]:
    """Return the photos of a kit as they are published; [] for a kit that was brought along."""
    folder = paths.published_dir(kit_id)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _seal(desk: Desk) -> None:
    job = desk.job
    try:
        sealed = protect_into(
            _folder(job.id) / _OUT,
            _sources(job),
            captions={name: Captioned(**item) for name, item in job.params["captions"].items()},
            versions=job.params["versions"],
            visibility=job.params["visibility"],
            on_progress=lambda done, total: _report(desk, done, total),
            processes=processes_here(),
        )
    except Cancelled:
        if desk.wish is Wish.CANCEL:
            discard(job.id)
        raise
    desk.promise(kit=sealed.kit.id, lines=[asdict(line) for line in sealed.lines])


def _sources(job: Job) -> list[PhotoSource]:
    names = job.params["names"]
    if len(names) > UPLOAD_PHOTOS:
        raise KitError(
            f"Here a kit holds at most {UPLOAD_PHOTOS:,} photos, and you gave {len(names):,}. "
            "Protect them in several kits, or on the command line, which takes whole folders of "
            "them: python -m auditcore mark FOLDER --out FOLDER"
        )
    return [
        PhotoSource.from_path(_upload(job.id, number), name) for number, name in enumerate(names)
    ]


def _report(desk: Desk, done: int, total: int) -> None:
    if desk.stopping():
        raise Cancelled("Cancelled.")
    photos = total // STEPS_A_PHOTO
    number = min(done // STEPS_A_PHOTO, photos - 1)
    name = desk.job.params["names"][number]
    desk.report(done, total, f"Marking photo {number + 1} of {photos}: {name}")


def _hand_over(job_id: str, owner: str) -> None:
    """Move kit and photos where they stay; each step may be repeated after a kill."""
    folder = _folder(job_id)
    out = folder / _OUT
    kit_file = out / KIT_FILE
    if kit_file.exists():
        kit = open_kit(kit_file)
        Shelf().keep(
            kit.id,
            kit_file.read_bytes(),
            title=title_of([photo.file for photo in kit.photos]),
            photos=len(kit.photos),
            made_here=True,
            owner=owner,
        )
        if (out / PUBLISH_FOLDER).exists():
            (out / PUBLISH_FOLDER).rename(paths.published_dir(kit.id))
    shutil.rmtree(folder, ignore_errors=True)


def title_of(files: Sequence[str]) -> str:
    """Name a kit by its photos: "cat.jpg", "cat.jpg and 3 more"."""
    more = len(files) - 1
    return files[0] if not more else f"{files[0]} and {more} more"


def _folder(job_id: str) -> Path:
    return paths.data_dir() / "jobs" / job_id


def _upload(job_id: str, number: int) -> Path:
    return _folder(job_id) / f"{number:04}"
