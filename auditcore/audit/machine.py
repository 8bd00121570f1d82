"""The audit itself, pure: plan and kit in, queries out, scores in, verdict out.

The same plan, kit and scores give the same queries and the same verdict anywhere; that is what
resuming, tracing and verifying rest on.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from auditcore.audit.courses import make_course
from auditcore.audit.plan import Plan
from auditcore.audit.rounds import Block
from auditcore.audit.track import Asked, Sealed, Track
from auditcore.audit.verdict import CollectionVerdict, Decision, PhotoVerdict, Verdict
from auditcore.errors import AuditError, DesignError
from auditcore.sequential import RankTest

STATES_REMEMBERED = 4096
"""(t, k) whose statistic is at hand: photos of a collection pass through the same few."""


@dataclass(frozen=True, slots=True)
class Move:
    """One hidden version applied: where its photo, and the collection if one is claimed, stand."""

    photo: int
    hidden_queries: int
    beaten_by: int
    log_statistic: float
    log_e: float | None

    def to_json(self) -> list[float | None]:
        """Return the move as a row of JSON numbers, a logarithm of 0 as null."""
        finite = self.log_statistic if math.isfinite(self.log_statistic) else None
        return [self.photo, self.hidden_queries, self.beaten_by, finite, self.log_e]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> "Move":
        """Read back what `to_json` wrote."""
        photo, t, k, log_statistic, log_e = row
        return cls(photo, t, k, -math.inf if log_statistic is None else log_statistic, log_e)


class AuditMachine:
    """One audit, batch by batch.

    Attributes:
        queries: how many versions have been asked about.

    Raises:
        DesignError: no answers whatever could lead to "used".
    """

    def __init__(self, plan: Plan, sealed: Sealed) -> None:
        self.plan = plan
        self.queries = 0
        photos = range(len(plan.files))
        self.tracks = tuple(
            Track(sealed, photo, shuffled=plan.hosted, most=plan.max_hidden) for photo in photos
        )
        self._course = make_course(plan, self.tracks)
        remembered = lru_cache(maxsize=STATES_REMEMBERED)
        self._log_statistic = remembered(self._course.test.log_statistic)
        self._figures = remembered(partial(_figures, self._course.test))
        self._blocks: list[Block] = []
        self._asked: list[Asked] = []
        self._reason: str | None = None
        self._verdict: Verdict | None = None
        self._prepare()
        if not self._asked:
            raise _out_of_reach(plan)

    @property
    def over(self) -> bool:
        """Whether there is a verdict."""
        return self._course.over or self._reason is not None

    def next_batch(self) -> list[Asked]:
        """Return the (photo, version) pairs to ask about next, [] once there is a verdict."""
        return [] if self.over else list(self._asked)

    def absorb(self, queries: Sequence[Asked], scores: Sequence[float]) -> list[Move]:
        """Apply the scores of exactly the batch that was asked for, in the committed order.

        Returns what moved: every hidden version applied, in order.

        What comes after the first crossing is kept but decides nothing.

        Raises:
            AuditError: these are not the queries of `next_batch`.
        """
        if self.over or list(queries) != self._asked or len(queries) != len(scores):
            raise AuditError("These answers are not to the queries that were due.")
        heard = dict(zip(queries, scores, strict=True))
        self.queries += len(queries)
        moves = self._apply(heard)
        self._prepare()
        return moves

    def spoil(self, reason: str) -> None:
        """End the audit without a decision, because the answers cannot be relied on."""
        self._reason = reason
        self._verdict = None

    def verdict(self) -> Verdict | None:
        """Return the verdict, None while the audit goes on."""
        if self.over and self._verdict is None:
            self._verdict = self._draw_up()
        return self._verdict

    def _draw_up(self) -> Verdict:
        photos = tuple(self._photo_verdict(track) for track in self.tracks)
        collection = self._course.collection()
        if self._reason is not None:
            collection = CollectionVerdict(
                Decision.CANNOT_TELL,
                collection.statistic,
                collection.threshold,
                collection.statistic_name,
            )
        return Verdict(
            str(self.plan.claim),
            str(self.plan.level),
            photos,
            collection,
            self.queries,
            self._reason,
        )

    def expected(self) -> int:
        """Return how many queries it will be in the end, as far as the answers so far tell."""
        if self.over:
            return self.queries
        ahead = self._course.expected_ahead()
        unasked = len(self._asked)
        return min(self.plan.at_most, self.queries + max(unasked, round(ahead)))

    def _prepare(self) -> None:
        """Draw up the next batch; that is also when a course finds that nothing is left."""
        blocks = [] if self.over else self._course.next_blocks()
        self._blocks = [(track, hidden) for track, hidden in blocks if hidden]
        self._course.over = self._course.over or not self._blocks
        self._asked = [asked for track, hidden in self._blocks for asked in track.ask(hidden)]

    def _apply(self, heard: Mapping[Asked, float]) -> list[Move]:
        for track in {id(track): track for track, _ in self._blocks}.values():
            track.hear(heard)
        moves = []
        for track, hidden in self._blocks:
            for _ in range(hidden):
                if self._course.takes(track):
                    track.apply_next(heard)
                    self._course.applied(track)
                    moves.append(self._move(track))
                if self._course.over:
                    return moves
        return moves

    def _move(self, track: Track) -> Move:
        log_statistic = self._log_statistic(track.t, track.k)
        return Move(track.photo, track.t, track.k, log_statistic, self._course.log_collection())

    def _photo_verdict(self, track: Track) -> PhotoVerdict:
        decided = self._course.decision(track.photo)
        statistic, threshold = self._figures(track.t, track.k)
        return PhotoVerdict(
            file=self.plan.files[track.photo],
            decision=Decision.CANNOT_TELL if self._reason is not None else decided,
            hidden_queries=track.t,
            beaten_by=track.k,
            statistic=statistic,
            threshold=threshold,
        )


def _figures(test: RankTest, t: int, k: int) -> tuple[float, float]:
    """Return the statistic of a photo and where "used" begins, as a verdict shows them."""
    statistic, threshold = test.statistic(t, k), float(test.threshold)
    if test.rejects(t, k):  # decided in integers; floats may fall short by a bit
        statistic = max(statistic, threshold)
    return statistic, threshold


def _out_of_reach(plan: Plan) -> DesignError:
    return DesignError(
        f"With {plan.versions:,} versions of each photo, the test {plan.test} can never reach a "
        f"false-alarm level of 1 in {float(1 / plan.level):g}. Choose another test or a less "
        "strict level, or make a kit with more versions."
    )
