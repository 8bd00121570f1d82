"""Mark one photo: what a kit keeps of it, and the file that is published."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auditcore.kit.kit import encode_base
from auditcore.kit.parts import KitPhoto
from auditcore.kit.source import PhotoSource
from auditcore.kit.stored import sha256
from auditcore.marks import find_family
from auditcore.marks.base import Progress
from auditcore.photos import Captioned, Photo, audit_copy, encode_photo, read_photo
from auditcore.randomness import derive


@dataclass(frozen=True)
class Recipe:
    """What decides, with a photo and its index, how it is marked.

    Attributes:
        family: name of the family of marks.
        versions, visibility: see `auditcore.marks`.
        seed: the kit's seed.
    """

    family: str
    versions: int
    visibility: float
    seed: bytes


@dataclass(frozen=True)
class Task:
    """One photo that is to be marked.

    Attributes:
        source: where it comes from.
        file: the name it is published under.
        captioned: what it is published with.
        index: its number in the kit, which decides its marks and its published version.
    """

    source: PhotoSource
    file: str
    captioned: Captioned
    index: int


@dataclass(frozen=True)
class Marked:
    """One photo that was marked.

    Attributes:
        index: the index it was marked with.
        record: what the public part says of it.
        notes: what happened to it, a sentence each.
        base: the file of its audit copy.
        parts: the stored parts of its marks.
        published: the file that is published.
    """

    index: int
    record: KitPhoto
    notes: tuple[str, ...]
    base: bytes
    parts: Mapping[str, bytes]
    published: bytes


def mark_photo(task: Task, recipe: Recipe, on_progress: Progress | None = None) -> Marked:
    """Read and mark one photo.

    It depends on the task and the recipe alone: not on the process that does it, nor on what was
    marked before.

    Raises:
        PhotoError: the photo cannot be read.
    """
    photo = replace(read_photo(task.source.load(), task.source.name), name=task.file)
    base = audit_copy(photo)
    mark = find_family(recipe.family).prepare(
        base,
        grey=photo.grey,
        visibility=recipe.visibility,
        versions=recipe.versions,
        seed=recipe.seed,
        photo=task.index,
        on_progress=on_progress,
    )
    version = derive(recipe.seed, "published", task.index).below(recipe.versions)
    data = encode_photo(photo, mark.render(photo.pixels, version))
    return Marked(
        index=task.index,
        record=_record(photo, sha256(data), task.captioned),
        notes=photo.notes,
        base=encode_base(base, photo.grey),
        parts=mark.parts(),
        published=data,
    )


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
