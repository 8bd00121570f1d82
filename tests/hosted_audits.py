"""Whole audits of a model behind a faulty server, gone on with until they are finished."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent / "audit"))

import numpy as np
from fakes import FakeKit, FakePhoto
from faulty_server import PASSING, Faulty
from serving.live import served
from serving.tiny import CLASSIFIER, ENCODER, TinyModel

from auditcore.audit import Finished, Store, Verdict, run_audit, start_audit
from auditcore.errors import SpendingError, TelltaleError
from auditcore.models import Access, Budget, Model
from auditcore.models.hosted import HostedModel, connect
from auditcore.models.hosted.waiting import Clock
from auditcore.photos import Pixels

# protocol -> the spec behind a served model, what that model gives, the score it is audited with
PROTOCOLS = {
    "openai": ("openai:{url}#m;form=infinity", ENCODER, "caption-cosine"),
    "hf": ("hf:{url}/models/m;size=16", CLASSIFIER, "negative-entropy"),
    "oip": ("oip:{url}#m", CLASSIFIER, "negative-entropy"),
}


@dataclass(frozen=True)
class SmallKit(FakeKit):
    """A kit of small random pictures with captions."""

    @property
    def photos(self) -> tuple[FakePhoto, ...]:
        return tuple(
            FakePhoto(f"photo-{i}.jpg", f"caption {i} of {self.seed.hex()}")
            for i in range(self.count)
        )

    def version(self, photo: int, version: int) -> Pixels:
        rng = np.random.default_rng([*self.seed, photo, version])
        return rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)


class Hurried:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._lock = threading.Lock()

    def clock(self) -> Clock:
        return Clock(now=self._now, today=time.time, sleep=self._sleep, jitter=lambda: 0.5)

    def _now(self) -> float:
        return self._passed

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self._passed += seconds


@dataclass
class Course:
    """How one audit went.

    Attributes:
        verdict: what it came to.
        stops: type of error -> how often the audit stopped with it; `sentences`: the texts.
        scores: (photo, version) -> score, as the log has them.
        ceiling: the highest ceiling that was set; `sent`: what arrived at the server.
    """

    verdict: Verdict
    stops: Counter[str]
    sentences: set[str]
    scores: dict[tuple[int, int], float]
    ceiling: int | None
    sent: int


@dataclass
class Auditor:
    """Audits over and over through the faults of one server."""

    store: Store
    faulty: Faulty
    url: str
    protocol: str
    most: int | None = None
    request: dict[str, Any] = field(default_factory=dict)

    def connect(self, audit_id: str | None = None) -> HostedModel:
        """Connect although the server is faulty; only faults that pass befall the test."""
        lasting, self.faulty.why = self.faulty.chances, "connection test"
        self.faulty.chances = {k: v for k, v in lasting.items() if k in PASSING}
        budget = Budget(most=self.most)
        access = Access(lambda host: None, private=True, budget=budget, scope=audit_id)
        spec = PROTOCOLS[self.protocol][0].format(url=self.url)
        try:
            model = connect(spec, access, Hurried().clock())
        finally:
            self.faulty.chances, self.faulty.why = lasting, "version"
        return told_when_fresh(model, self.faulty)

    def audit(self, kit: FakeKit, raise_by: int = 200) -> Course:
        """Run an audit to its verdict, going on after every stop and raising a reached ceiling."""
        stops: Counter[str] = Counter()
        sentences: set[str] = set()
        before, audit_id, verdict = self.faulty.sent, None, None
        for _ in range(1000):
            try:
                model = self.connect(audit_id)
                audit_id = audit_id or start_audit(self.store, kit, model, **self._asked())  # type: ignore[arg-type]
                verdict = finished(self.store, audit_id, kit, model)
                break
            except TelltaleError as error:
                stops[type(error).__name__] += 1
                sentences.add(str(error))
                before = before if audit_id else self.faulty.sent  # a test by itself
                self._check_spent(before)
                if isinstance(error, SpendingError) and self.most is not None:
                    self.most += raise_by
        assert audit_id and verdict is not None, f"the audit never ended: {stops}"
        self._check_spent(before)
        scores = logged_scores(self.store, audit_id)
        return Course(verdict, stops, sentences, scores, self.most, self.faulty.sent - before)

    def _asked(self) -> dict[str, Any]:
        return {"p": Fraction(1, 10), "score": PROTOCOLS[self.protocol][2], **self.request}

    def _check_spent(self, before: int) -> None:
        spent = self.faulty.sent - before
        assert self.most is None or spent <= self.most, f"{spent} sent, {self.most} allowed"


def finished(store: Store, audit_id: str, kit: FakeKit, model: Model) -> Verdict:
    """Run an audit and return its verdict."""
    *_, last = run_audit(store, audit_id, kit, model)  # type: ignore[arg-type]
    assert isinstance(last, Finished)
    return last.verdict


def logged_scores(store: Store, audit_id: str) -> dict[tuple[int, int], float]:
    """Return the scores in an audit's log; no version is there twice."""
    rows = [
        row
        for line in store.log(audit_id)
        if line.body["kind"] == "batch"
        for row in line.body["answers"]
    ]
    scores = {(row[0], row[1]): row[2] for row in rows}
    assert len(scores) == len(rows), "a version was answered twice in the log"
    return scores


def told_when_fresh(model: HostedModel, faulty: Faulty) -> HostedModel:
    """Let the server's record tell the questions that must be asked afresh from all others."""
    fresh = model.fresh

    @contextmanager
    def noted() -> Iterator[None]:
        faulty.why = "probe"
        try:
            with fresh():
                yield
        finally:
            faulty.why = "version"

    model.fresh = noted  # type: ignore[method-assign]
    return model


class Twin(TinyModel):
    """The served model, asked directly, as if it were hosted: the same audit without a network."""

    hosted = True
    seconds_per_image = 0.001


def without_faults(store: Store, kit: FakeKit, protocol: str, **request: Any) -> Course:
    """Run the audit that a faulty one is compared with."""
    _, gives, score = PROTOCOLS[protocol]
    model = Twin(gives)
    asked = {"p": Fraction(1, 10), "score": score, **request}
    audit_id = start_audit(store, kit, model, **asked)  # type: ignore[arg-type]
    verdict = finished(store, audit_id, kit, model)
    return Course(verdict, Counter(), set(), logged_scores(store, audit_id), None, 0)


@contextmanager
def auditing(
    store: Store,
    protocol: str,
    faulty: Faulty,
    model: TinyModel | None = None,
    **settings: Any,
) -> Iterator[Auditor]:
    """Serve a model through faults and yield what audits it."""
    with served(model or TinyModel(PROTOCOLS[protocol][1]), around=faulty.around) as url:
        yield Auditor(store, faulty, url, protocol, **settings)


def rounded(digits: int) -> Callable[[float], float]:
    """Return how a provider rounds its numbers to so many significant digits."""
    return lambda value: float(f"{value:.{digits}g}")
