"""Marks: n visually similar versions of a photo, one of which is published.

Families are interchangeable: the guarantee never depends on how marks look, the power does.
"""

from auditcore.errors import MarkError
from auditcore.marks.base import (
    VERSIONS_DEFAULT,
    VERSIONS_MAX,
    VERSIONS_MIN,
    VISIBILITY_MAX,
    VISIBILITY_MIN,
    Mark,
    MarkFamily,
)
from auditcore.marks.smooth import SmoothFamily
from auditcore.marks.spread import SpreadFamily
from auditcore.marks.visibility import LEVELS, VISIBILITY_DEFAULT, Level, Visibility, measure

__all__ = [
    "DEFAULT_FAMILY",
    "FAMILIES",
    "LEVELS",
    "VERSIONS_DEFAULT",
    "VERSIONS_MAX",
    "VERSIONS_MIN",
    "VISIBILITY_DEFAULT",
    "VISIBILITY_MAX",
    "VISIBILITY_MIN",
    "Level",
    "Mark",
    "MarkFamily",
    "Visibility",
    "find_family",
    "measure",
]

DEFAULT_FAMILY = "smooth"
FAMILIES: dict[str, MarkFamily] = {
    family.name: family for family in (SmoothFamily(), SpreadFamily())
}


def find_family(name: str) -> MarkFamily:
    """Return the family of that name (MarkError, with the names there are, when there is none)."""
    if name not in FAMILIES:
        raise MarkError(
            f"There are no marks called {name!r}. Choose one of: {', '.join(FAMILIES)}."
        )
    return FAMILIES[name]
