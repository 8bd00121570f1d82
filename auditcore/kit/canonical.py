"""One spelling for every JSON value, so that a hash of it means the same to everyone."""

import json
from typing import Any

from auditcore.errors import KitError

_EDITED = (
    "The kit was edited: its file {name} is not written the way it was sealed. "
    "Use the kit file as it was first saved, or another copy of it."
)


def canonical_json(value: Any) -> bytes:
    """Return `value` as JSON in its one canonical spelling (UTF-8).

    Keys are sorted, nothing is spaced, text is not escaped beyond need, NaN and infinity do not
    exist (ValueError).
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def parse_canonical(data: bytes, name: str) -> Any:
    """Read JSON that must be in its canonical spelling; `name` is the file's name in the kit.

    Raises:
        KitError: when it is not JSON, or not spelled canonically, so that it was edited.
    """
    try:
        value = json.loads(data)
        same = canonical_json(value) == data
    except (ValueError, RecursionError) as error:
        raise KitError(_EDITED.format(name=name)) from error
    if not same:
        raise KitError(_EDITED.format(name=name))
    return value
