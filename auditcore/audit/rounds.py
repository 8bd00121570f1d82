"""How several photos share the queries: breadth first, or one batch a photo."""

from collections import deque
from collections.abc import Sequence

from auditcore.audit.track import Track
from auditcore.sequential.batching import LARGEST

Block = tuple[Track, int]
"""Hidden versions to ask of one photo; its published version comes with its first block."""


class Rounds:
    """Rounds of 1, 2, 4, ... hidden versions a photo, in batches of about LARGEST queries.

    Within a round the photos take turns, one hidden version each. The first round also asks for
    the published versions: two queries a photo.
    """

    def __init__(self, max_hidden: int) -> None:
        self._max_hidden = max_hidden
        self._size = 1
        self._turns: deque[Track] = deque()

    def next_blocks(self, live: Sequence[Track]) -> list[Block]:
        """Return the next batch over the live tracks, [] when none may be asked any more."""
        photos = {track.photo for track in live}
        self._turns = deque(track for track in self._turns if track.photo in photos)
        if not self._turns:
            self._start_round(live)
        blocks: list[Block] = []
        queries = 0
        while self._turns and queries < LARGEST:
            track = self._turns.popleft()
            blocks.append((track, 1))
            queries += 1 if track.asked else 2
        return blocks

    def _start_round(self, live: Sequence[Track]) -> None:
        for turn in range(self._size):
            self._turns.extend(track for track in live if track.asked + turn < self._max_hidden)
        self._size = min(2 * self._size, LARGEST)


class Batches:
    """One batch a photo, in the kit's order: for models that may change between two questions."""

    def __init__(self, hidden: int) -> None:
        self._hidden = hidden

    def next_blocks(self, live: Sequence[Track]) -> list[Block]:
        """Return the next photo, whole; [] when all were asked."""
        waiting = [track for track in live if not track.asked]
        return [(track, self._hidden) for track in waiting[:1]]

    def ahead(self, tracks: Sequence[Track]) -> float:
        """Return how many queries the photos that were not asked will take."""
        return sum(self._hidden + 1 for track in tracks if not track.asked)
