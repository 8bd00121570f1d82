"""What is done of a kit that is being made, on disk: so that nothing is marked twice after a kill.

It lies in the output folder under a name of its own, readable by its owner alone, because the seed
is in it. A line of the journal stands for a photo whose published file and whose parts of the kit
are safely on disk; whatever else lies there was cut off, and is written again.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from auditcore.errors import KitError
from auditcore.kit.line import PhotoLine
from auditcore.kit.marking import Marked
from auditcore.kit.parts import KitPhoto, SecretPhoto
from auditcore.kit.private import create, make_private, open_own
from auditcore.kit.sealing import sealed_hashes
from auditcore.kit.stored import sha256
from auditcore.photos import shown

FOLDER = ".sealing"
KIT_FILE = "kit.zip"
PUBLISH = "publish"
VERSION = "the version of Telltale"
"""Among the settings: marks and hashes of one version are not gone on with by another."""

_REQUEST, _LINES, _PARTS = "request.json", "journal.jsonl", "parts.bin"
_SEALED, _LOCK = "sealed", "lock"
_SETTLED_SECONDS = 1.0  # what a kill costs at most, beside the photos in work
_FLUSHERS = 8
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Request:
    """What was asked for; work that was cut off goes on when it is asked for again.

    Attributes:
        settings: everything but the photos, as JSON values by name.
        photos: (name, stamp) of each.
    """

    settings: Mapping[str, Any]
    photos: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Done:
    """One photo of the journal.

    Attributes:
        line: what happened to it.
        record: what the public part says of it, None when it was refused.
        sealed: the hashes that the secret part holds.
        places: (begin, length) in the file of parts, by member: "" is the copy, others are parts of
            the marks by name.
    """

    line: PhotoLine
    record: KitPhoto | None = None
    sealed: SecretPhoto | None = None
    places: Mapping[str, tuple[int, int]] | None = None


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the journal's folder, private and made if it is missing; one process at a time may.

    At the end it is deleted, unless there is something in it to go on with.

    Raises:
        KitError: others may have written there, or another process is at work on it.
        OSError: it cannot be written.
    """
    make_private(folder)
    lock = FileLock(folder / _LOCK, mode=0o600)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise KitError(
            f"Another process is marking photos into the folder {shown(folder.parent.name)}. "
            "Wait until it has finished, or choose another folder."
        ) from error
    try:
        make_private(folder)  # it may have been another's that has just finished
        yield
    finally:
        if not is_begun(folder):
            _clear(folder)
            (folder / _LOCK).unlink(missing_ok=True)
            with suppress(OSError):  # what we did not put there stays
                folder.rmdir()
        lock.release()


def is_begun(folder: Path) -> bool:
    """Tell whether there is something to go on with, or something in its way."""
    return os.path.lexists(folder / _REQUEST)


def forget(folder: Path) -> None:
    """Leave nothing to go on with: the seed goes first, and the rest when nobody holds it."""
    (folder / _REQUEST).unlink()


