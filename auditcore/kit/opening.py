"""Open a kit that anyone may have touched: every byte is checked before it is believed."""

from collections.abc import Mapping
from pathlib import Path

from auditcore.errors import KitError, MarkError
from auditcore.kit.archive import MAX_KIT_BYTES, read_folder, unpack
from auditcore.kit.canonical import parse_canonical
from auditcore.kit.kit import Kit, sha256
from auditcore.kit.layout import READ_ME, READ_ME_FILE, base_file, part_file
from auditcore.kit.parts import PublicPart, SecretPart, read_public, read_secret
from auditcore.marks import FAMILIES
from auditcore.photos import shown

_ORIGINAL = "Use the kit file as it was first saved, or another copy of it."


def open_kit(source: bytes | Path) -> Kit:
    """Open a kit: its file's bytes, the file's path, or the folder it was unpacked into.

    The steps: (1) unpack within bounds, (2) read the public part, (3) read the secret part,
    (4) check that each fixes the other, (5) check every other file against its sealed hash, and
    that there is no file too many, (6) make a version of each photo again.

    Raises:
        KitError: a sentence of its own for each thing that can be wrong with a kit.
    """
    members = _load(source)
    public = read_public(parse_canonical(members["public.json"], "public.json"))
    _check_family(public.family)
    secret = _secret(members, public)
    _check_bound(public, secret)
    bases, parts = _check_files(members, public, secret)
    kit = Kit(public, secret, bases, parts)
    try:
        kit.check()
    except MarkError as error:
        raise KitError(str(error)) from error
    return kit


def _load(source: bytes | Path) -> dict[str, bytes]:
    if isinstance(source, bytes):
        return unpack(source)
    if source.is_dir():
        return read_folder(source)
    try:
        with source.open("rb") as file:
            data = file.read(MAX_KIT_BYTES + 1)
    except OSError as error:
        raise KitError(
            f"The kit {shown(source.name)} cannot be opened. Check that the file is where you say "
            "and that you may read it."
        ) from error
    return unpack(data)


def _check_family(family: str) -> None:
    if family not in FAMILIES:
        raise KitError(
            f"This kit's marks are of a kind that this Telltale does not know: {shown(family)}. "
            "Update Telltale, then open it."
        )


def _secret(members: Mapping[str, bytes], public: PublicPart) -> SecretPart:
    if "secret.json" not in members:
        raise KitError(
            "This kit has lost its secret part (secret.json), and nothing can be checked without "
            "it. Look for another copy of the kit; it cannot be made again."
        )
    raw = parse_canonical(members["secret.json"], "secret.json")
    return read_secret(raw, len(public.photos))


def _check_bound(public: PublicPart, secret: SecretPart) -> None:
    if secret.commitment() != public.commitment:
        raise KitError(
            "The kit was edited: its secret part (secret.json) is not the one that was sealed with "
            f"its public part. {_ORIGINAL}"
        )
    if public.digest() != secret.public_sha256:
        raise KitError(
            "The kit was edited: its public part (public.json: file names, captions and so on) is "
            f"not the one that was sealed. {_ORIGINAL}"
        )
    if public.test_seed not in (None, secret.seed.hex()):
        raise KitError(f"The kit names a test seed that is not its own. {_ORIGINAL}")


def _check_files(
    members: Mapping[str, bytes], public: PublicPart, secret: SecretPart
) -> tuple[list[bytes], list[dict[str, bytes]]]:
    """Return base pictures and mark parts, each checked; refuse files that are not part of it."""
    left = dict(members)
    del left["public.json"], left["secret.json"]
    if left.pop(READ_ME_FILE, None) != READ_ME.encode():
        raise KitError(f"The kit was edited: its {READ_ME_FILE} is missing or changed. {_ORIGINAL}")
    bases: list[bytes] = []
    parts: list[dict[str, bytes]] = []
    for index, (photo, record) in enumerate(zip(public.photos, secret.photos, strict=True)):
        what = f"the copy of {shown(photo.file)}"
        bases.append(_take(left, base_file(index), record.base_sha256, what))
        what = f"part of the marks of {shown(photo.file)}"
        parts.append(
            {
                name: _take(left, part_file(index, name), digest, what)
                for name, digest in record.parts_sha256.items()
            }
        )
    if left:
        raise KitError(
            f"The kit holds a file that was not sealed with it: {shown(min(left))}. {_ORIGINAL}"
        )
    return bases, parts


def _take(left: dict[str, bytes], file: str, digest: str, what: str) -> bytes:
    data = left.pop(file, None)
    if data is None:
        raise KitError(f"The kit is incomplete: {what} ({file}) is missing. {_ORIGINAL}")
    if sha256(data) != digest:
        raise KitError(f"The kit was edited: {what} ({file}) is not what was sealed. {_ORIGINAL}")
    return data
