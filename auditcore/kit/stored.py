"""Where a kit's pictures and marks lie: in memory, or in its file until they are wanted."""

import hashlib
import zlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import KitError
from auditcore.kit.layout import base_file, part_file
from auditcore.kit.parts import KitPhoto, SecretPhoto
from auditcore.kit.spelling import local_header
from auditcore.photos import shown

ORIGINAL = "Use the kit file as it was first saved, or another copy of it."


def sha256(data: bytes) -> str:
    """Return the hex SHA-256 of a file's bytes, as kits record it."""
    return hashlib.sha256(data).hexdigest()


def check_sealed(data: bytes, digest: str, what: str, file: str) -> bytes:
    """Return a member of a kit whose hash is the sealed one (KitError when it is not)."""
    if sha256(data) != digest:
        raise KitError(f"The kit was edited: {what} ({file}) is not what was sealed. {ORIGINAL}")
    return data


def base_in_words(photo: KitPhoto) -> str:
    """Return how the stored copy of a photo is called in a sentence."""
    return f"the copy of {shown(photo.file)}"


def part_in_words(photo: KitPhoto) -> str:
    """Return how a stored part of a photo's marks is called in a sentence."""
    return f"part of the marks of {shown(photo.file)}"


class Stored(Protocol):
    """What a kit stores of its photos beside the public and the secret part."""

    @property
    def path(self) -> Path | None:
        """Return the file, or the folder, that the kit was opened from, if any."""

    @property
    def in_memory(self) -> bool:
        """Tell whether everything was read, and checked, when the kit was opened."""

    def base(self, photo: int) -> bytes:
        """Return the file of a photo's base picture (KitError: it cannot be had any more)."""

    def parts(self, photo: int) -> Mapping[str, bytes]:
        """Return the stored parts of a photo's marks by name (KitError as for `base`)."""


@dataclass(frozen=True)
class InMemory:
    """All of it, checked when the kit was opened."""

    bases: Sequence[bytes]
    marks: Sequence[Mapping[str, bytes]]
    path: Path | None = None
    in_memory: bool = True

    def base(self, photo: int) -> bytes:
        """Return the file of a photo's base picture."""
        return self.bases[photo]

    def parts(self, photo: int) -> Mapping[str, bytes]:
        """Return the stored parts of a photo's marks by name."""
        return self.marks[photo]


@dataclass(frozen=True)
class Contents:
    """A kit file's table of contents: members by ascending name, and where they begin."""

    names: list[str]
    crcs: NDArray[np.uint32]
    sizes: NDArray[np.int64]
    places: NDArray[np.int64]

    def find(self, name: str) -> int | None:
        """Return a member's number, or None when there is no such member."""
        number = bisect_left(self.names, name)
        return number if self.names[number : number + 1] == [name] else None


@dataclass(frozen=True)
class InFile:
    """Read from the kit's file when it is wanted, and checked against the sealed hash then."""

    path: Path
    contents: Contents
    photos: Sequence[KitPhoto]
    sealed: Sequence[SecretPhoto]
    in_memory: bool = False

    def base(self, photo: int) -> bytes:
        """Read and check the file of a photo's base picture."""
        what, digest = base_in_words(self.photos[photo]), self.sealed[photo].base_sha256
        return check_sealed(self.member(base_file(photo)), digest, what, base_file(photo))

    def parts(self, photo: int) -> Mapping[str, bytes]:
        """Read and check the stored parts of a photo's marks."""
        what, parts = part_in_words(self.photos[photo]), self.sealed[photo].parts_sha256
        return {name: self._part(part_file(photo, name), parts[name], what) for name in parts}

    def _part(self, file: str, digest: str, what: str) -> bytes:
        return check_sealed(self.member(file), digest, what, file)

    def member(self, name: str) -> bytes:
        """Read a member that the table of contents has; its header must be the one it has to be."""
        number = self.contents.find(name)
        if number is None:
            raise KeyError(name)
        size, crc = int(self.contents.sizes[number]), int(self.contents.crcs[number])
        header = local_header(name, crc, size)
        found = self._read(int(self.contents.places[number]), len(header) + size)
        data = found[len(header) :]
        if not found.startswith(header) or len(data) != size or zlib.crc32(data) != crc:
            raise KitError(f"The kit file is damaged: a part is unreadable. {ORIGINAL}")
        return data

    def _read(self, place: int, count: int) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(place)
                return file.read(count)
        except OSError as error:
            raise KitError(
                f"The kit file {shown(self.path.name)} was moved or deleted while it was in use. "
                "Put it back where it was and go on: nothing that was done is lost."
            ) from error
