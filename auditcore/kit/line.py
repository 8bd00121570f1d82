"""What a person is told of each photo that was given."""

from dataclasses import dataclass


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
