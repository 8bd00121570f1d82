"""Find the photos in folders, in an order that people expect and that is the same every time."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditcore.errors import PhotoError
from auditcore.photos.kinds import looks_like_photo
from auditcore.photos.names import shown

_HEAD_BYTES = 16
_NAMED = 5


@dataclass(frozen=True)
class FoundPhoto:
    """A file, and its name: with its folders below the one that was given, if it lay in one."""

    path: Path
    name: str


@dataclass(frozen=True)
class Found:
    """The photos that were found, and the names of files in folders that are none."""

    photos: tuple[FoundPhoto, ...]
    others: tuple[str, ...]

    def about_others(self) -> str | None:
        """Say in a sentence which files in the folders were passed over; None without any."""
        count = len(self.others)
        if not count:
            return None
        names = ", ".join(shown(name) for name in self.others[:_NAMED])
        more = f" and {count - _NAMED:,} more" if count > _NAMED else ""
        are = "file is no photo and was" if count == 1 else "files are no photos and were"
        return f"{count:,} {are} left out: {names}{more}."


def find_photos(given: Sequence[Path], without: Sequence[Path] = ()) -> Found:
    """Find photos by what files are, not by how they are called.

    Args:
        given: files, which are taken whatever they are, and folders, which are searched with those
            inside them, in natural order ("photo 2" before "photo 10"); what is hidden (a name
            with a dot in front) and links to folders are passed over.
        without: files and folders that are not to be looked into.

    Raises:
        PhotoError: a folder cannot be read, or holds no photo.
    """
    photos: list[FoundPhoto] = []
    others: list[str] = []
    barred = {path.resolve() for path in without}
    for path in given:
        if not path.is_dir():
            photos.append(FoundPhoto(path, path.name))
            continue
        before = len(photos)
        for file in _files(path, barred):
            name = file.relative_to(path).as_posix()
            if _may_be_photo(file):
                photos.append(FoundPhoto(file, name))
            else:
                others.append(name)
        if len(photos) == before:
            raise PhotoError(
                f"There is no photo in the folder {shown(path.name)}. Photos are JPEG, PNG or WebP "
                "files; name the folder that holds them."
            )
    return Found(tuple(photos), tuple(others))


def _files(folder: Path, barred: set[Path]) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: _natural(entry.name))
    except OSError as error:
        raise PhotoError(
            f"The folder {shown(folder.name)} cannot be read. Check that you may look into it."
        ) from error
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith(".") or path.resolve() in barred:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(path, barred)
        elif entry.is_file():
            yield path


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Order names by the numbers in them; the name itself decides between those that are alike."""
    pieces = re.split(r"(\d+)", name.casefold())
    key = [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in pieces if p]
    return key, name


def _may_be_photo(path: Path) -> bool:
    """Tell whether a file begins as a photo; one that cannot be read is refused by name later."""
    try:
        with path.open("rb") as file:
            return looks_like_photo(file.read(_HEAD_BYTES))
    except OSError:
        return True