class Journal:
    """The journal of one folder, which has to be `held` while there is one."""

    def __init__(self, folder: Path, request: Request, seed: bytes) -> None:
        """Go on with what was cut off, or begin.

        Args:
            folder: the journal's own, in the output folder.
            request: what is asked for.
            seed: of a new kit; one that was begun has its own (`seed` of the journal).

        Raises:
            KitError: what was cut off is of other photos or settings, or damaged, or not ours.
            OSError: the folder cannot be read or written.
        """
        self.folder = folder
        if not is_begun(folder):
            _begin(folder, request, seed)
        self.seed, self.done = _begun(folder, request)
        self._lines = open_own(folder / _LINES, "ab")
        self._parts = open_own(folder / _PARTS, "ab")
        self._flusher = ThreadPoolExecutor(_FLUSHERS)
        self._group: list[tuple[Done, Future[None] | None]] = []
        self._settled = time.monotonic()

    def refuse(self, line: PhotoLine) -> None:
        """Note a photo that could not be read."""
        self._add(Done(line))

    def keep(self, line: PhotoLine, marked: Marked) -> None:
        """Write what was made of a photo (OSError: it cannot be written)."""
        file = self.folder / PUBLISH / marked.record.file
        with create(file, 0o666) as out:
            out.write(marked.published)
        places = {"": self._append(marked.base)}
        places |= {name: self._append(part) for name, part in marked.parts.items()}
        done = Done(line, marked.record, sealed_hashes(marked), places)
        self._add(done, self._flusher.submit(_flush, file))

    def settle(self) -> None:
        """Bring everything to disk, and then the lines that say so."""
        for _, flushed in self._group:
            if flushed is not None:
                flushed.result()
        _to_disk(self._parts)
        self._lines.write(b"".join(_spelled(done) for done, _ in self._group))
        _to_disk(self._lines)
        self._group.clear()
        self._settled = time.monotonic()

    def close(self) -> None:
        """Let go of the files. What cannot be brought to disk is made again the next time."""
        with suppress(OSError):
            self.settle()
        self._flusher.shutdown(cancel_futures=True)
        self._lines.close()
        self._parts.close()

    def seal(self) -> None:
        """Note that the kit's file in the folder is whole, before it is handed over."""
        _write_whole(self.folder / _SEALED, _sha256_of(self.folder / KIT_FILE).encode())

    @property
    def is_sealed(self) -> bool:
        """Tell whether the kit's file is whole: nothing is left but to hand it over."""
        return (self.folder / _SEALED).exists()

    def is_sealed_kit(self, file: Path) -> bool:
        """Tell whether a file is the kit that was sealed here."""
        with open_own(self.folder / _SEALED) as sealed:
            return file.is_file() and _sha256_of(file).encode() == sealed.read()

    def check_published(self) -> None:
        """See that the photos to publish, in the journal's folder, are those that were sealed.

        Raises:
            KitError: one is missing or not what was sealed, or something else lies among them.
        """
        folder = self.folder / PUBLISH
        sound = _is_folder(folder) and all(
            path.is_file() and not path.is_symlink() for path in folder.iterdir()
        )
        for record in (done.record for done in self.done if done.record is not None):
            file = folder / record.file
            if not sound or not file.is_file() or _sha256_of(file) != record.published_sha256:
                raise damaged(self.folder)

    def stored(self) -> "Spool":
        """Return what is to be stored of the photos that were marked, read when it is wanted."""
        kept = [done for done in self.done if done.record is not None]
        return Spool(self.folder / _PARTS, kept)

    def _append(self, data: bytes) -> tuple[int, int]:
        begins = self._parts.tell()
        self._parts.write(data)
        return begins, len(data)

    def _add(self, done: Done, flushed: "Future[None] | None" = None) -> None:
        self.done.append(done)
        self._group.append((done, flushed))
        if time.monotonic() - self._settled > _SETTLED_SECONDS:
            self.settle()


@dataclass(frozen=True)
class Spool:
    """What is to be stored of each photo of a new kit, in the journal's file of parts."""

    file: Path
    kept: Sequence[Done]
    path: None = None
    in_memory: bool = False

    def base(self, photo: int) -> bytes:
        """Return the file of a photo's base picture (KitError: it is not what was made)."""
        places, sealed = self._of(photo)
        return self._read(places[""], sealed.base_sha256)

    def parts(self, photo: int) -> Mapping[str, bytes]:
        """Return the stored parts of a photo's marks by name (KitError as for `base`)."""
        places, sealed = self._of(photo)
        return {
            name: self._read(places[name], digest) for name, digest in sealed.parts_sha256.items()
        }

    def _of(self, photo: int) -> tuple[Mapping[str, tuple[int, int]], SecretPhoto]:
        done = self.kept[photo]
        if done.places is None or done.sealed is None:
            raise damaged(self.file.parent)
        return done.places, done.sealed

    def _read(self, place: tuple[int, int], digest: str) -> bytes:
        with open_own(self.file) as file:
            file.seek(place[0])
            data = file.read(place[1])
        if sha256(data) != digest:
            raise damaged(self.file.parent)
        return data


def damaged(folder: Path) -> KitError:
    """Return the refusal to go on with what an earlier run left."""
    return KitError(
        f"What is done of an earlier run in {shown(str(folder))} is damaged. Delete that "
        "folder and run the same again: it starts from the beginning."
    )


