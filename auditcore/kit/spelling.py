"""The one spelling of a kit's zip file: members stored, in order of their names, without dates.

Written by hand rather than by a library, so that the same content is the same file whatever wrote
it, and so that opening can compare each header with what it has to be (PKWARE APPNOTE 6.3.10,
sections 4.3.7, 4.3.12 and, beyond 4 GB or 65,534 members, 4.3.14 to 4.3.16 and 4.5.3).
"""

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

LOCAL_BYTES = 30
ENTRY_BYTES = 46
END_BYTES = 22
LARGE_END_BYTES = 56 + 20 + END_BYTES

_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LARGE_END = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_PLAIN, _LARGE = 20, 45  # versions of the format needed to read it
_UNIX = 3
_UTF8 = 0x800
_FIRST_DAY = 0x21  # 1 January 1980
_READABLE_BY_OWNER = 0o600 << 16
_ROOM = 0xFFFF_FFFF  # places and sizes below it are written where zip files always had them
_ELSEWHERE, _ELSEWHERE_COUNT = 0xFFFF_FFFF, 0xFFFF


def write_zip(file: BinaryIO, members: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip file, one member in memory at a time.

    Args:
        file: open for writing; nothing of it is read or sought.
        members: (name, content) in ascending order of their names (ValueError otherwise).
    """
    entries: list[bytes] = []
    place, before = 0, ""
    for name, data in members:
        if name <= before:
            raise ValueError(f"{name} does not come after {before}")
        head = local_header(name, zlib.crc32(data), len(data))
        file.write(head)
        file.write(data)
        entries.append(entry(name, zlib.crc32(data), len(data), place))
        place, before = place + len(head) + len(data), name
    directory = b"".join(entries)
    file.write(directory)
    file.write(end(len(entries), len(directory), place))


def local_header(name: str, crc: int, size: int) -> bytes:
    """Return what stands before a member's content."""
    spelled = name.encode()
    fixed = (_PLAIN, _flags(name), 0, 0, _FIRST_DAY, crc, size, size, len(spelled), 0)
    return _LOCAL.pack(b"PK\x03\x04", *fixed) + spelled


def entry(name: str, crc: int, size: int, place: int) -> bytes:
    """Return a member's line in the table of contents; `place` is where its header begins."""
    spelled, extra, needed, shown = name.encode(), b"", _PLAIN, place
    if place >= _ROOM:
        extra, needed, shown = struct.pack("<2HQ", 1, 8, place), _LARGE, _ELSEWHERE
    made_by = needed | _UNIX << 8
    head = (made_by, needed, _flags(name), 0, 0, _FIRST_DAY, crc, size, size)
    tail = (len(spelled), len(extra), 0, 0, 0, _READABLE_BY_OWNER, shown)
    return _ENTRY.pack(b"PK\x01\x02", *head, *tail) + spelled + extra


def end(count: int, size: int, place: int) -> bytes:
    """Return the end of the file: how many members, how long the table is and where it begins."""
    large = b""
    if count >= _ELSEWHERE_COUNT or max(size, place) >= _ROOM:
        large = _LARGE_END.pack(
            b"PK\x06\x06", 44, _LARGE, _LARGE, 0, 0, count, count, size, place
        ) + _LOCATOR.pack(b"PK\x06\x07", 0, place + size, 1)
    shown = min(count, _ELSEWHERE_COUNT)
    begins = place if place < _ROOM else _ELSEWHERE
    return large + _END.pack(b"PK\x05\x06", 0, 0, shown, shown, min(size, _ELSEWHERE), begins, 0)


def read_end(tail: bytes) -> tuple[int, int, int] | None:
    """Read the end of a file.

    Args:
        tail: the file's last LARGE_END_BYTES bytes, or all of a shorter one.

    Returns:
        What `end` was given; None when it is not spelled so.
    """
    if len(tail) < END_BYTES:
        return None
    _, _, _, count, _, size, place, _ = _END.unpack(tail[-END_BYTES:])
    if len(tail) >= LARGE_END_BYTES and tail[-LARGE_END_BYTES:][:4] == b"PK\x06\x06":
        large = _LARGE_END.unpack_from(tail, len(tail) - LARGE_END_BYTES)
        count, size, place = large[-3:]
    return (count, size, place) if tail.endswith(end(count, size, place)) else None


def read_entry(directory: bytes, start: int) -> tuple[str, int, int, int, int] | None:
    """Read the line that begins at `start`.

    Returns:
        What `entry` was given, and the line's length; None when it is not spelled so.
    """
    if start + ENTRY_BYTES > len(directory):
        return None
    found = _ENTRY.unpack_from(directory, start)
    crc, size, length, extra, place = found[7], found[8], found[10], found[11], found[16]
    name_end = start + ENTRY_BYTES + length
    if place == _ELSEWHERE and extra == 12 and name_end + 12 <= len(directory):
        (place,) = struct.unpack_from("<Q", directory, name_end + 4)
    name = directory[start + ENTRY_BYTES : name_end].decode(errors="replace")
    spelled = entry(name, crc, size, place)
    if not directory.startswith(spelled, start):
        return None
    return name, crc, size, place, len(spelled)


def _flags(name: str) -> int:
    return 0 if name.isascii() else _UTF8
