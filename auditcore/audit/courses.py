"""How each claim spends its queries: what to ask next, and when the matter is decided.

A course looks at nothing but the (t, k) of its tracks, that is, at the past: any such rule leaves
the false-alarm level as it is.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from auditcore.audit.forecast import Ahead
from auditcore.audit.plan import EACH, PHOTO, RANK_SUM, Plan
from auditcore.audit.rounds import Batches, Block, Rounds
from auditcore.audit.track import Track
from auditcore.audit.verdict import CollectionVerdict, Decision
from auditcore.sequential import DEFAULT_TEST, RankTest, make_test, next_batch_size
from auditcore.sequential.collection import AnytimeCollection, RunningEvidence
from auditcore.sequential.familywise import ClosedTest, ClosedWalk
from auditcore.sequential.fixed_budget import RankSum

ADVICE_LEVEL = Fraction(1, 20)
LARGEST_LOG = 700.0
NO_CLAIM = "no claim was made"
EVIDENCE = "evidence"
RANK_SUM_P = "p-value of the rank-sum"
State = tuple[int, int]


class Course(ABC):
    """The course of one claim. What does not concern a claim has its answer here: cannot tell.

    Attributes:
        over: whether the claim is decided, or nothing is left to ask.
        test: the test a single photo's figures are shown with.
    """

    test: RankTest

    def __init__(self, tracks: Sequence[Track]) -> None:
        self.over = False
        self._tracks = tracks
        self._kept: Ahead | None = None

    @abstractmethod
    def next_blocks(self) -> list[Block]:
        """Return what to ask next; [] when nothing is left to gain."""

    @abstractmethod
    def applied(self, track: Track) -> None:
        """Look at a track to which one hidden version was just applied; may set `over`."""

    def takes(self, track: Track) -> bool:
        """Say whether a track may still move."""
        return True

    @abstractmethod
    def expected_ahead(self) -> float:
        """Return how many hidden versions it may still take, as far as the answers so far tell."""

    def _ahead(self, test: RankTest) -> Ahead:
        """Return what the photos will still cost by a test; `_moved` keeps it up to date."""
        if self._kept is None:
            states = {track.photo: (track.t, track.k) for track in self._tracks}
            self._kept = Ahead(test, states)
        return self._kept

    def _moved(self, track: Track) -> None:
        if self._kept is not None:
            self._kept.moved(track.photo, track.t, track.k)

    def decision(self, photo: int) -> Decision:
        """Return the decision on one photo, once over."""
        return Decision.CANNOT_TELL

    def collection(self) -> CollectionVerdict:
        """Return the decision on the collection, once over."""
        return CollectionVerdict(Decision.CANNOT_TELL, None, None, NO_CLAIM)

    def log_collection(self) -> float | None:
        """Return the natural log of the evidence on the collection, None where none is kept."""
        return None

    def _states(self) -> list[State]:
        return [(track.t, track.k) for track in self._tracks]


class PhotoCourse(Course):
    """One named photo: pilot, then the shortest clean run that could decide (at most doubling).

    A hosted model is asked about all the hidden versions that it may cost in one batch.
    """

    def __init__(self, track: Track, test: RankTest, plan: Plan) -> None:
        super().__init__([track])
        self.test = test
        self._track = track
        self._most = plan.max_hidden
        self._batches = Batches([track], plan.max_hidden) if plan.hosted else None
        self._batching = plan.batching

    def next_blocks(self) -> list[Block]:
        """Ask for the next batch of the one photo."""
        if self._batches is not None:
            return self._batches.next_blocks()
        pilot, most = self._batching.pilot, self._batching.most
        size = next_batch_size(self.test, self._track.t, self._track.k, pilot, most)
        return [(self._track, size)]

    def applied(self, track: Track) -> None:
        """Stop at the first crossing: rejected, advised to give up, or nothing left."""
        state = (track.t, track.k)
        crossed = self.test.rejects(*state) or self.test.gives_up(*state)
        self.over = crossed or track.t == self._most
        self._moved(track)

    def expected_ahead(self) -> float:
        """Return what it takes until the photo is decided."""
        if self._batches is not None:
            return self._batches.ahead()
        return self._ahead(self.test).total

    def decision(self, photo: int) -> Decision:
        """Decide on the named photo; nothing was asked about the others."""
        if photo != self._track.photo:
            return Decision.CANNOT_TELL
        return _used(self.test.rejects(self._track.t, self._track.k))


class SoloCourse(PhotoCourse):
    """The collection of a kit with one photo: the claim about the photo itself."""

    def collection(self) -> CollectionVerdict:
        """Decide as on the photo."""
        statistic = self.test.statistic(self._track.t, self._track.k)
        return CollectionVerdict(
            self.decision(self._track.photo),
            statistic,
            float(self.test.threshold),
            self.test.statistic_name,
        )

    def log_collection(self) -> float | None:
        """Return the log of the photo's own statistic."""
        return self.test.log_statistic(self._track.t, self._track.k)