def _begun(folder: Path, request: Request) -> tuple[bytes, list[Done]]:
    """Return seed and photos of the work that was begun here."""
    with open_own(folder / _REQUEST) as file:
        data = file.read()
    try:
        asked = json.loads(data)
        done = _read_done(folder)
        finished = (folder / _SEALED).exists()
        seed, change = bytes.fromhex(asked["seed"]), _change(asked, request, finished)
    except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
        raise damaged(folder) from error
    if change:
        raise _other_work(folder, len(done), len(asked["photos"]), change)
    if not finished and not _is_folder(folder / PUBLISH):
        raise damaged(folder)
    return seed, done


def _begin(folder: Path, request: Request, seed: bytes) -> None:
    """Write what is asked for, when everything else is ready."""
    _clear(folder)
    (folder / PUBLISH).mkdir()
    for file in (_LINES, _PARTS):
        create(folder / file).close()
    asked = {"seed": seed.hex(), "settings": request.settings, "photos": request.photos}
    _write_whole(folder / _REQUEST, json.dumps(asked).encode())


def _clear(folder: Path) -> None:
    """Delete what is left of work that was finished."""
    shutil.rmtree(folder / PUBLISH, ignore_errors=True)
    for name in (_LINES, _PARTS, KIT_FILE, _SEALED, f"{_SEALED}.part", f"{_REQUEST}.part"):
        (folder / name).unlink(missing_ok=True)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _spelled(done: Done) -> bytes:
    return json.dumps(asdict(done)).encode() + b"\n"


def _read_done(folder: Path) -> list[Done]:
    """Read the lines that were written whole, and cut off whatever else was begun."""
    with open_own(folder / _LINES, "rb+") as lines, open_own(folder / _PARTS, "rb+") as parts:
        data = lines.read()
        whole = data[: data.rfind(b"\n") + 1]
        done = [_as_done(json.loads(line)) for line in whole.splitlines()]
        ends = [begin + length for one in done for begin, length in (one.places or {}).values()]
        if parts.seek(0, os.SEEK_END) < max(ends, default=0):
            raise ValueError("the file of parts is shorter than its lines say")
        lines.truncate(len(whole))
        parts.truncate(max(ends, default=0))
    return done


def _as_done(raw: Any) -> Done:
    line = PhotoLine(**{**raw["line"], "notes": tuple(raw["line"]["notes"])})
    if raw["record"] is None:
        return Done(line)
    places = {name: (begin, length) for name, (begin, length) in raw["places"].items()}
    return Done(line, KitPhoto(**raw["record"]), SecretPhoto(**raw["sealed"]), places)


def _change(asked: Mapping[str, Any], request: Request, finished: bool) -> str | None:
    """Say what differs between the work that was begun and what is asked for now.

    A kit that is whole may be handed over by any version.
    """
    begun_with = asked["settings"].get(VERSION, "another")
    here = request.settings[VERSION]
    if begun_with != here and not finished:
        return f"it was begun with version {begun_with} of Telltale, and this is {here}"
    if len(asked["photos"]) != len(request.photos):
        return f"{len(asked['photos']):,} photos then, {len(request.photos):,} now"
    for (name, stamp), (now, stamp_now) in zip(asked["photos"], request.photos, strict=True):
        if name != now:
            return f"{shown(now)} instead of {shown(name)}"
        if stamp != stamp_now:
            return f"the file {shown(name)} changed"
    for name, value in request.settings.items():
        if name != VERSION and asked["settings"].get(name) != value:
            return f"{name} changed"
    return None


def _other_work(folder: Path, done: int, count: int, change: str) -> KitError:
    return KitError(
        f"An earlier run into the folder {shown(folder.parent.name)} was cut off after {done:,} of "
        f"{count:,} photos, and this one is not the same: {change}. Make it the same to go on; or "
        f"delete {shown(str(folder))} to start anew; or choose another folder."
    )


def _write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    with create(part) as file:
        file.write(data)
        _to_disk(file)
    part.replace(path)


def _sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open_own(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
