"""One photo's walk: which versions are asked next, and how many hidden ones beat the published."""

from array import array
from collections.abc import Mapping
from typing import Protocol

from auditcore.randomness import Stream

Asked = tuple[int, int]
"""(photo, version): one query of an audit."""


class Sealed(Protocol):
    """What the machine needs of a kit: everything that was committed before publication."""

    def published_version(self, photo: int) -> int:
        """Return the version that was published."""

    def hidden_order(self, photo: int) -> tuple[int, ...]:
        """Return the hidden versions in the committed order."""

    def tie_priority(self, photo: int, version: int) -> int:
        """Return the committed priority that decides between equal scores."""

    def stream(self, *label: str | int) -> Stream:
        """Return the random stream of the kit's seed with this label."""


class Track:
    """The state of one photo: t hidden versions applied, of which k beat the published one.

    Two versions are compared by (score, committed random priority), so there are no ties. Every
    version, published or hidden, gets its score through the same queries; the published one is
    asked once, at a random place of the photo's first batch that follows from the seed.

    Args:
        sealed: what was committed.
        photo: its index.
        shuffled: ask the first batch in an order of its own, independent of the committed one, so
            that a model that changes from question to question favours no version. Then that
            batch is to be the only one.
        most: hidden versions that may be asked, None for all; the others are not remembered.
    """

    __slots__ = (
        "_most",
        "_order",
        "_published",
        "_sealed",
        "_shuffled",
        "_to_beat",
        "asked",
        "k",
        "photo",
        "t",
    )

    def __init__(
        self, sealed: Sealed, photo: int, shuffled: bool = False, most: int | None = None
    ) -> None:
        self.photo = photo
        self._shuffled = shuffled
        self._most = most
        self.t = 0
        self.k = 0
        self.asked = 0
        self._sealed = sealed
        self._published = -1
        self._order = array("I")
        self._to_beat: float | None = None

    def ask(self, hidden: int) -> list[Asked]:
        """Return the queries for the next `hidden` hidden versions, and count them as asked."""
        if self.asked == 0:
            self._look_up()
        versions = list(self._order[self.asked : self.asked + hidden])
        if self.asked == 0 and self._shuffled:
            asking = self._sealed.stream("asking", self.photo)
            versions = list(asking.shuffled([self._published, *versions]))
        elif self.asked == 0:
            place = self._sealed.stream("place", self.photo).below(len(versions) + 1)
            versions.insert(place, self._published)
        self.asked += hidden
        return [(self.photo, version) for version in versions]

    def hear(self, scores: Mapping[Asked, float]) -> None:
        """Note the score of the published version if it is among `scores`."""
        if (self.photo, self._published) in scores:
            self._to_beat = scores[self.photo, self._published]

    def apply_next(self, scores: Mapping[Asked, float]) -> None:
        """Apply the next hidden version in the committed order: t grows by 1, k by 0 or 1."""
        self.k += self._beats(self._order[self.t], scores)
        self.t += 1

    def _look_up(self) -> None:
        """Learn what was committed, when the photo is first asked about: it takes a while."""
        self._published = self._sealed.published_version(self.photo)
        self._order = array("I", self._sealed.hidden_order(self.photo)[: self._most])

    def _beats(self, version: int, scores: Mapping[Asked, float]) -> bool:
        score = scores[self.photo, version]
        assert self._to_beat is not None, "the published version is asked in the first batch"
        if score != self._to_beat:
            return score > self._to_beat
        priority = self._sealed.tie_priority
        return priority(self.photo, version) > priority(self.photo, self._published)
