"""How two collections of files differ before any model is asked: such a difference can mislead.

A model may find JPEG and PNG, large and small, grey and coloured pictures differently alike,
whatever it was trained on. Light to import: pages look while files are chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_SHARE = 0.25  # of files of one format: collections further apart than this are told
_TIMES = 1.5  # of a picture's size
_WEIGHT = 2.0  # of bytes a pixel, which tell how strongly pictures are compressed


@dataclass(frozen=True)
class Look:
    """What a file shows without being decoded: format, "JPEG" or so, pixels, and bytes."""

    format: str
    width: int
    height: int
    size: int


def differences(mine: Sequence[Look], reference: Sequence[Look]) -> tuple[str, ...]:
    """Return a sentence for each way in which the collections are of different kinds."""
    if not mine or not reference:
        return ()
    found = []
    for kind in sorted({look.format for look in (*mine, *reference)}):
        ours, theirs = (_share(part, kind) for part in (mine, reference))
        if abs(ours - theirs) > _SHARE:
            found.append(f"{ours:.0%} of yours are {kind} files, of the others {theirs:.0%}.")
            break  # the other formats say the same once more
    sides = [median(max(look.width, look.height) for look in part) for part in (mine, reference)]
    if max(sides) > _TIMES * min(sides):
        found.append(
            f"Yours are typically {sides[0]:,.0f} pixels long, the others {sides[1]:,.0f}."
        )
    elif not found and _apart(*(_bytes_a_pixel(part) for part in (mine, reference))):
        found.append("One collection is far more strongly compressed than the other.")
    return tuple(found)


def _share(looks: Sequence[Look], kind: str) -> float:
    return sum(look.format == kind for look in looks) / len(looks)


def _bytes_a_pixel(looks: Sequence[Look]) -> float:
    return median(look.size / (look.width * look.height) for look in looks)


def _apart(one: float, other: float) -> bool:
    return max(one, other) > _WEIGHT * min(one, other)
