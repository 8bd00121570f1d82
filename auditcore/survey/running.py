"""Audit the kits of a folder one after the other; what cannot be audited is listed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from auditcore.audit import (
    ANYTIME,
    Event,
    Finished,
    Scoring,
    Started,
    Stopped,
    Store,
    Verdict,
    local_scoring,
    run_audit,
    start_audit,
    verdict_words,
)
from auditcore.audit.opening import DEFAULT_P, Clock, utc_now
from auditcore.database import LOCAL_OWNER
from auditcore.errors import AuditError, DesignError, KitError, MarkError, ScoreError
from auditcore.kit import Kit, open_kit
from auditcore.kit.parts import TIME_FORMAT
from auditcore.models import Model
from auditcore.survey.finding import Found
from auditcore.survey.ledger import SurveyRecord, Surveys

ADDED_LATER = (
    "Not part of this survey: its level was shared out among the kits that were there when it "
    "began. Survey this kit in a folder of its own."
)
ALONE = (
    "Not part of this survey: this model was asked about this kit by itself before, and that audit "
    "keeps its own promise. See Results, or audit the kit by itself again."
)
_ONE_KIT = (AuditError, DesignError, KitError, MarkError, ScoreError)
"""What is wrong with one kit; anything else is wrong with the model, or with the machines that
compute it, and ends the survey for now."""


@dataclass(frozen=True)
class SurveyRequest:
    """What is asked of every kit, and the level `p` of all of them together."""

    p: Fraction = DEFAULT_P
    claim: str = "collection"
    test: str | None = None
    score: str | None = None
    collection_test: str = ANYTIME


@dataclass(frozen=True)
class KitLine:
    """What a survey says of one kit.

    Attributes:
        name: its place in the folder. kit_id: None for a file that could not be opened.
        photos: how many it holds, 0 where that is not known.
        audit_id: its audit, None where none could be started.
        verdict: None where there is none. headline: the verdict in one sentence, else None.
        grade: of the verdict, else None.
        note: why there is no verdict, else "".
    """

    name: str
    kit_id: str | None = None
    photos: int = 0
    audit_id: str | None = None
    verdict: Verdict | None = None
    headline: str | None = None
    grade: str | None = None
    note: str = ""


@dataclass(frozen=True)
class SurveyProgress:
    """How far a survey is.

    Attributes:
        kits_done: kits that have their line. kits: all of them.
        share: of the work, 0 to 1, reckoned in photos.
        seconds_left: at the pace of this run, None before there is one.
    """

    kits_done: int
    kits: int
    share: float
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class SurveyEvent:
    """Something happened in a survey."""

    progress: SurveyProgress


@dataclass(frozen=True, kw_only=True)
class SurveyStarted(SurveyEvent):
    """The kits and the level are written down."""

    record: SurveyRecord


@dataclass(frozen=True, kw_only=True)
class KitBegun(SurveyEvent):
    """A kit's audit begins, or goes on; it asks `at_most` queries in all."""

    name: str
    audit_id: str
    at_most: int


@dataclass(frozen=True, kw_only=True)
class KitMoved(SurveyEvent):
    """Something happened in a kit's audit."""

    name: str
    event: Event


@dataclass(frozen=True, kw_only=True)
class KitDone(SurveyEvent):
    """A kit has its line."""

    line: KitLine


@dataclass(frozen=True, kw_only=True)
class SurveyStopped(SurveyEvent):
    """The person stopped it; everything answered so far is kept."""


@dataclass(frozen=True, kw_only=True)
class SurveyFinished(SurveyEvent):
    """Every kit has its line."""

    record: SurveyRecord
    lines: tuple[KitLine, ...]


def run_survey(
    store: Store,
    found: Sequence[Found],
    model: Model,
    request: SurveyRequest,
    *,
    owner: str = LOCAL_OWNER,
    should_stop: Callable[[], bool] = lambda: False,
    timer: Callable[[], float] = time.monotonic,
    clock: Clock = utc_now,
    scoring: Scoring = local_scoring,
) -> Iterator[SurveyEvent]:
    """Audit every kit at its share of the level, in the order of their names.

    Running it again goes on where it was: what was answered is on record. Only one kit is open at
    a time.

    Args:
        store: where audits and surveys are kept.
        found: the kits, from `find_kits`.
        model: the model to ask.
        request: what is asked, at which level.
        owner: whose ledger.
        should_stop: asked before every query; True ends it, everything answered is kept.
        timer: seconds, for the time left.
        clock: the time, for what is written down.
        scoring: see `run_audit`.

    Raises:
        AuditError, DesignError: see `Surveys.enrol`.
        ModelError, ClusterError: the model fails, or the machines that compute it; the survey goes
            on when it is run again.
    """
    run = _Survey(store, found, model, request, owner, should_stop, timer, clock, scoring)
    yield from run.events()


