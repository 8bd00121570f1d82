"""The list of models that can be audited, written by the worker for the pages to read.

Making it takes torch and open_clip, which the worker has loaded anyway and the app need not.
"""

import json
from pathlib import Path

from auditcore import paths
from auditcore.models import ModelEntry, list_models


def write_catalogue() -> None:
    """Write the list as it is now; whoever reads meanwhile sees the old one whole."""
    entries = [entry.to_json() for entry in list_models()]
    draft = _file().with_suffix(".draft")
    draft.write_text(json.dumps(entries))
    draft.replace(_file())


def read_catalogue() -> list[ModelEntry] | None:
    """Return the list, those on this machine first; None while no worker has written it yet."""
    try:
        entries = json.loads(_file().read_text())
    except FileNotFoundError:
        return None
    return [ModelEntry.from_json(entry) for entry in entries]


def _file() -> Path:
    return paths.data_dir() / "models.json"
