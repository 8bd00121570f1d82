"""Seal a kit: mark each photo, hand over what is published, fix everything in one file."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from auditcore import __version__
from auditcore.errors import KitError, PhotoError
from auditcore.kit.archive import pack
from auditcore.kit.canonical import canonical_json
from auditcore.kit.kit import Kit, encode_base
from auditcore.kit.layout import READ_ME, READ_ME_FILE, base_file, part_file
from auditcore.kit.parts import (
    FORMAT_VERSION,
    MAX_PHOTOS,
    TIME_FORMAT,
    KitPhoto,
    PublicPart,
    SecretPart,
    SecretPhoto,
)
from auditcore.kit.stored import InMemory, sha256
from auditcore.marks import DEFAULT_FAMILY, VERSIONS_DEFAULT, VISIBILITY_DEFAULT, find_family
from auditcore.marks.base import MarkFamily, Progress, check_request
from auditcore.photos import (
    Captioned,
    Photo,
    audit_copy,
    encode_photo,
    read_photo,
    safe_name,
    shown,
    unique_names,
)
from auditcore.photos.reading import MAX_FILE_BYTES
from auditcore.randomness import SEED_BYTES, derive

Publish = Callable[[str, bytes], None]
STEPS_A_PHOTO = 100
"""What `on_progress` counts a photo as."""


@dataclass(frozen=True)
class PhotoSource:
    """Where a photo comes from: its name, and a way to load its file when its turn comes."""

    name: str
    load: Callable[[], bytes]

    @classmethod
    def from_path(cls, path: Path) -> "PhotoSource":
        """Return the source for a file on this machine."""
        return cls(path.name, lambda: _read_file(path))

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> "PhotoSource":
        """Return the source for a file that is already in memory."""
        return cls(name, lambda: data)


@dataclass(frozen=True)
class PhotoLine:
    """What happened to one photo that was given.

    Attributes:
        name: the name it came with.
        file: the name it is published under, or None when it was refused.
        notes: what happened to it, a sentence each.
        refused: why it is not in the kit, or None.
    """

    name: str
    file: str | None
    notes: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True)
class Sealed:
    """A new kit, its file, and a line for each photo that was given."""

    kit: Kit
    kit_bytes: bytes
    lines: tuple[PhotoLine, ...]


@dataclass(frozen=True)
class _Marked:
    """What is kept of a photo once its published file has been handed over."""

    record: KitPhoto
    base: bytes
    parts: Mapping[str, bytes]


@dataclass(frozen=True)
class _Recipe:
    family: MarkFamily
    versions: int
    visibility: float
    seed: bytes
    captions: Mapping[str, Captioned]


def seal_kit(
    sources: Sequence[PhotoSource],
    publish: Publish,
    *,
    captions: Mapping[str, Captioned] | None = None,
    versions: int = VERSIONS_DEFAULT,
    family: str = DEFAULT_FAMILY,
    visibility: float = VISIBILITY_DEFAULT,
    seed: bytes | None = None,
    on_progress: Progress | None = None,
) -> Sealed:
    """Mark the photos and seal their kit. One photo at a time is in memory.

    Args:
        sources: 1 to MAX_PHOTOS photos. One that cannot be read is left out, with a line saying so.
        publish: called once a photo, in order, with the safe, unique file name and the file's
            bytes. Keep these files from being published until the kit is stored.
        captions: by source name or published file name.
        versions, family, visibility: see `auditcore.marks`.
        seed: 32 bytes, for tests alone: it is named in the public part and in every report.
        on_progress: called with (done, total); may raise to stop (Cancelled), nothing is then
            sealed.

    Raises:
        MarkError: versions, family or visibility out of bounds, before any photo is touched.
        KitError: no photo, or too many.
        PhotoError: none of the photos could be read; the sentence is the first one's.
    """
    check_request(visibility, versions)
    _check_count(len(sources))
    if seed is not None and len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
    recipe = _Recipe(
        find_family(family),
        versions,
        float(visibility),
        os.urandom(SEED_BYTES) if seed is None else seed,
        captions or {},
    )
    marked, lines = _mark_all(sources, publish, recipe, on_progress or (lambda done, total: None))
    if not marked:
        raise PhotoError(lines[0].refused or "")
    public, secret = _bind(marked, recipe, seed is not None)
    stored = InMemory([item.base for item in marked], [item.parts for item in marked])
    kit = Kit(public, secret, stored)
    return Sealed(kit, pack(_members(public, secret, marked)), tuple(lines))


def _check_count(count: int) -> None:
    if not count:
        raise KitError("There is no photo to protect. Add at least one.")
    if count > MAX_PHOTOS:
        raise KitError(
            f"A kit holds at most {MAX_PHOTOS:,} photos, and you gave {count:,}. "
            "Protect them in several kits."
        )


def _mark_all(
    sources: Sequence[PhotoSource], publish: Publish, recipe: _Recipe, on_progress: Progress
) -> tuple[list[_Marked], list[PhotoLine]]:
    marked: list[_Marked] = []
    lines: list[PhotoLine] = []
    seen: dict[str, str] = {}
    files = unique_names([source.name for source in sources])
    for place, (source, file) in enumerate(zip(sources, files, strict=True)):
        report = _photo_progress(on_progress, place, len(sources))
        report(0, STEPS_A_PHOTO)
        try:
            item, notes = _mark_one(source, file, len(marked), recipe, publish, report)
        except PhotoError as error:
            lines.append(PhotoLine(source.name, None, refused=str(error)))
            continue
        marked.append(item)
        lines.append(PhotoLine(source.name, file, (*notes, *_twin_notes(source, item, seen))))
        seen.setdefault(item.record.original_sha256, source.name)
    on_progress(STEPS_A_PHOTO * len(sources), STEPS_A_PHOTO * len(sources))
    return marked, lines


def _photo_progress(on_progress: Progress, place: int, count: int) -> Progress:
    """Map one photo's progress to that of all photos, STEPS_A_PHOTO steps each."""

    def report(done: int, total: int) -> None:
        on_progress(STEPS_A_PHOTO * place + STEPS_A_PHOTO * done // total, STEPS_A_PHOTO * count)

    return report


def _mark_one(
    source: PhotoSource,
    file: str,
    index: int,
    recipe: _Recipe,
    publish: Publish,
    on_progress: Progress,
) -> tuple[_Marked, tuple[str, ...]]:
    """Read, mark and hand over one photo; its full size is gone from memory on return."""
    photo = replace(read_photo(source.load(), source.name), name=file)
    base = audit_copy(photo)
    mark = recipe.family.prepare(
        base,
        grey=photo.grey,
        visibility=recipe.visibility,
        versions=recipe.versions,
        seed=recipe.seed,
        photo=index,
        on_progress=on_progress,
    )
    published = derive(recipe.seed, "published", index).below(recipe.versions)
    data = encode_photo(photo, mark.render(photo.pixels, published))
    publish(file, data)
    record = _record(photo, sha256(data), _captioned(recipe.captions, source.name, file))
    return _Marked(record, encode_base(base, photo.grey), mark.parts()), photo.notes


def _captioned(captions: Mapping[str, Captioned], name: str, file: str) -> Captioned:
    # Of several photos with one name, the caption under that name is the first one's.
    own_name = name if file == safe_name(name) else file
    return captions.get(file) or captions.get(own_name) or Captioned()


def _record(photo: Photo, published_sha256: str, captioned: Captioned) -> KitPhoto:
    height, width = photo.pixels.shape[:2]
    return KitPhoto(
        file=photo.name,
        format=photo.format,
        width=width,
        height=height,
        grey=photo.grey,
        caption=captioned.caption,
        label=captioned.label,
        original_sha256=photo.original_sha256,
        published_sha256=published_sha256,
    )


def _twin_notes(source: PhotoSource, item: _Marked, seen: Mapping[str, str]) -> tuple[str, ...]:
    file, original = item.record.file, item.record.original_sha256
    notes = []
    if file != safe_name(source.name):
        notes.append(f"Another photo has the same name: this one is published as {shown(file)}.")
    if original in seen:
        first = shown(seen[original])
        notes.append(f"This is the same file as {first}; each is marked on its own.")
    return tuple(notes)


def _bind(
    marked: Sequence[_Marked], recipe: _Recipe, seed_given: bool
) -> tuple[PublicPart, SecretPart]:
    public = PublicPart(
        format_version=FORMAT_VERSION,
        software=f"telltale {__version__}",
        created=datetime.now(UTC).strftime(TIME_FORMAT),
        versions=recipe.versions,
        family=recipe.family.name,
        visibility=recipe.visibility,
        test_seed=recipe.seed.hex() if seed_given else None,
        photos=tuple(item.record for item in marked),
    )
    photos = tuple(
        SecretPhoto(sha256(item.base), {name: sha256(part) for name, part in item.parts.items()})
        for item in marked
    )
    secret = SecretPart(recipe.seed, public.digest(), photos)
    return replace(public, commitment=secret.commitment()), secret


def _members(public: PublicPart, secret: SecretPart, marked: Sequence[_Marked]) -> dict[str, bytes]:
    members = {
        READ_ME_FILE: READ_ME.encode(),
        "public.json": canonical_json(public.to_json()),
        "secret.json": canonical_json(secret.to_json()),
    }
    for index, item in enumerate(marked):
        members[base_file(index)] = item.base
        members |= {part_file(index, name): part for name, part in item.parts.items()}
    return members


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PhotoError(
            f"{shown(path.name)} cannot be opened. Check that the file is still where it was and "
            "that you may read it."
        ) from error
