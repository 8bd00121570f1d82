"""After "delete", nothing of a face or a name is on disk: the whole data folder is searched.

The worker is the real process with its real log. The search is tried out on what is there before.
"""

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore.errors import JobError
from auditcore.jobs import passive
from auditcore.jobs.lanes import worker_pid
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, Portrayed, Upload
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import Job, JobState, Queue
from auditcore.jobs.waking import Waker

NAME = "Philippa Ödegård-Quillfeather"
MODEL = Choice("demo:without")
PATIENCE = 120.0
_CHUNK = 48  # so many bytes of a picture in a row are no coincidence


def portrait(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


PHOTOS = [Upload(f"Quillfeather {n}.png", portrait(n)) for n in range(3)]


def traces(secrets: Iterator[bytes] | list[bytes], folder: Path) -> dict[str, list[bytes]]:
    """Return what of the secrets is found in which file or file name, the write-ahead log too."""
    found = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes() + os.fsencode(path.relative_to(folder))
        hits = [secret for secret in secrets if secret in data]
        if hits:
            found[str(path.relative_to(folder))] = hits
    return found


def of_names() -> list[bytes]:
    """The name, its parts and the files' names, in every way a program here would write them."""
    words = [NAME, *NAME.replace("-", " ").split(), *(photo.name for photo in PHOTOS)]
    shapes = [form for word in words for form in (word, word.lower(), word.upper())]
    escaped = [word.encode("unicode_escape") for word in shapes]  # as JSON has it
    return [*escaped, *(w.encode(c) for w in shapes for c in ("utf-8", "utf-16-le", "utf-16-be"))]


def of_pictures() -> list[bytes]:
    """Pieces of the files and of their pixels, and their digests."""
    pixels = [np.asarray(Image.open(BytesIO(photo.data))).tobytes() for photo in PHOTOS]
    whole = [data for photo, raw in zip(PHOTOS, pixels, strict=True) for data in (photo.data, raw)]
    pieces = [data[at : at + _CHUNK] for data in whole for at in (0, len(data) // 2)]
    digests = [hashlib.new(kind, data) for data in whole for kind in ("sha256", "sha1", "md5")]
    names = [form for one in digests for form in (one.digest(), one.hexdigest().encode())]
    return [piece for piece in pieces if piece[:8] != b"\x89PNG\r\n\x1a\n"] + names


def small_copies(folder: Path) -> list[bytes]:
    """Pieces of the small copies that the job makes for the page."""
    return [path.read_bytes()[-_CHUNK:] for path in folder.rglob("small-*")]


@pytest.fixture
def worker() -> Iterator[Waker]:
    waker = Waker()
    waker.wake()
    yield waker
    pid = worker_pid()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)


def ended(queue: Queue, job_id: str) -> Job:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        job = queue.status(job_id)
        if job.ended:
            return job
        time.sleep(0.05)
    raise AssertionError("the job never ended")


def test_nothing_of_a_face_or_name_is_left_on_disk(data_dir: Path, worker: Waker) -> None:
    queue = Queue()
    asked = [
        passive.submit_faces(queue, MODEL, [Portrayed(NAME, photos)], consent=Consent(people=True))
        for photos in (PHOTOS, [Upload(PHOTOS[0].name, b"\x89PNG\r\n\x1a\n cut")])
    ]
    asked.append(
        passive.submit_pictures(queue, MODEL, PHOTOS[:2], PHOTOS[2:], None, consent=Consent())
    )
    states = [ended(queue, job_id).state for job_id in asked]
    assert states == [JobState.DONE, JobState.FAILED, JobState.DONE]
    secrets = [*of_names(), *of_pictures(), *small_copies(data_dir)]
    assert len(small_copies(data_dir)) == len(PHOTOS)

    before = traces(secrets, data_dir)
    assert all(place.startswith("passive/") for place in before), "nowhere but in its folder"
    kept = {place.rpartition("/")[2] for place in before}
    assert {"question.json", "result.json", "reason.json", "photo-0000", "small-0000"} <= kept

    for job_id in asked:
        passive.delete(queue, job_id)
    assert (data_dir / "telltale.sqlite3-wal").exists(), "the database is open, as in the app"
    assert traces(secrets, data_dir) == {}
    assert list((data_dir / "passive").iterdir()) == []
    for job_id in asked:
        assert not Confided(job_id).exists
        with pytest.raises(JobError):
            queue.status(job_id)
    assert list((data_dir / "text-features").rglob("*.safetensors")), "the decoys' alone are kept"
