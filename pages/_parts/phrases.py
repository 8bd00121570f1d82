"""Small phrases that several pages use: durations, counts, sizes."""

import re
from collections.abc import Sequence

_MEANT_AS_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|$~<>:&])")
_MEANT_AS_LIST = re.compile(r"^(\d*)([-.=])")
_MEANT_AS_ADDRESS = re.compile(r"@|:(?=\S)|(?<=www)(?=\.)", re.IGNORECASE)
_JOINER = "\u2060"
"""Is seen by nobody, and parts what would be taken for an address, an icon or an emoji: those are
looked for after the escapes have been read."""


def plain(text: str) -> str:
    """Return a text from outside, such as a file's name, so that Markdown shows it as it is.

    It comes as one line, and no address in it becomes a link.
    """
    parted = _MEANT_AS_ADDRESS.sub(lambda found: found[0] + _JOINER, " ".join(text.split()))
    return _MEANT_AS_LIST.sub(r"\1\\\2", _MEANT_AS_MARKDOWN.sub(r"\\\1", parted))


def duration(seconds: float) -> str:
    """Say a length of time as a person would: "a few seconds", "about 3 minutes"."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 50:
        return f"about {round(seconds / 5) * 5} seconds"
    if seconds < 90:
        return "about a minute"
    if seconds < 3000:
        return f"about {round(seconds / 60)} minutes"
    if seconds < 5400:
        return "about an hour"
    return f"about {round(seconds / 3600)} hours"


def left(seconds: float | None) -> str:
    """Say how long something still takes, or nothing while that is unknown."""
    return "" if seconds is None else f"{duration(seconds).capitalize()} left."


def count(number: int, one: str, many: str | None = None) -> str:
    """Return "1 photo", "12 photos"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def size(number: float) -> str:
    """Return a file's size: "3.2 MB"."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
