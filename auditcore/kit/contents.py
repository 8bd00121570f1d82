"""Read a large kit file's table of contents strictly, and nothing else of it.

Every header has exactly one spelling (`auditcore.kit.spelling`) and members follow each other
without a gap, so the table is right when spelling it again gives the same bytes.
"""

import zipfile
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np

from auditcore.errors import KitError
from auditcore.kit.archive import (
    MAX_MEMBER_BYTES,
    check_infos,
    check_is_kit,
    check_is_zip,
    cut_short,
    packed_again,
    too_many_files,
    unreadable,
)
from auditcore.kit.claimed import BYTES_A_PHOTO, check_list_size, claimed_photos
from auditcore.kit.parts import MAX_PHOTOS
from auditcore.kit.spelling import (
    LARGE_END_BYTES,
    LOCAL_BYTES,
    read_end,
    read_entry,
)
from auditcore.kit.stored import ORIGINAL, Contents
from auditcore.photos import shown

_HEAD_BYTES = 4096
_LINE_BYTES = 112  # a kit's longest line in the table of contents, generously
_MEMBERS_A_PHOTO = 3  # its copy, and two parts of its marks at most
_MAX_MEMBERS = MAX_PHOTOS * _MEMBERS_A_PHOTO + 3
_LOOKED_INTO = 3


def read_contents(path: Path) -> Contents:
    """Return a kit file's table of contents; every line of it is as we spell it.

    Raises:
        KitError: a sentence of its own for each way in which it is no kit, or not one we packed.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        length = file.seek(0, 2)
        check_is_zip(_part(file, 0, _HEAD_BYTES))
        found = read_end(_part(file, max(0, length - LARGE_END_BYTES), LARGE_END_BYTES))
        if found is None:
            raise cut_short()
        count, size, place = found
        if count > _MAX_MEMBERS or size > _MAX_MEMBERS * _LINE_BYTES:
            raise too_many_files()
        contents = _contents(_part(file, place, size), count, place)
    if contents is None or contents.find("public.json") is None:
        _say_why(path)
    _check_sizes(contents)
    return contents


def _part(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)


def _contents(directory: bytes, count: int, begins: int) -> Contents | None:
    """Read the lines; None when one is spelled otherwise, or out of order, or leaves a gap."""
    names: list[str] = []
    numbers = np.zeros((3, count), dtype=np.int64)
    start = place = 0
    for member in range(count):
        line = read_entry(directory, start)
        if line is None or line[3] != place or (names and line[0] <= names[-1]):
            return None
        name, crc, size, _, line_bytes = line
        numbers[:, member] = crc, size, place
        names.append(name)
        start += line_bytes
        place += LOCAL_BYTES + len(name.encode()) + size
    if start != len(directory) or place != begins:
        return None
    return Contents(names, numbers[0].astype(np.uint32), numbers[1], numbers[2])


def _check_sizes(contents: Contents) -> None:
    photos = claimed_photos(contents.names)
    for name, size in zip(contents.names, contents.sizes.tolist(), strict=True):
        if name in BYTES_A_PHOTO:
            check_list_size(name, size, photos)
        elif size > MAX_MEMBER_BYTES:
            raise KitError(
                f"The kit was not opened: its file {shown(name)} takes {size // 1_000_000:,} MB, "
                f"more than any kit holds. {ORIGINAL}"
            )


def _say_why(path: Path) -> NoReturn:
    """Find the sentence for a zip file that is no kit, or whose table is not as we spell it."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            check_infos(infos, _MAX_MEMBERS * MAX_MEMBER_BYTES)
            heads = {info.filename: b"" for info in infos}
            for info in infos[:_LOOKED_INTO]:
                with archive.open(info) as member:
                    heads[info.filename] = member.read(_HEAD_BYTES)
    except KitError:
        raise
    except Exception as error:  # a hostile zip may make the zip reader raise anything
        raise unreadable() from error
    check_is_kit(heads)
    raise packed_again()
