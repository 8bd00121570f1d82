"""Folders of photos that a command is given: read safely, one at a time, all gaps told."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from auditcore.errors import PassiveError, PhotoError
from auditcore.photos import Pixels, read_pixels


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder in the order of their names, hidden ones left out.

    Raises:
        PassiveError: it is no folder, cannot be looked into, or has no file.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise PassiveError(
            f"The folder {folder} cannot be looked into ({error.strerror}). Name a folder with "
            "photos in it."
        ) from error
    files = [path for path in found if not path.name.startswith(".")]
    if not files:
        raise PassiveError(f"There is no file in the folder {folder}. Put the photos there.")
    return files


def photos_of(
    files: list[Path], left_out: Callable[[str], None], seen: dict[bytes, str] | None = None
) -> Iterator[Pixels]:
    """Yield the photos that can be read, each read when its turn comes, and no file twice.

    Args:
        files: JPEG, PNG or WebP files.
        left_out: told, in a sentence, of each file that cannot be read or was there before.
        seen: what was there before, to be shared by several calls; added to.
    """
    seen = {} if seen is None else seen
    for path in files:
        try:
            data = path.read_bytes()
            first = seen.setdefault(hashlib.sha256(data).digest(), path.name)
            if first != path.name:
                left_out(f"{path.name} is the same file as {first}.")
                continue
            yield read_pixels(data, path.name)
        except PhotoError as error:
            left_out(str(error))
        except OSError as error:
            left_out(f"{path.name} cannot be opened ({error.strerror}).")
