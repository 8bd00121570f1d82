"""What this machine has, written by the worker for the pages to read: models, processors.

Making it takes torch and open_clip, which the worker has loaded anyway and the app need not.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from auditcore import paths
from auditcore.models import ModelEntry, list_models


@dataclass(frozen=True)
class Catalogue:
    """What a page offers.

    Attributes:
        models: those that can be audited by name, those on this machine first.
        devices: the processors a local model can run on, the fastest first; see `Running`.
    """

    models: tuple[ModelEntry, ...]
    devices: tuple[str, ...]


def write_catalogue() -> None:
    """Write what there is now; whoever reads meanwhile sees the old list whole."""
    from auditcore.models.devices import available_devices

    entries = [entry.to_json() for entry in list_models()]
    draft = _file().with_suffix(".draft")
    draft.write_text(json.dumps({"models": entries, "devices": available_devices()}))
    draft.replace(_file())


def read_catalogue() -> Catalogue | None:
    """Return what there is; None while no worker of this version has written it yet."""
    try:
        written = _file().stat()
    except FileNotFoundError:
        return None
    return _read(_file(), written.st_mtime_ns, written.st_ino)


def devices_known() -> tuple[str, ...]:
    """Return the processors of this machine, the fastest first; () while they are not known."""
    known = read_catalogue()
    return () if known is None else known.devices


@lru_cache(maxsize=1)  # each visitor reads it at each click, and it hardly ever changes
def _read(file: Path, _written: int, _inode: int) -> Catalogue | None:
    found = json.loads(file.read_text())
    if not isinstance(found, dict):
        return None
    return Catalogue(tuple(map(ModelEntry.from_json, found["models"])), tuple(found["devices"]))


def _file() -> Path:
    return paths.data_dir() / "models.json"
