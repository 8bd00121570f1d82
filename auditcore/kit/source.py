"""Where the photos of a kit come from."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from auditcore.errors import PhotoError
from auditcore.photos import shown
from auditcore.photos.reading import MAX_FILE_BYTES


@dataclass(frozen=True)
class PhotoSource:
    """Where a photo comes from: its name, and a way to load its file when its turn comes.

    Attributes:
        name: may hold folders; the last part is what it is published under.
        load: returns the file's bytes (PhotoError when it cannot). Other processes are sent it,
            where several work side by side: then it has to be a function that can be pickled.
        stamp: changes when the file does, so that work that was cut off notices; "" if unknown.
    """

    name: str
    load: Callable[[], bytes]
    stamp: str = ""

    @classmethod
    def from_path(cls, path: Path, name: str = "") -> "PhotoSource":
        """Return the source for a file on this machine, under another name if one is given."""
        return cls(name or path.name, partial(_read_file, path), _stamp(path))

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> "PhotoSource":
        """Return the source for a file that is already in memory."""
        return cls(name, partial(bytes, data), hashlib.sha256(data).hexdigest())


def _stamp(path: Path) -> str:
    with suppress(OSError):  # one that cannot be read gets its sentence when it is loaded
        status = path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"
    return ""


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PhotoError(
            f"{shown(path.name)} cannot be opened. Check that the file is still where it was and "
            "that you may read it."
        ) from error
