"""What was measured of a model on a processor of this machine, kept in the data folder.

One small file a model and processor, written once: two programs that measure at the same time agree
on what the first one wrote. It is replaced only when it can be used no more, such as when the
program that was chosen is not installed any longer.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from auditcore import paths

Usable = Callable[[Mapping[str, Any]], bool]


def recall(fingerprint: str, processor: str) -> dict[str, Any] | None:
    """Return what is kept of a model on a processor, None if nothing (readable) is."""
    try:
        found = json.loads(_file(fingerprint, processor).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def recall_or(
    find: Callable[[], Mapping[str, Any]], fingerprint: str, processor: str, usable: Usable
) -> dict[str, Any]:
    """Return what is kept if it is usable, else what `find` returns, which is kept from then on."""
    kept = recall(fingerprint, processor)
    if kept is not None and usable(kept):
        return kept
    return remember(fingerprint, processor, find(), usable)


def remember(
    fingerprint: str, processor: str, facts: Mapping[str, Any], usable: Usable = lambda kept: True
) -> dict[str, Any]:
    """Keep facts unless usable ones are kept already; return those that are kept."""
    path = _file(fingerprint, processor)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        kept = recall(fingerprint, processor)
        if kept is not None and usable(kept):
            return kept
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(facts), encoding="utf-8")
        draft.replace(path)
    return dict(facts)


def _file(fingerprint: str, processor: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", processor.lower())
    return paths.data_dir() / "measured" / f"{fingerprint}-{slug}.json"
