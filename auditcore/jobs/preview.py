"""What a person sees before photos are protected: what each file is, and how visible a mark is."""

import os
from dataclasses import dataclass

from auditcore.errors import PhotoError
from auditcore.marks import DEFAULT_FAMILY, VERSIONS_MIN, Visibility, find_family, measure
from auditcore.photos import Pixels, audit_copy, read_photo
from auditcore.randomness import SEED_BYTES


@dataclass(frozen=True)
class Inspected:
    """One file as it was given.

    Attributes:
        notes: what was found and will be done, a sentence each.
        refused: why it cannot be protected, or None.
        picture: a small copy, (h, w, 3) uint8, None when refused.
        width, height: of the photo, upright, in pixels.
    """

    name: str
    notes: tuple[str, ...] = ()
    refused: str | None = None
    picture: Pixels | None = None
    width: int = 0
    height: int = 0
    grey: bool = False


@dataclass(frozen=True)
class Preview:
    """A photo, a marked copy of it at the same small size, and the figures of the difference."""

    before: Pixels
    after: Pixels
    figures: Visibility


def inspect(name: str, data: bytes) -> Inspected:
    """Read one file as `seal_kit` will; a file that is no photo comes back with the reason."""
    try:
        photo = read_photo(data, name)
    except PhotoError as error:
        return Inspected(name, refused=str(error))
    height, width = photo.pixels.shape[:2]
    return Inspected(name, photo.notes, None, audit_copy(photo), width, height, photo.grey)


def preview(inspected: Inspected, visibility: float) -> Preview:
    """Mark the small copy as a version would be; the mark is a throw-away draw, never published.

    Raises:
        PhotoError: the file was refused.
        MarkError: the visibility is out of bounds.
    """
    if inspected.picture is None:
        raise PhotoError(inspected.refused or "")
    mark = find_family(DEFAULT_FAMILY).prepare(
        inspected.picture,
        grey=inspected.grey,
        visibility=visibility,
        versions=VERSIONS_MIN,
        seed=os.urandom(SEED_BYTES),
        photo=0,
    )
    after = mark.render(inspected.picture, 0)
    return Preview(inspected.picture, after, measure(inspected.picture, after))
