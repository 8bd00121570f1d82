"""Runs an audit: kit + model + plan -> a stream of events, everything answered kept at once.

Whatever kills the process, the log on disk ends with a whole record. Running the audit again
replays the log through the same machine and goes on where it ended: the answers on record are not
asked for again, and the log comes out the same.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from auditcore.audit.disclosure import outgrown
from auditcore.audit.events import (
    BatchScored,
    CollectionMoved,
    Decided,
    Drifted,
    Event,
    Finished,
    PhotoMoved,
    Progress,
    Started,
    Stopped,
)
from auditcore.audit.machine import Move
from auditcore.audit.pace import Pace
from auditcore.audit.plan import COMPUTING, Plan
from auditcore.audit.probing import Probe, still_holds
from auditcore.audit.replay import PROBES, RESUME, Due, Replay
from auditcore.audit.scoring import Asking, Scoring, local_scoring
from auditcore.audit.store import AuditRecord, LogLine, Status, Store, StoredAnswer
from auditcore.audit.track import Asked
from auditcore.audit.verdict import Verdict
from auditcore.audit.words import now
from auditcore.errors import AuditError, Cancelled, TelltaleError
from auditcore.kit import Kit
from auditcore.models import Model
from auditcore.scores import Query

IMAGES_AN_EVENT = 64
"""Pictures the model looks at between two events of progress."""

GROUP_SECONDS = 0.5
"""How long the answers of a model on this machine are collected before they are written."""

_COMPUTING = dict(
    zip(
        COMPUTING,
        ("precision", "program that calculates (runtime)", "number of pictures a call"),
        strict=True,
    )
)
"""What of a model's details binds its answers, in words."""

E = TypeVar("E", bound=Event)


def run_audit(
    store: Store,
    audit_id: str,
    kit: Kit,
    model: Model,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    timer: Callable[[], float] = time.monotonic,
    scoring: Scoring = local_scoring,
) -> Iterator[Event]:
    """Run an audit to its verdict, or until `should_stop` says so, yielding events on the way.

    A finished audit yields its verdict again and asks nothing.

    Args:
        store: where the audit was opened.
        audit_id: from `start_audit`.
        kit: the kit of the plan. model: the model of the plan.
        model: see kit.
        should_stop: asked before every query; True pauses, everything answered is kept.
        timer: seconds, for the time left.
        scoring: makes what asks the model; it decides nothing but where the work is done.

    Raises:
        AuditError: no such audit, another kit or model than planned, or another process runs it.
        ModelError, ScoreError: the model fails; what it has answered is kept.
    """
    record = store.audit(audit_id)
    _check_same(record.plan, kit, model)
    if outgrown(store, record):
        raise AuditError(
            "Since this audit was opened, the provider of this model has been asked about fewer "
            "versions of these photos in another one. Fresh ones could no longer be compared with "
            "the published one. Start a new audit instead of this one."
        )
    run = _Run(store, record, kit, model, should_stop, timer, scoring)
    model.begin(audit_id, should_stop)
    try:
        yield from run.events()
    except Cancelled:  # the person did not want to wait for a provider any longer
        yield run.paused()
    except TelltaleError as error:
        store.set_status(audit_id, Status.INTERRUPTED, str(error))
        raise


