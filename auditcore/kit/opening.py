"""Open a kit that anyone may have touched: no byte of it is believed before it is checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditcore.errors import KitError, MarkError
from auditcore.kit.archive import check_name, read_folder, unpack
from auditcore.kit.canonical import parse_canonical
from auditcore.kit.claimed import check_list, claimed_photos
from auditcore.kit.contents import read_contents
from auditcore.kit.kit import Kit
from auditcore.kit.layout import READ_ME, READ_ME_FILE, base_file, part_file
from auditcore.kit.parts import PublicPart, SecretPart, read_public, read_secret
from auditcore.kit.stored import (
    ORIGINAL,
    Contents,
    InFile,
    InMemory,
    base_in_words,
    check_sealed,
    part_in_words,
)
from auditcore.marks import FAMILIES
from auditcore.photos import shown

WHOLE_BYTES = 32_000_000
"""Largest kit file that is read, and checked, whole when it is opened by its path."""

_TRIED = 16
"""Photos of a larger kit that are tried when it is opened; all others when they are first used."""


def open_kit(source: bytes | Path) -> Kit:
    """Open a kit: its file's bytes, the file's path, or the folder it was unpacked into.

    The steps: (1) read the table of contents within bounds, (2) the public part, (3) the secret
    part, (4) check that each fixes the other, (5) check that there is no file too few or too many,
    (6) check every other file against its sealed hash, and make a version of each photo again.

    A file larger than WHOLE_BYTES that is given by its path stays where it is, and step 6 is done
    at once for a few photos all over the kit, and for every other one when it is first used (then
    with a KitError). So a kit of 100,000 photos opens in seconds. Leave the file in its place.

    Raises:
        KitError: a sentence of its own for each thing that can be wrong with a kit.
    """
    if isinstance(source, bytes):
        return _open_whole(unpack(source), None)
    if source.is_dir():
        return _open_whole(read_folder(source), source)
    try:
        if source.stat().st_size > WHOLE_BYTES:
            return _open_lazily(source.absolute())
        data = source.read_bytes()
    except OSError as error:
        raise KitError(
            f"The kit {shown(source.name)} cannot be opened. Check that the file is where you say "
            "and that you may read it."
        ) from error
    return _open_whole(unpack(data), source.absolute())


def _open_whole(members: Mapping[str, bytes], path: Path | None) -> Kit:
    public, secret = _parts(members, claimed_photos(members))
    bases, parts = _check_files(members, public, secret)
    return _tried(Kit(public, secret, InMemory(bases, parts, path)), range(len(bases)))


def _open_lazily(path: Path) -> Kit:
    contents = read_contents(path)
    file = InFile(path, contents, (), ())
    lists = (READ_ME_FILE, "public.json", "secret.json")
    members = {name: file.member(name) for name in lists if contents.find(name) is not None}
    public, secret = _parts(members, claimed_photos(contents.names))
    _check_read_me(members)
    _check_names(contents, public, secret)
    count = len(public.photos)
    tried = sorted({place * (count - 1) // (_TRIED - 1) for place in range(_TRIED)})
    return _tried(Kit(public, secret, InFile(path, contents, public.photos, secret.photos)), tried)


def _parts(members: Mapping[str, bytes], photos: int) -> tuple[PublicPart, SecretPart]:
    """Read the public and the secret part, each fixed by the other, of a kit of so many photos."""
    public = read_public(_list(members, "public.json", photos))
    _check_family(public.family)
    secret = _secret(members, public, photos)
    _check_bound(public, secret)
    return public, secret


def _tried(kit: Kit, photos: Sequence[int]) -> Kit:
    try:
        kit.check(photos)
    except MarkError as error:
        raise KitError(str(error)) from error
    return kit


def _check_family(family: str) -> None:
    if family not in FAMILIES:
        raise KitError(
            f"This kit's marks are of a kind that this Telltale does not know: {shown(family)}. "
            "Update Telltale, then open it."
        )


def _list(members: Mapping[str, bytes], name: str, photos: int) -> Any:
    check_list(name, members[name], photos)
    return parse_canonical(members[name], name)


def _secret(members: Mapping[str, bytes], public: PublicPart, photos: int) -> SecretPart:
    if "secret.json" not in members:
        raise KitError(
            "This kit has lost its secret part (secret.json), and nothing can be checked without "
            "it. Look for another copy of the kit; it cannot be made again."
        )
    return read_secret(_list(members, "secret.json", photos), len(public.photos))


def _check_bound(public: PublicPart, secret: SecretPart) -> None:
    if secret.commitment() != public.commitment:
        raise KitError(
            "The kit was edited: its secret part (secret.json) is not the one that was sealed with "
            f"its public part. {ORIGINAL}"
        )
    if public.digest() != secret.public_sha256:
        raise KitError(
            "The kit was edited: its public part (public.json: file names, captions and so on) is "
            f"not the one that was sealed. {ORIGINAL}"
        )
    if public.test_seed not in (None, secret.seed.hex()):
        raise KitError(f"The kit names a test seed that is not its own. {ORIGINAL}")


def _check_files(
    members: Mapping[str, bytes], public: PublicPart, secret: SecretPart
) -> tuple[list[bytes], list[dict[str, bytes]]]:
    """Return base pictures and mark parts, each checked; refuse files that are not part of it."""
    left = dict(members)
    del left["public.json"], left["secret.json"]
    _check_read_me(members)
    left.pop(READ_ME_FILE)
    bases: list[bytes] = []
    parts: list[dict[str, bytes]] = []
    for index, (photo, record) in enumerate(zip(public.photos, secret.photos, strict=True)):
        copy, part = base_in_words(photo), part_in_words(photo)
        bases.append(_take(left, base_file(index), record.base_sha256, copy))
        parts.append(
            {
                name: _take(left, part_file(index, name), digest, part)
                for name, digest in record.parts_sha256.items()
            }
        )
    if left:
        raise _not_sealed_with_it(min(left))
    return bases, parts


def _check_read_me(members: Mapping[str, bytes]) -> None:
    if members.get(READ_ME_FILE) != READ_ME.encode():
        raise KitError(f"The kit was edited: its {READ_ME_FILE} is missing or changed. {ORIGINAL}")


def _check_names(contents: Contents, public: PublicPart, secret: SecretPart) -> None:
    """Refuse a kit file that lacks a member, or has one too many."""
    found, copies = set(contents.names), [base_file(photo) for photo in range(len(public.photos))]
    marks = [
        (photo, part_file(photo, name))
        for photo, record in enumerate(secret.photos)
        for name in record.parts_sha256
    ]
    for photo, file in enumerate(copies):
        if file not in found:
            raise _incomplete(base_in_words(public.photos[photo]), file)
    for photo, file in marks:
        if file not in found:
            raise _incomplete(part_in_words(public.photos[photo]), file)
    found.difference_update(copies, (file for _, file in marks))
    for name in sorted(found - {READ_ME_FILE, "public.json", "secret.json"})[:1]:
        check_name(name)
        raise _not_sealed_with_it(name)


def _take(left: dict[str, bytes], file: str, digest: str, what: str) -> bytes:
    data = left.pop(file, None)
    if data is None:
        raise _incomplete(what, file)
    return check_sealed(data, digest, what, file)


def _incomplete(what: str, file: str) -> KitError:
    return KitError(f"The kit is incomplete: {what} ({file}) is missing. {ORIGINAL}")


def _not_sealed_with_it(file: str) -> KitError:
    return KitError(f"The kit holds a file that was not sealed with it: {shown(file)}. {ORIGINAL}")
