"""Seal a kit: mark each photo, hand over what is published, fix everything in one file."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO

from auditcore import __version__
from auditcore.errors import KitError, PhotoError
from auditcore.kit.canonical import canonical_json
from auditcore.kit.kit import Kit
from auditcore.kit.layout import READ_ME, READ_ME_FILE, base_file, part_file
from auditcore.kit.line import PhotoLine
from auditcore.kit.marking import Marked, Recipe, Task
from auditcore.kit.parts import (
    FORMAT_VERSION,
    MAX_PHOTOS,
    TIME_FORMAT,
    KitPhoto,
    PublicPart,
    SecretPart,
    SecretPhoto,
)
from auditcore.kit.side_by_side import one_by_one
from auditcore.kit.source import PhotoSource
from auditcore.kit.spelling import write_zip
from auditcore.kit.stored import InMemory, Stored, sha256
from auditcore.marks import DEFAULT_FAMILY, VERSIONS_DEFAULT, VISIBILITY_DEFAULT, find_family
from auditcore.marks.base import Progress, check_request
from auditcore.photos import Captioned, safe_name, shown, unique_names
from auditcore.randomness import SEED_BYTES

Publish = Callable[[str, bytes], None]
STEPS_A_PHOTO = 100
"""What `on_progress` counts a photo as."""


@dataclass(frozen=True)
class Sealed:
    """A new kit, and a line for each photo that was given."""

    kit: Kit
    lines: tuple[PhotoLine, ...]


@dataclass(frozen=True)
class SealedBytes(Sealed):
    """The same, with the kit's file."""

    kit_bytes: bytes


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
) -> SealedBytes:
    """Mark the photos and seal their kit in memory; one photo at a time is there in full size.

    `protect_into` does the same on disk, for as many photos as a kit can have.

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
    recipe = make_recipe(len(sources), family, versions, visibility, seed)
    progress = Steps(len(sources), on_progress)
    teller, marked = Teller(), list[Marked]()
    tasks = make_tasks(sources, captions or {})
    for task, result in zip(tasks, one_by_one(tasks, recipe, progress.within), strict=True):
        teller.tell(task, result)
        if isinstance(result, Marked):
            publish(task.file, result.published)
            marked.append(replace(result, published=b""))
        progress.next()
    if not marked:
        raise PhotoError(teller.lines[0].refused or "")
    sealed = [sealed_hashes(item) for item in marked]
    public, secret = bind([item.record for item in marked], sealed, recipe, seed is not None)
    stored = InMemory([item.base for item in marked], [item.parts for item in marked])
    buffer = BytesIO()
    write_zip(buffer, members(public, secret, stored))
    return SealedBytes(Kit(public, secret, stored), tuple(teller.lines), buffer.getvalue())


def make_recipe(
    photos: int, family: str, versions: int, visibility: float, seed: bytes | None
) -> Recipe:
    """Check what is asked for, and draw the seed unless one is given.

    Raises:
        MarkError, KitError: as `seal_kit`.
    """
    check_request(visibility, versions)
    find_family(family)
    if not photos:
        raise KitError("There is no photo to protect. Add at least one.")
    if photos > MAX_PHOTOS:
        raise KitError(
            f"A kit holds at most {MAX_PHOTOS:,} photos, and you gave {photos:,}. "
            "Protect them in several kits."
        )
    if seed is not None and len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
    drawn = os.urandom(SEED_BYTES) if seed is None else seed
    return Recipe(family, versions, float(visibility), drawn)


def make_tasks(sources: Sequence[PhotoSource], captions: Mapping[str, Captioned]) -> list[Task]:
    """Give each photo its published name, its caption, and its index if all can be read."""
    files = unique_names([source.name for source in sources])
    return [
        Task(source, file, _captioned(captions, source.name, file), index)
        for index, (source, file) in enumerate(zip(sources, files, strict=True))
    ]


def _captioned(captions: Mapping[str, Captioned], name: str, file: str) -> Captioned:
    # Of several photos with one name, the caption under that name is the first one's.
    own_name = name if file == safe_name(name) else file
    return captions.get(file) or captions.get(own_name) or Captioned()


class Steps:
    """Maps one photo's progress to that of all photos, STEPS_A_PHOTO steps each."""

    def __init__(self, photos: int, on_progress: Progress | None, done: int = 0) -> None:
        """Take how many photos there are and how many are done; tells so at once."""
        self._total, self._done = STEPS_A_PHOTO * photos, STEPS_A_PHOTO * done
        self._report: Progress = on_progress or (lambda done, total: None)
        self._report(self._done, self._total)

    def within(self, done: int, total: int) -> None:
        """Tell how far the photo in work is."""
        self._report(self._done + STEPS_A_PHOTO * done // total, self._total)

    def next(self) -> None:
        """Tell that a photo is done."""
        self._done += STEPS_A_PHOTO
        self._report(self._done, self._total)


class Teller:
    """Says what happened to each photo, in order."""

    def __init__(self, lines: Sequence[PhotoLine] = (), hashes: Sequence[str] = ()) -> None:
        """Take what is told already, and the hashes of those files that were marked, in order."""
        self.lines = list(lines)
        self._seen: dict[str, str] = {}
        marked = (line for line in lines if line.refused is None)
        for line, digest in zip(marked, hashes, strict=True):
            self._seen.setdefault(digest, line.name)

    def tell(self, task: Task, result: Marked | PhotoError) -> PhotoLine:
        """Return the line of the next photo."""
        name = task.source.name
        if isinstance(result, PhotoError):
            line = PhotoLine(name, None, refused=str(result))
        else:
            notes = (*result.notes, *self._twin_notes(task, result))
            line = PhotoLine(name, task.file, notes)
            self._seen.setdefault(result.record.original_sha256, name)
        self.lines.append(line)
        return line

    def _twin_notes(self, task: Task, marked: Marked) -> Iterator[str]:
        if task.file != safe_name(task.source.name):
            file = shown(task.file)
            yield f"Another photo has the same name: this one is published as {file}."
        if first := self._seen.get(marked.record.original_sha256):
            yield f"This is the same file as {shown(first)}; each is marked on its own."


def sealed_hashes(marked: Marked) -> SecretPhoto:
    """Return what the secret part holds of a photo."""
    return SecretPhoto(
        sha256(marked.base), {name: sha256(part) for name, part in marked.parts.items()}
    )


def bind(
    records: Sequence[KitPhoto], sealed: Sequence[SecretPhoto], recipe: Recipe, seed_given: bool
) -> tuple[PublicPart, SecretPart]:
    """Return the two parts of a new kit, each fixed by the other."""
    public = PublicPart(
        format_version=FORMAT_VERSION,
        software=f"telltale {__version__}",
        created=datetime.now(UTC).strftime(TIME_FORMAT),
        versions=recipe.versions,
        family=recipe.family,
        visibility=recipe.visibility,
        test_seed=recipe.seed.hex() if seed_given else None,
        photos=tuple(records),
    )
    secret = SecretPart(recipe.seed, public.digest(), tuple(sealed))
    return replace(public, commitment=secret.commitment()), secret


def members(public: PublicPart, secret: SecretPart, stored: Stored) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a kit in ascending order of their names; one at a time is in memory."""
    lists: dict[str, Callable[[], bytes]] = {
        READ_ME_FILE: READ_ME.encode,
        "public.json": lambda: canonical_json(public.to_json()),
        "secret.json": lambda: canonical_json(secret.to_json()),
    }
    places = {base_file(photo): (photo, "") for photo in range(len(public.photos))}
    for photo, record in enumerate(secret.photos):
        places |= {part_file(photo, name): (photo, name) for name in record.parts_sha256}
    for file in sorted([*lists, *places]):
        if file in lists:
            yield file, lists[file]()
        else:
            photo, name = places[file]
            yield file, stored.parts(photo)[name] if name else stored.base(photo)
