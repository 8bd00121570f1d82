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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from threading import Lock

import numpy as np
import torch
from torch.nn.functional import avg_pool2d

from auditcore.kit.held import Held
from auditcore.marks.grids import LEVEL
from auditcore.models.prepared import Prepared
from auditcore.photos import Pixels
from auditcore.scores.base import KitView, Query
from auditcore.scores.resampling import COARSE, ONE, PAIR, view_matrices
from auditcore.scores.views import View, cut_views

KEPT_BYTES = 256 << 20
"""How much is kept of the photos that were asked about last."""

_DOORS, _DRAWN_AT_ONCE = 16, 16

ViewsOf = Callable[[int], Sequence[View]]
"""From a photo to its views, each photo as many."""


@dataclass(frozen=True)
class Ground:
    """What all versions of a photo share.

    Attributes:
        views: views of the photo without a mark, (V, 3, S, S) uint8.
        rows: (V, S, COARSE) int16, multiples of 1 / ONE; see `view_matrices`.
        columns: (V, COARSE, S) int16, likewise; mirrored where the view is.
    """

    views: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor

    @property
    def nbytes(self) -> int:
        """Return the bytes it takes."""
        return sum(part.nbytes for part in (self.views, self.rows, self.columns))


class Later(Prepared):
    """Pictures that are made when a model takes them: call by call, in the thread that computes."""

    _make: Callable[[int, int], torch.Tensor]
    _span: range

    def __init__(self, make: Callable[[int, int], torch.Tensor], first: int, behind: int) -> None:
        """Stand for the pictures first .. behind-1 that `make(first, behind)` returns."""
        object.__setattr__(self, "_make", make)  # frozen, as all prepared pictures are
        object.__setattr__(self, "_span", range(first, behind))

    @property
    def levels(self) -> torch.Tensor:
        """Make them."""
        return self._make(self._span.start, self._span.stop)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._span)

    def __getitem__(self, part: slice) -> Prepared:
        """Stand for some of them."""
        span = self._span[part]
        return Later(self._make, span.start, span.stop)


class Composer:
    """Composes the views of a kit's versions on one device; safe among threads."""

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
            kept_bytes: how much may be kept of photos for the next time.
        """
        self._kit, self._views, self._size, self._device = kit, views, size, device
        self._grounds = Held(self._ground_and_size, kept_bytes)
        self._doors = [Lock() for _ in range(_DOORS)]

    def compose(self, queries: Sequence[Query], first: int, behind: int) -> torch.Tensor:
        """Return the pictures first .. behind-1 of all views of the queries' versions.

        Args:
            queries: the versions; each has all its views behind those of the one before.
            first: picture to begin with.
            behind: picture to end before.

        Returns:
            Grey levels, (behind - first, 3, S, S) float32.
        """
        count = len(self._views(queries[0].photo))
        levels = torch.empty(behind - first, 3, self._size, self._size, device=self._device)
        touched = queries[first // count : -(-behind // count)]
        start = first // count * count
        for photo, same in groupby(touched, key=lambda query: query.photo):
            grids = self._grids(photo, [query.version for query in same])
            ground = spread_out(self.ground(photo))
            for grid in grids:
                views = slice(max(0, first - start), min(count, behind - start))
                into = slice(start + views.start - first, start + views.stop - first)
                add_mark(ground, grid, views, levels[into])
                start += count
        return levels

    def cut(self, photo: int, pixels: Pixels, first: int, behind: int) -> torch.Tensor:
        """Return a photo's views first .. behind-1 of any picture, (behind - first, 3, S, S)."""
        return self._cut(pixels, self._views(photo)[first:behind]).to(self._device).float()

    def ground(self, photo: int) -> Ground:
        """Return what a photo's versions share; made once though several threads may ask."""
        with self._doors[photo % _DOORS]:
            return self._grounds(photo)

    def _grids(self, photo: int, versions: Sequence[int]) -> torch.Tensor:
        """Return the marks, (n, 3 COARSE, COARSE) float32 whole numbers: means of 2 x 2 cells."""
        coarse = torch.empty(len(versions), 3, COARSE, COARSE)
        for start in range(0, len(versions), _DRAWN_AT_ONCE):
            part = slice(start, start + _DRAWN_AT_ONCE)
            grids = np.ascontiguousarray(self._kit.grids(photo, versions[part]), dtype=np.float32)
            torch.round(avg_pool2d(torch.from_numpy(grids), PAIR), out=coarse[part])
        if self._device.type == "cuda":  # copied while this thread goes on
            coarse = coarse.pin_memory()
        return coarse.to(self._device, non_blocking=True).view(-1, 3 * COARSE, COARSE)

    def _ground_and_size(self, photo: int) -> tuple[Ground, int]:
        ground = self._make_ground(photo)
        return ground, ground.nbytes

    def _make_ground(self, photo: int) -> Ground:
        base, views = self._kit.base(photo), self._views(photo)
        height, width = (np.float64(side) for side in base.shape[:2])
        top, bottom, left, right, mirrored = np.array(
            [(view.top, view.bottom, view.left, view.right, view.mirrored) for view in views]
        ).T
        rows = view_matrices(base.shape[0], top * height, bottom * height, self._size)
        columns = view_matrices(base.shape[1], left * width, right * width, self._size)
        columns[mirrored > 0] = columns[mirrored > 0, ::-1]
        return Ground(
            self._cut(base, views).to(self._device),
            torch.from_numpy(rows).to(self._device),
            torch.from_numpy(columns).to(self._device).transpose(1, 2),
        )

    def _cut(self, pixels: Pixels, views: Sequence[View]) -> torch.Tensor:
        cut = np.stack(cut_views(pixels, views, self._size))
        return torch.from_numpy(cut).permute(0, 3, 1, 2).contiguous()


def spread_out(ground: Ground) -> Ground:
    """Return a ground as `add_mark` needs it: in float32, rows a colour, (V, 3, S, COARSE)."""
    rows = ground.rows.float()[:, None].repeat(1, 3, 1, 1)
    return Ground(ground.views.float(), rows, ground.columns.float().contiguous())


def add_mark(ground: Ground, grid: torch.Tensor, views: slice, levels: torch.Tensor) -> None:
    """Write some views of one version into `levels`.

    Args:
        ground: what the photo's versions share, from `spread_out`.
        grid: the version's mark, (3 COARSE, COARSE) float32 whole numbers.
        views: which views.
        levels: to be filled, (views, 3, S, S) float32 grey levels.
    """
    count, _, size, _ = levels.shape
    across = torch.bmm(grid.expand(count, -1, -1), ground.columns[views])
    across.mul_(1 / ONE).round_()
    rows = ground.rows[views].view(3 * count, size, COARSE)
    change = torch.bmm(rows, across.view(3 * count, COARSE, size)).view_as(levels)
    torch.add(ground.views[views], change, alpha=1 / (ONE * LEVEL), out=levels)
    levels.clamp_(0, 255)
