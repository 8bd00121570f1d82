"""Views of versions, composed where the model computes instead of cut out of rendered versions.

A version is the photo plus a mark, and a view is a linear map of a picture. So

    view(version) = view(photo) + rows @ grid(version) @ columns^T,   kept within 0 .. 255

with the two matrices of `resampling.py`: what is left for each version is to draw its grid and two
small matrix products. A cut view is the same but for three roundings to whole grey levels, and for
clipping the version before instead of after resizing; published and hidden versions go one way.

Every product is exact in float32: grids, matrices and what is between are whole numbers with sums
below 2**24. So the views of a version are the same to the bit whatever is composed beside it, with
any number of threads and on any processor, and no rank depends on it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

import numpy as np
import torch

from auditcore.marks.budget import CELLS
from auditcore.marks.grids import LEVEL
from auditcore.models.prepared import Prepared
from auditcore.photos import Pixels
from auditcore.scores.base import KitView, Query
from auditcore.scores.resampling import ONE, view_matrices
from auditcore.scores.views import View, cut_views

KEPT_BYTES = 256 << 20
"""How much is kept of the photos that were asked about last."""

ViewsOf = Callable[[int], Sequence[View]]
"""From a photo to its views."""

K = TypeVar("K")


@dataclass(frozen=True)
class Ground:
    """What all versions of a photo share, for some of its views.

    Attributes:
        views: views of the photo without a mark, (V, 3, S, S) uint8.
        rows: (V, S, CELLS) int16, multiples of 1 / ONE; see `view_matrices`.
        columns: (V, CELLS, S) int16, likewise; mirrored where the view is.
    """

    views: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor

    @property
    def nbytes(self) -> int:
        """Return the bytes it takes."""
        return sum(part.nbytes for part in (self.views, self.rows, self.columns))


class Recent(Generic[K]):
    """What was made last, as much of it as `limit` bytes hold."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[K, Ground] = OrderedDict()

    def get(self, key: K, make: Callable[[], Ground]) -> Ground:
        """Return what is kept under a key, or make it; the oldest make room for it."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = make()
        self._kept[key] = made
        self._held += made.nbytes
        while self._held > self._limit and len(self._kept) > 1:
            self._held -= self._kept.popitem(last=False)[1].nbytes
        return made


class Composer:
    """Composes the views of a kit's versions on one device."""

    def __init__(
        self,
        kit: KitView,
        views: ViewsOf,
        size: int,
        device: torch.device,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        """Compose nothing yet.

        Args:
            kit: where photos and marks come from.
            views: the views of each photo.
            size: side of a view in pixels.
            device: where the views are wanted.
            kept_bytes: how much may be kept of photos for the next time; of the last one, all.
        """
        self._kit, self._views, self._size, self._device = kit, views, size, device
        self._grounds: Recent[tuple[int, int, int]] = Recent(kept_bytes)

    def compose(self, queries: Sequence[Query], first: int, behind: int) -> Prepared:
        """Return the views first .. behind-1 of each query's version, one version after another."""
        count = behind - first
        shape = (len(queries), count, 3, self._size, self._size)
        levels = torch.empty(shape, dtype=torch.float32, device=self._device)
        start = 0
        for photo, same in groupby(queries, key=lambda query: query.photo):
            versions = [query.version for query in same]
            grids = np.ascontiguousarray(self._kit.grids(photo, versions), dtype=np.float32)
            ground, into = self.ground(photo, first, behind), levels[start : start + len(versions)]
            add_marks(ground, torch.from_numpy(grids).to(self._device), into)
            start += len(versions)
        return Prepared(levels.flatten(0, 1))

    def cut(self, photo: int, pixels: Pixels, first: int, behind: int) -> Prepared:
        """Return a photo's views first .. behind-1 of any picture."""
        return Prepared(self._cut(photo, pixels, first, behind).to(self._device).float())

    def ground(self, photo: int, first: int, behind: int) -> Ground:
        """Return what a photo's versions share for its views first .. behind-1."""
        return self._grounds.get(
            (photo, first, behind), lambda: self._make_ground(photo, first, behind)
        )

    def _make_ground(self, photo: int, first: int, behind: int) -> Ground:
        base, views = self._kit.base(photo), self._views(photo)[first:behind]
        height, width = base.shape[:2]
        down = _edges(height, ((view.top, view.bottom) for view in views))
        across = _edges(width, ((view.left, view.right) for view in views))
        columns = view_matrices(width, *across, self._size)
        mirrored = np.array([view.mirrored for view in views])
        columns[mirrored] = columns[mirrored, ::-1]
        return Ground(
            self._cut(photo, base, first, behind).to(self._device),
            torch.from_numpy(view_matrices(height, *down, self._size)).to(self._device),
            torch.from_numpy(columns).to(self._device).transpose(1, 2),
        )

    def _cut(self, photo: int, pixels: Pixels, first: int, behind: int) -> torch.Tensor:
        cut = np.stack(cut_views(pixels, self._views(photo)[first:behind], self._size))
        return torch.from_numpy(cut).permute(0, 3, 1, 2).contiguous()


def add_marks(ground: Ground, grids: torch.Tensor, levels: torch.Tensor) -> None:
    """Write the views of one photo's versions into `levels`.

    Args:
        ground: what they share.
        grids: the versions' marks, (n, 3, CELLS, CELLS), float32 whole numbers.
        levels: to be filled, (n, V, 3, S, S) float32 grey levels.
    """
    count, size, _ = ground.rows.shape
    views = ground.views.float()
    columns = ground.columns.float()
    rows = ground.rows.float().repeat_interleave(3, dim=0)  # one for each colour
    for grid, into in zip(grids, levels, strict=True):
        flat = grid.view(1, 3 * CELLS, CELLS).expand(count, -1, -1)
        across = torch.bmm(flat, columns).mul_(1 / ONE).round_()
        change = torch.bmm(rows, across.view(3 * count, CELLS, size))
        torch.add(views, change.view_as(into), alpha=1 / (ONE * LEVEL), out=into)
        into.clamp_(0, 255)


def _edges(length: int, edges: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return where views begin and end along an axis, in pixels."""
    pairs = [(low * length, high * length) for low, high in edges]
    return [low for low, _ in pairs], [high for _, high in pairs]
