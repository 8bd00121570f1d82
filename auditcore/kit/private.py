"""Folders and files that no other user can have written: what lies in them may be believed.

While a kit is being made its seed lies on disk. Whoever could read it there could tell the
published versions, and whoever could put another one there could choose them beforehand.
Where systems know no owners of files (Windows) only links are looked for.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from auditcore.errors import KitError
from auditcore.photos import shown

_OTHERS = 0o077
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def make_private(folder: Path) -> None:
    """Make a folder that is its owner's alone, or see that the one that is there is.

    Raises:
        KitError: it is a link or no folder, belongs to another user, or is open to others.
        OSError: it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _check(folder, folder.lstat(), folder=True)


def create(path: Path, mode: int = 0o600) -> BinaryIO:
    """Open a new file for writing; one that an earlier run left there is deleted first.

    Args:
        path: of the file.
        mode: who may read and write it, before the system takes away what it is set to.

    Raises:
        KitError: something else than a file is there.
        OSError: it cannot be made.
    """
    with suppress(FileNotFoundError):
        _check(path, path.lstat())
        path.unlink()
    return _opened(path, "xb", mode)


def open_own(path: Path, mode: str = "rb") -> BinaryIO:
    """Open a file that is there.

    Args:
        path: of the file.
        mode: as for `open`; none that empties or makes a file.

    Raises:
        KitError: it is a link or no file, or belongs to another user.
        OSError: it cannot be opened; FileNotFoundError when it is not there.
    """
    try:
        file = _opened(path, mode, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.EISDIR):
            raise _not_ours(path, "it is a link or no file") from error
        raise
    try:
        _check(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def _opened(path: Path, mode: str, for_whom: int) -> BinaryIO:
    def no_link(name: str, how: int) -> int:
        return os.open(name, how | _NO_LINK, for_whom)

    return cast(BinaryIO, open(path, mode, opener=no_link))


def _check(path: Path, status: os.stat_result, *, folder: bool = False) -> None:
    """Refuse what another user may have put there, by its status (KitError)."""
    right = stat.S_ISDIR(status.st_mode) if folder else stat.S_ISREG(status.st_mode)
    if not right:
        raise _not_ours(path, f"it is a link or no {'folder' if folder else 'file'}")
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid != os.geteuid():
        raise _not_ours(path, "it belongs to another user")
    if folder and status.st_mode & _OTHERS:
        raise _not_ours(path, "it is open to other users")


def _not_ours(path: Path, why: str) -> KitError:
    """Return the refusal of something that another may have put there."""
    place = f"{path.parent.name}/{path.name}"
    return KitError(
        f"What lies at {shown(place)} was not used: {why}, so that others could have chosen or "
        "could read the key of your kit. Delete it and do the same again, or choose another folder."
    )