class _Run:
    """One session of one audit."""

    def __init__(
        self,
        store: Store,
        record: AuditRecord,
        kit: Kit,
        model: Model,
        should_stop: Callable[[], bool],
        timer: Callable[[], float],
        scoring: Scoring,
    ) -> None:
        self._store = store
        self._scoring = scoring
        self._record = record
        self._plan = record.plan
        self._should_stop = should_stop
        lines = store.log(record.id)
        self._last: LogLine = lines[-1]
        self._replay = Replay(record.plan, kit)
        for line in lines[1:]:
            self._replay.take(line.body)
        self._kit, self._model = kit, model
        self._pace = Pace(timer)
        self._in_batch = 0
        self._probes: dict[int, Probe] = {}

    def events(self) -> Iterator[Event]:
        """Go through the records that are due, one by one."""
        resumed = self._last.number > 0
        yield self._event(Started, audit_id=self._record.id, resumed=resumed)
        if self._replay.due() is not Due.NOTHING:
            self._store.set_status(self._record.id, Status.RUNNING)
            self._scorer = self._make_scorer(self._plan.photos)
            yield from self._check_unchanged()
            yield from self._go_on()
        if (verdict := self._replay.machine.verdict()) is not None and self._closed:
            yield self._event(Finished, verdict=verdict)

    def paused(self) -> Event:
        """Note that the audit waits for its owner, and say so."""
        self._store.set_status(self._record.id, Status.PAUSED, "Paused.")
        return self._event(Stopped)

    @property
    def _closed(self) -> bool:
        return self._replay.due() is Due.NOTHING

    def _check_unchanged(self) -> Iterator[Event]:
        """Ask the probe image again before going on; only a drift leaves a record."""
        if self._replay.due() in (Due.PROBE_START, Due.CLOSING):
            return
        probe = self._probe()
        if self._replay.drifted(probe):
            yield from self._write(_probe_record(RESUME, probe))

    def _go_on(self) -> Iterator[Event]:
        while (due := self._replay.due()) is not Due.NOTHING:
            if due is not Due.CLOSING and self._should_stop():
                yield self.paused()
                return
            if due in PROBES:
                yield from self._write(_probe_record(due, self._probe()))
            elif due is Due.BATCH:
                yield from self._batch()
            else:
                self._write_closing()

    def _batch(self) -> Iterator[Event]:
        """Have the batch that is due answered, version by version, then write its record."""
        batch = self._replay.machine.next_batch()
        known = self._store.known_answers(self._record.owner, self._plan, batch)
        answers = {asked: answer for asked, answer in known.items() if self._still_holds(answer)}
        reused = [place for place, asked in enumerate(batch) if self._is_reused(answers.get(asked))]
        self._in_batch = len(answers)
        if reused:
            yield self._event(BatchScored, queries=len(reused), reused=len(reused))
        told = 0
        for group in self._ask([asked for asked in batch if asked not in answers]):
            answers |= group
            told += len(group)
            if told * self._scorer.images_per_query >= IMAGES_AN_EVENT:
                yield self._event(BatchScored, queries=told, reused=0)
                told = 0
        if told:
            yield self._event(BatchScored, queries=told, reused=0)
        if len(answers) == len(batch):
            rows = [[*asked, answers[asked].score, answers[asked].digest] for asked in batch]
            yield from self._write({"kind": "batch", "answers": rows, "reused": reused})

    def _ask(self, missing: Sequence[Asked]) -> Iterator[dict[Asked, StoredAnswer]]:
        """Ask the model until told to stop; yield answers that are on disk, in groups.

        Of a hosted model each answer is on disk before the next is asked for; what a local one
        said costs nothing to ask again, so its answers are written every GROUP_SECONDS.
        """
        photo = self._plan.photos[0]
        probe = self._probe_as_for(photo).mean
        longest = 0.0 if self._plan.hosted else GROUP_SECONDS
        told = self._scorer.answers([Query(*asked) for asked in missing])
        group: dict[Asked, StoredAnswer] = {}
        self._pace.start()
        begun = time.monotonic()
        try:
            for asked in missing:
                if self._should_stop():
                    break
                answer = next(told)
                group[asked] = StoredAnswer(
                    answer.score, answer.digest, self._record.id, probe, photo
                )
                if time.monotonic() - begun >= longest:
                    whole, group = group, {}
                    yield self._keep(whole)
                    begun = time.monotonic()
        finally:  # whatever went wrong, what was answered is kept
            last = self._keep(group)
        yield last

    def _keep(self, group: dict[Asked, StoredAnswer]) -> dict[Asked, StoredAnswer]:
        if group:
            self._store.keep_answers(self._record.owner, self._plan, group)
            self._pace.lap(len(group))
            self._in_batch += len(group)
        return group

    def _still_holds(self, answer: StoredAnswer) -> bool:
        """Say whether the model reads the probe now as it did when it gave this answer."""
        now = self._probe_as_for(answer.probe_photo)
        return still_holds(self._plan.probing, now, answer.probe)

    def _probe_as_for(self, photo: int) -> Probe:
        """Return the probe as another claim saw it: with the views of its first photo."""
        first = self._replay.first_probe
        assert first is not None, "the start probe is recorded before any batch"
        if photo == self._plan.photos[0]:
            return first
        if photo not in self._probes:
            self._probes[photo] = self._ask_probe(self._make_scorer([photo]))
        return self._probes[photo]

    def _is_reused(self, answer: StoredAnswer | None) -> bool:
        return answer is not None and answer.audit_id != self._record.id

    def _make_scorer(self, photos: Sequence[int]) -> Asking:
        score = self._plan.score
        name, views = str(score["name"]), int(score["views"])
        scorer = self._scoring(self._kit, self._model, name, views, photos)
        if dict(scorer.description) != dict(score):
            raise AuditError(
                "The score is no longer computed as when this audit was started. Start a new audit "
                "with this version of Telltale."
            )
        return scorer

    def _probe(self) -> Probe:
        return self._ask_probe(self._scorer)

    def _ask_probe(self, scorer: Asking) -> Probe:
        answers = [scorer.probe() for _ in range(self._plan.probing.repeats)]
        return Probe(tuple(a.score for a in answers), tuple(a.digest for a in answers))

    def _write(self, body: dict[str, Any]) -> Iterator[Event]:
        """Take a record in, put it on disk, then tell what it led to."""
        machine = self._replay.machine
        before = machine.verdict()
        moves = self._replay.take(body)
        self._in_batch = 0
        self._last = self._store.append(
            self._record.id, self._last, body, moves, queries=machine.queries
        )
        yield from self._moved(moves)
        verdict = machine.verdict()
        if verdict is not None and verdict != before:
            yield self._decided(verdict)

    def _moved(self, moves: Sequence[Move]) -> Iterator[Event]:
        for move in {move.photo: move for move in moves}.values():
            yield self._event(
                PhotoMoved,
                photo=move.photo,
                file=self._plan.files[move.photo],
                hidden_queries=move.hidden_queries,
                beaten_by=move.beaten_by,
                log_statistic=move.log_statistic,
            )
        if moves and moves[-1].log_e is not None:
            yield self._event(CollectionMoved, log_e=moves[-1].log_e)

    def _decided(self, verdict: Verdict) -> Event:
        if verdict.reason is not None:
            return self._event(Drifted, reason=verdict.reason)
        return self._event(Decided, decision=verdict.decision.value)

    def _write_closing(self) -> None:
        body = self._replay.closing()
        verdict = self._replay.machine.verdict()
        queries = self._replay.machine.queries
        self._replay.take(body)
        self._last = self._store.append(
            self._record.id, self._last, body, [], queries=queries, verdict=verdict
        )

    def _event(self, kind: type[E], **facts: Any) -> E:
        machine = self._replay.machine
        done = machine.queries + self._in_batch
        expected = max(machine.expected(), done)
        left = self._pace.seconds_for(expected - done)
        progress = Progress(done, expected, self._plan.at_most, left)
        return kind(progress=progress, now=now(kind.__name__, self._plan, machine, facts), **facts)


def _check_same(plan: Plan, kit: Kit, model: Model) -> None:
    if kit.id != plan.kit_id:
        raise AuditError("This is not the kit with which the audit was started. Open that one.")
    if model.identity.fingerprint != plan.model["fingerprint"]:
        raise AuditError(
            f"The model {model.identity.name} is not the one this audit was started with: its "
            "weights or its preprocessing are different. Start a new audit of it."
        )
    for detail, what in _COMPUTING.items():
        planned, here = (of.get(detail) for of in (plan.model["details"], model.identity.details))
        if here != planned:
            raise AuditError(
                f"This audit was started with the model's {what} {planned}; now it is {here}, and "
                f"its answers would differ. Choose {planned} again to go on."
            )


def _probe_record(when: str, probe: Probe) -> dict[str, Any]:
    return {"kind": "probe", "when": str(when), "answers": probe.to_json()}
