"""The papers' family: each version moves the photo its own way in a pretrained model's features.

n unit vectors are spread over the feature sphere; projected gradient descent finds, for each, the
mark that moves the features furthest along it (arXiv 2503.22413, marking; ancestor 2407.15100).
Marks are drawn on a coarse grid under the same perceptual budget as the default family. The search
uses floating point, so its result is stored, one byte a grid value; rendering is integers only.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import MarkError
from auditcore.marks.base import Progress, check_render, check_request, check_versions
from auditcore.marks.budget import CELLS, STRENGTH_BITS, Budget, Pattern
from auditcore.marks.fitting import fit_budget
from auditcore.marks.grids import Grids, add_grid, enlarge
from auditcore.photos import Pixels
from auditcore.randomness import derive

SQUARES = 32
"""Rows and columns of a stored mark."""

ONE = 127
"""The largest value of a stored grid: a full step of the budget."""

_STRENGTH, _GRIDS = "strength", "grids"
_PROBES = 24

Stored = NDArray[np.int8]
"""Marks as a kit stores them, (versions, SQUARES, SQUARES, channels)."""


@dataclass(frozen=True)
class SpreadMark:
    """The spread marks of one photo; see `auditcore.marks.base.Mark` for the contract."""

    budget: Budget
    stored: Stored
    channels: int

    @property
    def versions(self) -> int:
        """Return n."""
        return len(self.stored)

    def render(self, pixels: Pixels, version: int) -> Pixels:
        """Return the picture with mark `version` on it, at any size."""
        check_render(pixels, version, self.versions)
        return add_grid(pixels, self.budget.grid(_pattern(self.stored[version])))

    def grids(self, versions: Sequence[int]) -> Grids:
        """Return the colour changes of many versions."""
        check_versions(versions, self.versions)
        return self.budget.grids(_patterns(self.stored[list(versions)]))

    def parts(self) -> dict[str, bytes]:
        """Return the strength map and the grids of all versions, about 3 kB a version."""
        return {
            _STRENGTH: self.budget.to_bytes(),
            _GRIDS: zlib.compress(self.stored.tobytes(), level=6),
        }


@dataclass(frozen=True)
class SpreadFamily:
    """The family `spread`; see `auditcore.marks.base.MarkFamily` for the contract.

    Attributes:
        steps: gradient steps a version. Each costs one look of the extractor and its gradient.
    """

    steps: int = 4
    name: str = "spread"
    title: str = "Spread in a model's features (as in the papers; slow)"

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
    ) -> SpreadMark:
        """Search the marks of one photo, `on_progress` after each batch of versions."""
        check_request(visibility, versions)
        # torch takes seconds to import, and only searching needs it: not opening, not rendering.
        from auditcore.marks.spread_search import search

        channels = 1 if grey else 3
        noise = derive(seed, "mark probe", photo).read(_PROBES * SQUARES * SQUARES * channels)
        probes = np.frombuffer(noise, np.int8).reshape(_PROBES, SQUARES, SQUARES, channels)
        budget = fit_budget(pixels, _patterns(probes), visibility)
        found: list[Stored] = []
        for grids in search(pixels, budget, seed, photo, versions, channels, self.steps):
            found.append(grids)
            if on_progress is not None:
                on_progress(sum(map(len, found)), versions)
        marks = np.concatenate(found)
        budget = fit_budget(pixels, _patterns(marks[:_PROBES]), visibility)
        return SpreadMark(budget, marks, channels)

    def restore(
        self,
        parts: Mapping[str, bytes],
        *,
        grey: bool,
        visibility: float,
        versions: int,
        seed: bytes,
        photo: int,
    ) -> SpreadMark:
        """Read the stored marks; nothing is searched again."""
        check_request(visibility, versions)
        if _STRENGTH not in parts or _GRIDS not in parts:
            raise MarkError("The kit lacks the marks of a photo. Use a copy of the kit.")
        channels = 1 if grey else 3
        shape = (versions, SQUARES, SQUARES, channels)
        grids = np.frombuffer(_unpacked(parts[_GRIDS], int(np.prod(shape))), np.int8)
        return SpreadMark(Budget.from_bytes(parts[_STRENGTH]), grids.reshape(shape), channels)


def _unpacked(data: bytes, size: int) -> bytes:
    """Decompress exactly `size` bytes, never more (MarkError when there are others)."""
    reader = zlib.decompressobj()
    try:
        unpacked = reader.decompress(data, size + 1)
    except zlib.error as error:
        raise MarkError("The kit's marks of a photo are damaged. Use a copy of the kit.") from error
    if len(unpacked) != size:
        raise MarkError("The kit's marks of a photo are damaged. Use a copy of the kit.")
    return unpacked


def _patterns(stored: Stored) -> Grids:
    """Enlarge stored grids to patterns, (n, 3, CELLS, CELLS)."""
    return np.stack([_pattern(grid).transpose(2, 0, 1) for grid in stored])


def _pattern(grid: NDArray[np.int8]) -> Pattern:
    """Enlarge a stored grid to a pattern, (CELLS, CELLS, 3) within +-2**STRENGTH_BITS."""
    coloured = np.broadcast_to(grid, (*grid.shape[:2], 3)).astype(np.int32)
    scaled = coloured * (1 << STRENGTH_BITS) // ONE
    return np.clip(enlarge(scaled, CELLS), -(1 << STRENGTH_BITS), 1 << STRENGTH_BITS)
