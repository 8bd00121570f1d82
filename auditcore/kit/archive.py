"""The kit as one file: a zip with one possible spelling, unpacked without trusting it.

Members are stored, not compressed, in a fixed order with fixed dates, so that the same content is
always the same file, and a change of any byte shows. Sizes, counts and names are bounded before
anything is unpacked.
"""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath

from auditcore.errors import KitError
from auditcore.photos.kinds import looks_like_photo, why_not_a_photo

MAX_KIT_BYTES = 1_000_000_000
MAX_MEMBER_BYTES = 16_000_000
MAX_MEMBERS = 8_000
_DATE = (1980, 1, 1, 0, 0, 0)
_END_BYTES = 22
_ENTRY_BYTES = 100  # a kit's longest entry in the table of contents, generously
_ORIGINAL = "Use the kit file as it was first saved, or another copy of it."


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the zip file that holds these members, always spelled the same way."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3
            info.external_attr = 0o600 << 16
            archive.writestr(info, members[name])
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of a kit file.

    Raises:
        KitError: a sentence of its own for each way in which it is no kit, or not one we packed.
    """
    _check_is_zip(data)
    _check_directory(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_infos(infos)
            members = {info.filename: archive.read(info) for info in infos}
    except KitError:
        raise
    except Exception as error:  # a hostile zip may make the zip reader raise anything
        raise KitError(f"The kit file is damaged: a part is unreadable. {_ORIGINAL}") from error
    _check_is_kit(members)
    if pack(members) != data:
        raise KitError(
            "The kit file was unpacked and packed again, or changed by another program. "
            f"{_ORIGINAL} If only the unpacked folder is left, name it on the command line instead."
        )
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
            raise KitError(f"The kit folder holds a file that no kit has: {path.name}. {_ORIGINAL}")
        if len(members) == MAX_MEMBERS:
            raise KitError(f"The kit folder holds far more files than a kit has. {_ORIGINAL}")
        members[path.relative_to(folder).as_posix()] = path.read_bytes()
    return members


def _check_is_zip(data: bytes) -> None:
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
        raise KitError("This file is far larger than any kit. Choose the file called kit.zip.")
    end = data[-_END_BYTES:]
    if end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise KitError(
            "The kit file is cut short or has something added at its end: it was not copied "
            f"completely. {_ORIGINAL}"
        )
    directory = int.from_bytes(end[12:16], "little")
    larger_format = data[-_END_BYTES - 20 : -_END_BYTES].startswith(b"PK\x06\x07")
    if directory > MAX_MEMBERS * _ENTRY_BYTES or larger_format:
        raise KitError("This zip holds far more files than a kit has. Choose the file kit.zip.")


def _check_infos(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        _check_name(info.orig_filename)
        if info.filename in seen:
            raise KitError(f"The kit holds the file {info.filename} twice. {_ORIGINAL}")
        seen.add(info.filename)
        if info.flag_bits & 1:
            raise KitError("This zip is locked with a password; a kit never is. Choose kit.zip.")
        if info.file_size > MAX_MEMBER_BYTES:
            raise KitError(
                f"The kit was not opened: its file {info.filename} would unpack to "
                f"{info.file_size // 1_000_000:,} MB, more than any kit holds. {_ORIGINAL}"
            )
    if sum(info.file_size for info in infos) > MAX_KIT_BYTES:
        raise KitError(f"The kit was not opened: it holds more than any kit does. {_ORIGINAL}")


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
    if outside or not name.isprintable():
        raise KitError(
            "The kit was not opened: one of its files would be written outside the kit's folder. "
            "Someone may have prepared it to do harm. Use a kit from a source you trust."
        )


def _check_is_kit(members: Mapping[str, bytes]) -> None:
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
