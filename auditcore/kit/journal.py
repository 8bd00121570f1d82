"""What is done of a kit that is being made, on disk: so that nothing is marked twice after a kill.

It lies in the output folder under a name of its own, readable by its owner alone, because the seed
is in it. A line of the journal stands for a photo whose published file and whose parts of the kit
are safely on disk; whatever else lies there was cut off, and is written again.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from auditcore.errors import KitError
from auditcore.kit.line import PhotoLine
from auditcore.kit.marking import Marked
from auditcore.kit.parts import KitPhoto, SecretPhoto
from auditcore.kit.sealing import sealed_hashes
from auditcore.photos import shown

FOLDER = ".sealing"
PUBLISH = "publish"
_REQUEST, _LINES, _PARTS = "request.json", "journal.jsonl", "parts.bin"
_SEALED, _LOCK = "sealed", "lock"
_SETTLED_SECONDS = 1.0  # what a kill costs at most, beside the photos in work
_FLUSHERS = 8


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


class Journal:
    """The journal of one folder. One process at a time may hold it."""

    def __init__(self, folder: Path, request: Request, seed: bytes) -> None:
        """Go on with what was cut off, or begin.

        Args:
            folder: the journal's own, in the output folder.
            request: what is asked for.
            seed: of a new kit; one that was begun has its own (`seed` of the journal).

        Raises:
            KitError: what was cut off is of other photos or settings, or damaged; or another
                process is at work on it.
            OSError: the folder cannot be read or written.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / PUBLISH).mkdir(exist_ok=True)
        self.folder = folder
        self._lock = _locked(folder)
        try:
            self.seed, self.done = _begun(folder, request) or _begin(folder, request, seed)
        except BaseException:
            self._lock.release()
            raise
        self._lines = (folder / _LINES).open("ab")
        self._parts = (folder / _PARTS).open("ab")
        self._flusher = ThreadPoolExecutor(_FLUSHERS)
        self._group: list[tuple[Done, Future[None] | None]] = []
        self._settled = time.monotonic()

    def refuse(self, line: PhotoLine) -> None:
        """Note a photo that could not be read."""
        self._add(Done(line))

    def keep(self, line: PhotoLine, marked: Marked) -> None:
        """Write what was made of a photo (OSError: it cannot be written)."""
        file = self.folder / PUBLISH / marked.record.file
        file.write_bytes(marked.published)
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
        self._lock.release()

    def seal(self, kit_id: str) -> None:
        """Note that the kit of this id is whole, before it is handed over."""
        _write_whole(self.folder / _SEALED, kit_id.encode())

    @property
    def sealed_id(self) -> str | None:
        """Return the id of the kit that is whole, None while there is none."""
        file = self.folder / _SEALED
        return file.read_text() if file.is_file() else None

    def stored(self) -> "Spool":
        """Return what is to be stored of the photos that were marked, read when it is wanted."""
        places = [done.places for done in self.done if done.places is not None]
        return Spool(self.folder / _PARTS, places)

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
    places: Sequence[Mapping[str, tuple[int, int]]]
    path: None = None
    in_memory: bool = False

    def base(self, photo: int) -> bytes:
        """Return the file of a photo's base picture."""
        return self._read(*self.places[photo][""])

    def parts(self, photo: int) -> Mapping[str, bytes]:
        """Return the stored parts of a photo's marks by name."""
        return {name: self._read(*at) for name, at in self.places[photo].items() if name}

    def _read(self, begins: int, length: int) -> bytes:
        with self.file.open("rb") as file:
            file.seek(begins)
            return file.read(length)


def _locked(folder: Path) -> FileLock:
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise KitError(
            f"Another process is marking photos into the folder {shown(folder.parent.name)}. "
            "Wait until it has finished, or choose another folder."
        ) from error
    return lock


def _begun(folder: Path, request: Request) -> tuple[bytes, list[Done]] | None:
    """Return seed and photos of the work that was cut off here, None when there is none."""
    if not (folder / _REQUEST).is_file():
        return None
    try:
        asked = json.loads((folder / _REQUEST).read_bytes())
        done = _read_done(folder)
        seed, change = bytes.fromhex(asked["seed"]), _change(asked, request)
    except (ValueError, KeyError, TypeError) as error:
        raise KitError(
            f"What is done of an earlier run in {shown(str(folder))} is damaged. Delete that "
            "folder and run the same again: it starts from the beginning."
        ) from error
    if change:
        raise _other_work(folder, len(done), len(asked["photos"]), change)
    return seed, done


def _begin(folder: Path, request: Request, seed: bytes) -> tuple[bytes, list[Done]]:
    asked = {"seed": seed.hex(), "settings": request.settings, "photos": request.photos}
    _write_whole(folder / _REQUEST, json.dumps(asked).encode())
    return seed, []


def _spelled(done: Done) -> bytes:
    return json.dumps(asdict(done)).encode() + b"\n"


def _read_done(folder: Path) -> list[Done]:
    """Read the lines that were written whole, and cut off whatever else was begun."""
    data = (folder / _LINES).read_bytes() if (folder / _LINES).exists() else b""
    whole = data[: data.rfind(b"\n") + 1]
    done = [_as_done(json.loads(line)) for line in whole.splitlines()]
    ends = [begin + length for one in done for begin, length in (one.places or {}).values()]
    for file, length in ((_LINES, len(whole)), (_PARTS, max(ends, default=0))):
        if (folder / file).exists():
            if (folder / file).stat().st_size < length:
                raise ValueError(f"{file} is shorter than its lines say")
            os.truncate(folder / file, length)
    return done


def _as_done(raw: Any) -> Done:
    line = PhotoLine(**{**raw["line"], "notes": tuple(raw["line"]["notes"])})
    if raw["record"] is None:
        return Done(line)
    places = {name: (begin, length) for name, (begin, length) in raw["places"].items()}
    return Done(line, KitPhoto(**raw["record"]), SecretPhoto(**raw["sealed"]), places)


def _change(asked: Mapping[str, Any], request: Request) -> str | None:
    """Say what differs between the work that was begun and what is asked for now."""
    if len(asked["photos"]) != len(request.photos):
        return f"{len(asked['photos']):,} photos then, {len(request.photos):,} now"
    for (name, stamp), (now, stamp_now) in zip(asked["photos"], request.photos, strict=True):
        if name != now:
            return f"{shown(now)} instead of {shown(name)}"
        if stamp != stamp_now:
            return f"the file {shown(name)} changed"
    for name, value in request.settings.items():
        if asked["settings"].get(name) != value:
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
    with part.open("wb") as file:
        part.chmod(0o600)
        file.write(data)
        _to_disk(file)
    part.replace(path)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
