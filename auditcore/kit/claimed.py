"""Bound a kit's two lists by the photos that it claims to hold, before they are read or parsed.

Parsed, a list can take forty times the memory of its text, so that a file of some hundred megabytes
could take a machine down. A kit's members are counted from the table of contents alone.
"""

import re
from collections.abc import Iterable

from auditcore.errors import KitError
from auditcore.kit.stored import ORIGINAL
from auditcore.photos import shown

BYTES_A_PHOTO = {"public.json": 18_000, "secret.json": 2_000}
"""Most bytes of each list a photo: names, hashes, and two captions at their longest in UTF-8."""

_BEGINS_A_PHOTO = 3  # { and [; the lists of a kit that we sealed have at most 2
_COMMAS_A_PHOTO = 12  # and at most 9 of these
_SPARE_PHOTOS = 100
"""For the rest of a list; and a kit that lost so many copies gets the sentence that names one."""

_TEXT_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?|[\[{,]', re.DOTALL)


def claimed_photos(names: Iterable[str]) -> int:
    """Return how many photos the names of a kit's members tell of."""
    return sum(name.startswith("base/") for name in names)


def check_list_size(name: str, size: int, photos: int) -> None:
    """Refuse a list of more bytes than what so many photos can need (KitError)."""
    if size > BYTES_A_PHOTO[name] * (photos + _SPARE_PHOTOS):
        raise _too_much(name, photos)


def check_list(name: str, data: bytes, photos: int) -> None:
    """Refuse a list that would be parsed into more than what so many photos can need.

    What stands inside texts does not count: a caption may be made of commas.

    Raises:
        KitError: it is too long, or has too many lists, objects or values.
    """
    check_list_size(name, len(data), photos)
    begins, commas = (
        most * (photos + _SPARE_PHOTOS) for most in (_BEGINS_A_PHOTO, _COMMAS_A_PHOTO)
    )
    if data.count(b"{") + data.count(b"[") <= begins and data.count(b",") <= commas:
        return
    for found in _TEXT_OR_MARK.finditer(data):
        mark = found[0] if found.end() - found.start() == 1 else b'"'
        begins -= mark in b"[{"
        commas -= mark == b","
        if min(begins, commas) < 0:
            raise _too_much(name, photos)


def _too_much(name: str, photos: int) -> KitError:
    return KitError(
        f"The kit was edited: its file {shown(name)} holds more than the {photos:,} photos of the "
        f"kit can need, and was not read. {ORIGINAL}"
    )