class CollectionCourse(Course):
    """All photos as one claim, anytime: evidence from the product of e-values, breadth first.

    A photo is asked no further once the advice of the default test at ADVICE_LEVEL is to give it
    up (whatever the level of the claim: it is about how strong the photo's mark is); once every
    photo is, or the budget is spent, the course is over. A hosted model is asked about the photos
    one after the other, one batch each.
    """

    def __init__(self, tracks: Sequence[Track], test: RankTest, plan: Plan) -> None:
        super().__init__(tracks)
        self.test = test
        self._advice = advice_of(plan)
        self._evidence = AnytimeCollection(len(tracks), plan.versions, plan.level)
        self._asking = (
            Batches(tracks, plan.max_hidden)
            if plan.hosted
            else Rounds(tracks, plan.max_hidden, self._worth_asking, plan.batching.most)
        )
        self._running = RunningEvidence()
        self._told: dict[int, State] = {}

    def next_blocks(self) -> list[Block]:
        """Ask the photos that are worth going on with."""
        return self._asking.next_blocks()

    def _worth_asking(self, track: Track) -> bool:
        return not self._advice.gives_up(track.t, track.k)

    def applied(self, track: Track) -> None:
        """Stop once the evidence reaches 1 / level."""
        state = (track.t, track.k)
        self._running.move(self._told.get(track.photo, (0, 0)), state)
        self._told[track.photo] = state
        self.over = self._rejects()
        self._moved(track)

    def expected_ahead(self) -> float:
        """Return what it takes until the photos are given up, one by one."""
        if isinstance(self._asking, Batches):
            return self._asking.ahead()
        return self._ahead(self._advice).total

    def collection(self) -> CollectionVerdict:
        """Decide on "none of these photos was used"."""
        return CollectionVerdict(
            _used(self._rejects()),
            _exp(self._running.log_e),
            float(self._evidence.threshold),
            EVIDENCE,
        )

    def log_collection(self) -> float | None:
        """Return the natural log of the averaged product of e-values."""
        return self._running.log_e

    def _rejects(self) -> bool:
        """Ask for the exact answer only where the floats are near the threshold or above."""
        near = self._running.log_e > self._evidence.log_threshold - 10 * self._evidence.tolerance
        return near and self._evidence.rejects(self._states())