class _Survey:
    """One run of a survey."""

    def __init__(
        self,
        store: Store,
        found: Sequence[Found],
        model: Model,
        request: SurveyRequest,
        owner: str,
        should_stop: Callable[[], bool],
        timer: Callable[[], float],
        clock: Clock,
        scoring: Scoring,
    ) -> None:
        self._store, self._model, self._request, self._owner = store, model, request, owner
        self._should_stop, self._timer, self._clock = should_stop, timer, clock
        self._scoring = scoring
        self._found = found
        self._lines = {one.name: _look(one) for one in found}
        self._photos = sum(max(1, line.photos) for line in self._lines.values())
        self._done, self._done_photos = 0, 0.0
        self._known, self._begun = 0.0, timer()

    def events(self) -> Iterator[SurveyEvent]:
        """Enrol the kits, then audit one after the other."""
        record = self._enrol()
        yield SurveyStarted(progress=self._progress(), record=record)
        members = {kit_id for kit_id, _ in record.kits}
        seen: dict[str, str] = {}
        for one in self._found:
            line = self._line(one.name, members, seen)
            if not line.note:
                yield from self._audited(one, record)
                if self._lines[one.name].verdict is None and not self._lines[one.name].note:
                    yield SurveyStopped(progress=self._progress())
                    return
            else:
                self._known += max(1, line.photos)
            self._done += 1
            self._done_photos += max(1, line.photos)
            yield KitDone(progress=self._progress(), line=self._lines[one.name])
        lines = tuple(self._lines[one.name] for one in self._found)
        yield SurveyFinished(progress=self._progress(), record=record, lines=lines)

    def _enrol(self) -> SurveyRecord:
        opened: dict[str, str] = {}
        for line in self._lines.values():
            if line.kit_id is not None:
                opened.setdefault(line.kit_id, line.name)
        unopened = sum(line.kit_id is None for line in self._lines.values())
        created = self._clock().strftime(TIME_FORMAT)
        surveys = Surveys(self._store)
        return surveys.enrol(
            self._owner, self._model.identity, self._request.p, opened, unopened, created
        )

    def _line(self, name: str, members: set[str], seen: dict[str, str]) -> KitLine:
        """Return a kit's line so far, with a note where it is not to be audited."""
        line, kit_id = self._lines[name], self._lines[name].kit_id
        if kit_id is None:
            return line
        if kit_id in seen:
            line = _with_note(line, f"The same kit as {seen[kit_id]}; see there.")
        elif kit_id not in members:
            line = _with_note(line, ALONE if self._was_asked(kit_id) else ADDED_LATER)
        seen.setdefault(kit_id, name)
        self._lines[name] = line
        return line

    def _was_asked(self, kit_id: str) -> bool:
        fingerprint = self._model.identity.fingerprint
        return bool(self._store.attempts(self._owner, kit_id, fingerprint))

    def _audited(self, one: Found, record: SurveyRecord) -> Iterator[SurveyEvent]:
        """Audit one kit and note its line; without verdict and note it was stopped."""
        try:
            kit = open_kit(one.path)
            audit_id = self._start(kit, record)
            at_most = self._store.audit(audit_id).plan.at_most
            far = self._progress()
            yield KitBegun(progress=far, name=one.name, audit_id=audit_id, at_most=at_most)
            for event in self._followed(audit_id, kit):
                yield KitMoved(progress=self._progress(event), name=one.name, event=event)
                if isinstance(event, Stopped):
                    return
                if isinstance(event, Finished):
                    self._note(one.name, audit_id, event.verdict)
        except _ONE_KIT as error:
            self._lines[one.name] = _with_note(self._lines[one.name], str(error))

    def _start(self, kit: Kit, record: SurveyRecord) -> str:
        asks = self._request
        return start_audit(
            self._store, kit, self._model, claim=asks.claim, p=record.share, test=asks.test,
            score=asks.score, collection_test=asks.collection_test, owner=self._owner,
            clock=self._clock,
        )  # fmt: skip

    def _followed(self, audit_id: str, kit: Kit) -> Iterator[Event]:
        return run_audit(
            self._store, audit_id, kit, self._model,
            should_stop=self._should_stop, timer=self._timer, scoring=self._scoring,
        )  # fmt: skip

    def _note(self, name: str, audit_id: str, verdict: Verdict) -> None:
        words = verdict_words(verdict, self._store.audit(audit_id).plan)
        line = self._lines[name]
        self._lines[name] = KitLine(
            name, line.kit_id, line.photos, audit_id, verdict, words.headline, words.grade
        )

    def _progress(self, event: Event | None = None) -> SurveyProgress:
        """Reckon how far it is, in photos, and the pace without what was on record before."""
        now = self._done_photos
        if event is not None:
            line = self._lines[self._found[self._done].name]
            part = event.progress.done / max(1, event.progress.expected)
            now += max(1, line.photos) * part
            if isinstance(event, Started):
                self._known += max(1, line.photos) * part
        spent, gained = self._timer() - self._begun, now - self._known
        left = spent * (self._photos - now) / gained if gained > 0 else None
        return SurveyProgress(self._done, len(self._found), min(1.0, now / self._photos), left)


def _look(one: Found) -> KitLine:
    """Open a kit to learn which it is; it is opened again for its audit."""
    try:
        kit = open_kit(one.path)
    except (KitError, MarkError) as error:
        return KitLine(one.name, note=str(error))
    return KitLine(one.name, kit.id, len(kit.photos))


def _with_note(line: KitLine, note: str) -> KitLine:
    return KitLine(line.name, line.kit_id, line.photos, note=note)
