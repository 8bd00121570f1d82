"""What every family of marks offers, and the limits all of them share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from auditcore.errors import MarkError
from auditcore.marks.grids import Grids
from auditcore.photos import Pixels

Progress = Callable[[int, int], None]

VERSIONS_MIN, VERSIONS_DEFAULT, VERSIONS_MAX = 20, 1000, 10_000
VISIBILITY_MIN, VISIBILITY_MAX = 0.5, 6.0


class Mark(Protocol):
    """The n marks of one photo.

    Everything `render` does is integer arithmetic on the seed and on `parts`, so that a version is
    the same bit for bit on any machine. Versions are independent draws from one distribution:
    nothing but the seed tells the published one from the hidden ones (arXiv 2503.22413, section 3).
    """

    @property
    def versions(self) -> int:
        """Return n, the number of versions."""

    def render(self, pixels: Pixels, version: int) -> Pixels:
        """Return the picture with mark `version` on it.

        Args:
            pixels: the picture at any size, (H, W, 3) uint8 sRGB; the audit copy and the full-size
                photo get the same mark. Never changed.
            version: 0 .. versions-1.

        Raises:
            MarkError: for a version that does not exist or pixels of another shape or type.
        """

    def grids(self, versions: Sequence[int]) -> Grids:
        """Return the colour changes that `render` spreads over the picture, of many versions.

        Args:
            versions: each 0 .. versions-1, at least one.

        Returns:
            Shape (len(versions), 3, CELLS, CELLS), colour channels first, in units of 1/LEVEL grey
            level; at most LEVELS_MAX levels.

        Raises:
            MarkError: for a version that does not exist.
        """

    def parts(self) -> dict[str, bytes]:
        """Return what cannot be derived from the seed again, a few kilobytes, by name."""


class MarkFamily(Protocol):
    """A way of making marks."""

    @property
    def name(self) -> str:
        """Return the name used in kits and on the command line."""

    @property
    def title(self) -> str:
        """Return the name in plain words."""

    def prepare(
        self,
        pixels: Pixels,
        *,
        grey: bool,
        visibility: float,
        versions: int,
        seed: bytes,
        photo: int,
        on_progress: Progress | None = None,
    ) -> Mark:
        """Design the marks of one photo.

        Args:
            pixels: the audit copy, (H, W, 3) uint8 sRGB.
            grey: whether the photo has no colour, so that the marks must have none either.
            visibility: wanted mean CIEDE2000 between photo and version, VISIBILITY_MIN..MAX.
            versions: n, VERSIONS_MIN..MAX.
            seed: the kit's seed.
            photo: the photo's index in the kit.
            on_progress: called with (done, total).

        Raises:
            MarkError: for a visibility or a number of versions outside the limits.
        """

    def restore(
        self,
        parts: Mapping[str, bytes],
        *,
        grey: bool,
        visibility: float,
        versions: int,
        seed: bytes,
        photo: int,
    ) -> Mark:
        """Make the marks of one photo again from the seed and the stored parts.

        Raises:
            MarkError: for parts that are missing, damaged or of a newer software.
        """


def check_request(visibility: float, versions: int) -> None:
    """Refuse a visibility or a number of versions outside the limits (MarkError)."""
    if not VISIBILITY_MIN <= visibility <= VISIBILITY_MAX:
        raise MarkError(
            f"The visibility of a mark can be {VISIBILITY_MIN:g} to {VISIBILITY_MAX:g}, "
            f"not {visibility:g}. Choose a value in that range."
        )
    if not VERSIONS_MIN <= versions <= VERSIONS_MAX:
        raise MarkError(
            f"A photo can have {VERSIONS_MIN} to {VERSIONS_MAX:,} versions, not {versions:,}. "
            "Choose a number in that range."
        )


def check_render(pixels: Pixels, version: int, versions: int) -> None:
    """Refuse pixels that are no picture, or a version that does not exist (MarkError)."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise MarkError(
            "A mark needs a colour picture of 8 bits a channel, height x width x 3; "
            f"this one is {' x '.join(map(str, pixels.shape))} of type {pixels.dtype}."
        )
    check_versions([version], versions)


def check_versions(wanted: Sequence[int], versions: int) -> None:
    """Refuse versions that do not exist (MarkError)."""
    for version in (min(wanted), max(wanted)):
        if not 0 <= version < versions:
            raise MarkError(
                f"Version {version} does not exist: this photo has versions 0 to {versions - 1}."
            )