class RankSumCourse(Course):
    """All photos as one claim with a fixed budget: s hidden versions each, one look at the end."""

    def __init__(self, tracks: Sequence[Track], test: RankTest, plan: Plan) -> None:
        super().__init__(tracks)
        self.test = test
        self._rank_sum = RankSum(len(tracks), plan.max_hidden, plan.level)
        self._hidden = plan.max_hidden
        self._share = max(1, plan.batching.most // (self._hidden + 1))
        self._drawn_up = 0
        self._left = len(tracks) * self._hidden

    def next_blocks(self) -> list[Block]:
        """Ask for the next photos, whole; batches of about `Batching.most` queries."""
        now = self._tracks[self._drawn_up : self._drawn_up + self._share]
        self._drawn_up += len(now)
        return [(track, self._hidden) for track in now]

    def applied(self, track: Track) -> None:
        """Look once, when every photo has all its hidden versions."""
        self._left -= 1
        self.over = self._left == 0

    def expected_ahead(self) -> float:
        """Return exactly what is left: the budget is fixed."""
        return -(-self._left // self._hidden) * (self._hidden + 1)

    def collection(self) -> CollectionVerdict:
        """Decide by the p-value, which exists only once everything is answered."""
        level = float(self._rank_sum.p)
        if not self.over:
            return CollectionVerdict(Decision.CANNOT_TELL, None, level, RANK_SUM_P)
        p_value = self._rank_sum.p_value([track.k for track in self._tracks])
        used = _used(p_value <= self._rank_sum.p)
        return CollectionVerdict(used, float(p_value), level, RANK_SUM_P)


class EachCourse(Course):
    """Every photo its own answer, all of them together at one level (closed testing).

    A claim once made is kept. A photo is asked no further once it is claimed, or its own test
    advises giving up.
    """

    def __init__(self, tracks: Sequence[Track], closed: ClosedTest, plan: Plan) -> None:
        super().__init__(tracks)
        self.test = closed.own
        self._walk = ClosedWalk(closed)
        self._asking = (
            Batches(tracks, plan.max_hidden)
            if plan.hosted
            else Rounds(tracks, plan.max_hidden, self._worth_asking, plan.batching.most)
        )

    def next_blocks(self) -> list[Block]:
        """Ask the photos that are neither claimed nor given up."""
        return self._asking.next_blocks()

    def _worth_asking(self, track: Track) -> bool:
        return self._walk.is_open(track.photo)

    def takes(self, track: Track) -> bool:
        """Leave a claimed photo at the state in which it was claimed."""
        return not self._walk.claimed[track.photo]

    def applied(self, track: Track) -> None:
        """Claim every photo that can be claimed now."""
        _, before = self._walk.states[track.photo]
        claimed = self._walk.step(track.photo, track.k > before)
        self.over = self._walk.unclaimed == 0
        self._moved(track)
        if self._kept is not None:
            for photo in claimed:
                self._kept.ended(photo)

    def expected_ahead(self) -> float:
        """Return what it takes until the photos are decided, one by one."""
        if isinstance(self._asking, Batches):
            return self._asking.ahead()
        return self._ahead(self.test).total

    def decision(self, photo: int) -> Decision:
        """Say whether a photo is claimed."""
        return _used(self._walk.claimed[photo])

    def collection(self) -> CollectionVerdict:
        """Say whether the first gate of every claim, "none was used", is rejected."""
        log_threshold = self._walk.test.log_threshold
        threshold = None if math.isinf(log_threshold) else _exp(log_threshold)
        used = _used(self._walk.collection_rejected)
        return CollectionVerdict(used, _exp(self.log_collection()), threshold, EVIDENCE)

    def log_collection(self) -> float:
        """Return the natural log of the averaged product of e-values."""
        return self._walk.evidence.log_e


def make_course(plan: Plan, tracks: Sequence[Track]) -> Course:
    """Return the course of a plan's claim.

    Raises:
        DesignError: the level cannot be reached with the kit's photos and versions.
    """
    if plan.claim.kind == EACH:
        closed = ClosedTest(len(tracks), plan.versions, plan.level, plan.test)
        return EachCourse(tracks, closed, plan)
    test = display_test(plan)
    if plan.claim.kind == PHOTO:
        return PhotoCourse(tracks[plan.photos[0]], test, plan)
    if plan.collection_test == RANK_SUM:
        return RankSumCourse(tracks, test, plan)
    if len(tracks) == 1:
        return SoloCourse(tracks[0], test, plan)
    return CollectionCourse(tracks, test, plan)


def advice_of(plan: Plan) -> RankTest:
    """Return the test that advises when one of several photos is asked no further."""
    if plan.claim.kind == EACH:
        return make_test(plan.test, plan.versions, plan.level)
    return make_test(DEFAULT_TEST, plan.versions, ADVICE_LEVEL)


def display_test(plan: Plan) -> RankTest:
    """Return the test that decides on, or at least shows, a single photo under this plan.

    A claim about several photos together may reach a level that one photo cannot; then the photo's
    figures are shown at the finest level its versions allow.

    Raises:
        DesignError: a claim about one photo at a level that its versions cannot reach.
    """
    level = max(plan.level, Fraction(1, plan.versions)) if plan.together else plan.level
    return make_test(plan.test, plan.versions, level)


def _used(yes: bool) -> Decision:
    return Decision.USED if yes else Decision.NOT_SHOWN


def _exp(log_value: float) -> float:
    return math.exp(min(log_value, LARGEST_LOG))
