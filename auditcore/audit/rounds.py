"""How several photos share the queries: breadth first, or one batch a photo."""

from collections.abc import Callable, Iterator, Sequence

from auditcore.audit.track import Track
from auditcore.sequential.batching import LARGEST

Block = tuple[Track, int]
"""Hidden versions to ask of one photo; its published version comes with its first block."""


class Rounds:
    """Rounds of 1, 2, 4, ... hidden versions a photo, in batches of about `most` queries.

    Within a round the photos take turns, one hidden version each. The first round also asks for
    the published versions: two queries a photo.

    Args:
        tracks: the photos.
        max_hidden: hidden versions asked of one photo at most.
        live: whether a photo may still be asked; once it may not, it never may again.
        most: queries of a batch.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        max_hidden: int,
        live: Callable[[Track], bool],
        most: int = LARGEST,
    ) -> None:
        self._tracks = tracks
        self._max_hidden = max_hidden
        self._live = live
        self._most = most
        self._size = 1
        self._turns: Iterator[Track] = iter(())

    def next_blocks(self) -> list[Block]:
        """Return the next batch over the live tracks, [] when none may be asked any more."""
        blocks = self._take()
        if not blocks:
            self._turns = self._round(self._size)
            self._size = min(2 * self._size, LARGEST)
            blocks = self._take()
        return blocks

    def _take(self) -> list[Block]:
        blocks: list[Block] = []
        queries = 0
        while queries < self._most and (track := next(self._turns, None)) is not None:
            blocks.append((track, 1))
            queries += 1 if track.asked else 2
        return blocks

    def _round(self, size: int) -> Iterator[Track]:
        """Yield whose turn it is; photos that were given up meanwhile drop out."""
        waiting = [(track, track.asked) for track in self._tracks]
        for turn in range(size):
            still = []
            for track, asked in waiting:
                if asked + turn < self._max_hidden and self._live(track):
                    still.append((track, asked))
                    yield track
            waiting = still


class Batches:
    """One batch a photo, in the kit's order: for models that may change between two questions."""

    def __init__(self, tracks: Sequence[Track], hidden: int) -> None:
        self._waiting = iter(tracks)
        self._hidden = hidden
        self._left = len(tracks)

    def next_blocks(self) -> list[Block]:
        """Return the next photo, whole; [] when all were asked."""
        track = next(self._waiting, None)
        if track is None:
            return []
        self._left -= 1
        return [(track, self._hidden)]

    def ahead(self) -> float:
        """Return how many queries the photos that were not drawn up yet will take."""
        return float(self._left * (self._hidden + 1))
