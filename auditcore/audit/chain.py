"""Hashes of records, and the chain that makes a log of them."""

import hashlib
from collections.abc import Mapping
from typing import Any

from auditcore.kit.canonical import canonical_json

GENESIS = "0" * 64
"""What stands for "the hash of the line before" in the first line of a log."""


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def chained(previous: str, body: Mapping[str, Any]) -> str:
    """Return the hash of a log line: over the hash of the line before, then the line itself."""
    return hashlib.sha256(
        b"telltale/log/1\n%b\n%b" % (previous.encode(), canonical_json(body))
    ).hexdigest()
