"""Where a person's kits, published photos and audits are kept on this machine.

The folder is `TELLTALE_DATA` when that is set, else the place the operating system gives to
applications. The command line and the app share it.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

import platformdirs


def data_dir() -> Path:
    """Return the data folder, made if it is missing (readable by its owner alone)."""
    named = os.environ.get("TELLTALE_DATA")
    folder = Path(named) if named else Path(platformdirs.user_data_dir("telltale", appauthor=False))
    return _private_folder(folder.expanduser())


def database() -> Path:
    """Return the path of the one SQLite file: audits, answers, attempts, jobs."""
    return data_dir() / "telltale.sqlite3"


def kits_dir() -> Path:
    """Return the folder of sealed kits, `<kit id>.zip` each."""
    return _private_folder(data_dir() / "kits")


def published_dir(kit_id: str) -> Path:
    """Return the folder that holds the photos of one kit as they are published."""
    return _private_folder(data_dir() / "published") / kit_id


def passive_dir() -> Path:
    """Return the folder of questions about unmarked photos, `<job id>/` each."""
    return _private_folder(data_dir() / "passive")


def lab_dir() -> Path:
    """Return the folder of the Lab's experiments, `<experiment id>/` each."""
    return _private_folder(data_dir() / "lab")


def assets_dir() -> Path:
    """Return the folder shipped beside the package: sample photos, demo models."""
    return Path(__file__).resolve().parent.parent / "assets"


def _private_folder(folder: Path) -> Path:
    """Return a folder that others cannot look into; one that was there is closed to them.

    Left as it is where that cannot be done or is not ours to do: a folder of somebody else or
    shared by design (sticky, as /tmp), a disk or a system without such permissions.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        status = folder.stat()
        mode = stat.S_IMODE(status.st_mode)
        own = hasattr(os, "getuid") and status.st_uid == os.getuid()
        if own and mode & 0o077 and not mode & stat.S_ISVTX:
            folder.chmod(mode & ~0o077)
    return folder
