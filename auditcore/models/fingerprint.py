"""One hash that names a model: its weights, its architecture and its preprocessing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

_DOMAIN = b"telltale/model/1"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file (hex), remembered while its size and date stay the same."""
    facts = path.stat()
    return _sha256_of(path.resolve(), facts.st_size, facts.st_mtime_ns)


def fingerprint(files: Sequence[Path], settings: Mapping[str, object]) -> str:
    """Return the fingerprint (SHA-256, hex) of a model.

    Args:
        files: weights first, then what else decides its answers, such as a vocabulary. Their
            contents count, not their names.
        settings: architecture and preprocessing, as JSON values.
    """
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), default=str)
    digest = hashlib.sha256(_DOMAIN)
    for part in (*(file_sha256(path) for path in files), canonical):
        digest.update(len(part.encode()).to_bytes(8, "big") + part.encode())
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _sha256_of(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
