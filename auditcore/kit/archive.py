"""The kit as one file: a zip with one possible spelling, unpacked without trusting it.

Members are stored, not compressed, in a fixed order with fixed dates, so that the same content is
always the same file, and a change of any byte shows. Sizes, counts and names are bounded before
anything is unpacked. This is for kits that are read whole; `auditcore.kit.contents` is for others.
"""

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from auditcore.errors import KitError
from auditcore.kit.layout import READ_ME_FILE
from auditcore.kit.spelling import END_BYTES, LOCAL_BYTES, write_zip
from auditcore.kit.stored import ORIGINAL
from auditcore.photos.kinds import looks_like_photo, why_not_a_photo

MAX_KIT_BYTES = 1_000_000_000
MAX_MEMBER_BYTES = 16_000_000
UPLOAD_PHOTOS = 1_000
"""Most photos that a kit has when it is read whole, as one that is uploaded is."""

MAX_MEMBERS = 8 * UPLOAD_PHOTOS
_LINE_BYTES = 100  # a kit's longest line in the table of contents, generously


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the zip file that holds these members, always spelled the same way."""
    buffer = BytesIO()
    write_zip(buffer, sorted(members.items()))
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of a kit file.

    Raises:
        KitError: a sentence of its own for each way in which it is no kit, or not one we packed.
    """
    check_is_zip(data)
    _check_directory(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            infos = archive.infolist()
            check_infos(infos, MAX_KIT_BYTES)
            members = {info.filename: archive.read(info) for info in infos}
    except KitError:
        raise
    except Exception as error:  # a hostile zip may make the zip reader raise anything
        raise unreadable() from error
    check_is_kit(members)
    if pack(members) != data:
        raise packed_again()
    return members


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the members of a kit that was unpacked into a folder, as some browsers do unasked.

    Raises:
        KitError: the folder holds no kit, or more or larger files than one.
    """
    if not (folder / "public.json").is_file():
        raise KitError(
            f"The folder {folder.name} holds no kit. The kit is the file called kit.zip that was "
            "saved when the photos were protected."
        )
    members: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name in (".DS_Store", "Thumbs.db", "desktop.ini"):
            continue
        if path.is_symlink() or path.stat().st_size > MAX_MEMBER_BYTES:
            raise KitError(f"The kit folder holds a file that no kit has: {path.name}. {ORIGINAL}")
        if len(members) == MAX_MEMBERS:
            raise KitError(f"The kit folder holds far more files than a kit has. {ORIGINAL}")
        members[path.relative_to(folder).as_posix()] = path.read_bytes()
    return members


def check_is_zip(data: bytes) -> None:
    """Refuse a file that does not begin as a kit does, and say what it is (KitError)."""
    wanted = "The kit is the file called kit.zip that was saved when the photos were protected."
    if not data:
        raise KitError(f"This file is empty (0 bytes). {wanted}")
    if looks_like_photo(data):
        raise KitError(f"This is a photo, not a kit. {wanted}")
    if data[:1] == b"{":
        raise KitError(f"This is a report or a settings file, not a kit. {wanted}")
    if data[:4] == b"PK\x03\x04":
        return
    what = why_not_a_photo(data) or ""
    kind = what.split(",")[0].split(".")[0] if what.startswith("is a") else "is something else"
    raise KitError(f"This is not a kit: the file {kind}. {wanted}")


def _check_directory(data: bytes) -> None:
    """Bound the zip's table of contents before anyone builds it in memory."""
    if len(data) > MAX_KIT_BYTES:
        raise _too_large(data, "This file is far larger than any kit. Choose the file kit.zip.")
    end = data[-END_BYTES:]
    if end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise cut_short()
    directory = int.from_bytes(end[12:16], "little")
    larger_format = data[-END_BYTES - 20 : -END_BYTES].startswith(b"PK\x06\x07")
    if directory > MAX_MEMBERS * _LINE_BYTES or larger_format:
        raise _too_large(data, str(too_many_files()))


def _too_large(data: bytes, otherwise: str) -> KitError:
    """Say that a file is too large to be unpacked in memory, and what to do if it is a kit."""
    if data[LOCAL_BYTES:].startswith(READ_ME_FILE.encode()):
        return KitError(
            f"This kit is larger than what can be opened here: 1 GB, or far more files than "
            f"{UPLOAD_PHOTOS:,} photos have. Audit it on the command line, where kits of any size "
            "can be named: python -m auditcore audit kit.zip --model SPEC"
        )
    return KitError(otherwise)


def cut_short() -> KitError:
    """Return the refusal of a file that does not end as a kit does."""
    return KitError(
        "The kit file is cut short or has something added at its end: it was not copied "
        f"completely. {ORIGINAL}"
    )


def too_many_files() -> KitError:
    """Return the refusal of a table of contents that is longer than any kit's."""
    return KitError("This zip holds far more files than a kit has. Choose the file kit.zip.")


def unreadable() -> KitError:
    """Return the refusal of a zip file that cannot be read to its end."""
    return KitError(f"The kit file is damaged: a part is unreadable. {ORIGINAL}")


def packed_again() -> KitError:
    """Return the refusal of a kit that is not spelled the way we pack it."""
    return KitError(
        "The kit file was unpacked and packed again, or changed by another program. "
        f"{ORIGINAL} If only the unpacked folder is left, name it on the command line instead."
    )


def check_infos(infos: Sequence[zipfile.ZipInfo], most: int) -> None:
    """Refuse a table of contents that could do harm; `most` bounds what it unpacks to, in bytes.

    Raises:
        KitError: for the first thing that no kit has.
    """
    seen: set[str] = set()
    for info in infos:
        check_name(info.orig_filename)
        if info.filename in seen:
            raise KitError(f"The kit holds the file {info.filename} twice. {ORIGINAL}")
        seen.add(info.filename)
        if info.flag_bits & 1:
            raise KitError("This zip is locked with a password; a kit never is. Choose kit.zip.")
        if info.file_size > MAX_MEMBER_BYTES:
            raise KitError(
                f"The kit was not opened: its file {info.filename} would unpack to "
                f"{info.file_size // 1_000_000:,} MB, more than any kit holds. {ORIGINAL}"
            )
    if sum(info.file_size for info in infos) > most:
        raise KitError(f"The kit was not opened: it holds more than any kit does. {ORIGINAL}")


def check_name(name: str) -> None:
    """Refuse a member's name that leads out of the kit (KitError)."""
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
    if outside or not name.isprintable():
        raise KitError(
            "The kit was not opened: one of its files would be written outside the kit's folder. "
            "Someone may have prepared it to do harm. Use a kit from a source you trust."
        )


def check_is_kit(members: Mapping[str, bytes]) -> None:
    """Refuse a zip file that is no kit; the beginnings of its files tell what it is (KitError)."""
    if "public.json" in members:
        return
    if any(looks_like_photo(data) for data in members.values()):
        raise KitError(
            "This zip holds photos, not a kit: perhaps the photos to publish. The kit is the other "
            "file, called kit.zip."
        )
    raise KitError(
        "This is a zip file, but not a kit: its list of photos (public.json) is missing. "
        "The kit is the file called kit.zip that was saved when the photos were protected."
    )
