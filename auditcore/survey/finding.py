"""The kits of a folder."""

from dataclasses import dataclass
from pathlib import Path

from auditcore.errors import KitError

_UNPACKED = "public.json"


@dataclass(frozen=True)
class Found:
    """What looks like a kit: its place, and its name, which is the place within the folder."""

    name: str
    path: Path


def is_folder_of_kits(path: Path) -> bool:
    """Say whether a path is a folder that is not itself a kit that was unpacked."""
    return path.is_dir() and not (path / _UNPACKED).is_file()


def find_kits(folder: Path) -> list[Found]:
    """Return the zip files and unpacked kits in a folder and the folders in it, by name.

    Raises:
        KitError: the folder cannot be read, or holds none.
    """
    try:
        files = [path for path in folder.rglob("*.zip") if path.is_file()]
        unpacked = [path.parent for path in folder.rglob(_UNPACKED) if path.is_file()]
    except OSError as error:
        raise KitError(
            f"The folder {folder.name} cannot be read. Check that you may read it."
        ) from error
    found = [Found(path.relative_to(folder).as_posix(), path) for path in [*files, *unpacked]]
    if not found:
        raise KitError(
            f"The folder {folder.name} holds no kit. A kit is a file such as kit.zip, saved when "
            "photos were protected; it may lie in a folder of its own."
        )
    return sorted(found, key=lambda one: one.name)
