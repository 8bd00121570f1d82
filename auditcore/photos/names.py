"""File names that cannot leave their folder, break a disk, or collide."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

_MAX_BYTES = 150
_SHOWN = 60
_HIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WINDOWS_RESERVED = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)
}


def is_plain(text: str) -> bool:
    """Say whether a text is free of control characters, line breaks and changes of direction.

    Joiners, as in emoji and in Persian, are plain.
    """
    if text.isascii() and text.isprintable():
        return True
    return not any(
        unicodedata.category(char) in _HIDDEN_CATEGORIES or char in _TURNING for char in text
    )


def shown(name: str) -> str:
    """Return a name as it may stand in a sentence: one line, quoted, not too long."""
    flat = "".join(char if is_plain(char) else "?" for char in name) or "(no name)"
    return f"“{flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + '…'}”"


def last_part(path: str) -> str:
    """Return what follows the last slash or backslash, in composed Unicode."""
    return re.split(r"[/\\]", unicodedata.normalize("NFC", path))[-1]


def safe_name(name: str) -> str:
    """Return the last part of a path as a file name that is safe on every system.

    Folders, control and direction-changing characters, characters that Windows forbids and leading
    dots go; a long name keeps its ending. The result is never empty and at most 150 bytes of UTF-8.
    """
    kept = "".join("_" if char in '<>:"|?*' else char for char in last_part(name) if is_plain(char))
    kept = kept.lstrip(". ").rstrip(". ") or "photo"
    stem, suffix = _split(kept)
    if stem.split(".")[0].strip().upper() in _WINDOWS_RESERVED:
        stem = f"_{stem}"
    return _shortened(stem, _MAX_BYTES - len(suffix.encode())) + suffix


def unique_names(names: Sequence[str]) -> list[str]:
    """Return a safe name for each of `names`, in order, no two alike (not even in case).

    The first of several alike keeps its name, the others become "name (2).jpg", "name (3).jpg".
    """
    safe = [safe_name(name) for name in names]
    reserved = {name.casefold() for name in safe}
    taken: set[str] = set()
    tried: dict[str, int] = {}  # numbers below it are taken, for names that are alike
    result = []
    for name in safe:
        candidate, number = name, tried.get(name.casefold(), 1)
        while candidate.casefold() in taken or (number > 1 and candidate.casefold() in reserved):
            number += 1
            stem, suffix = _split(name)
            candidate = f"{stem} ({number}){suffix}"
        taken.add(candidate.casefold())
        tried[name.casefold()] = number
        result.append(candidate)
    return result


def _split(name: str) -> tuple[str, str]:
    suffix = PurePosixPath(name).suffix
    if not suffix or len(suffix.encode()) > 12:
        return name, ""
    return name[: -len(suffix)], suffix


def _shortened(text: str, limit: int) -> str:
    return text.encode()[:limit].decode("utf-8", "ignore").rstrip(". ")
