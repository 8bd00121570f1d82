"""Before the first query: what is asked, at which level, and what it will take."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

from auditcore import __version__
from auditcore.audit.disclosure import disclosed_limit, outgrown, provider_of
from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import (
    ANYTIME,
    COLLECTION,
    COLLECTION_TESTS,
    EACH,
    RANK_SUM,
    Claim,
    FirstAsked,
    Plan,
    batching_for,
    level_of,
    parse_claim,
    request_key,
    share_of,
)
from auditcore.audit.rehearsal import expected_queries, within_reach
from auditcore.audit.shares import check_p
from auditcore.audit.store import AuditRecord, Store
from auditcore.audit.words import chance
from auditcore.database import LOCAL_OWNER
from auditcore.errors import AuditError, DesignError
from auditcore.kit import Kit
from auditcore.kit.parts import TIME_FORMAT
from auditcore.models import Model, ModelIdentity
from auditcore.scores import Scorer, default_score
from auditcore.sequential import DEFAULT_TEST, HOSTED_TEST

Clock = Callable[[], datetime.datetime]
DEFAULT_P = Fraction(1, 20)
EACH_MOST = 200
"""Photos that may get an answer each: beyond, nearly all would have to have been used."""
USED_Q = 0.002
"""The chance that a hidden version beats the published one in the forecast "if it was used"."""


def utc_now() -> datetime.datetime:
    """Return the time now, in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Request:
    """What a person asks for: one statement, at one level, with one test and one score."""

    claim: str
    p: Fraction
    test: str
    score: str | None
    collection_test: str


@dataclass(frozen=True)
class Estimate:
    """What an audit will take, told before it starts.

    Attributes:
        at_most: queries at most. expected_unused: expected queries if the model never saw the
            photos. expected_used: if it did, clearly enough that 1 hidden version in 500 wins.
        images_per_query: images sent to the model for one query.
        probes_at_most: how often the test picture is asked about at most, a query's worth each.
        hosted: whether somebody else runs the model.
        seconds_per_query: from a short timed trial on the probe image; for a hosted model from its
            connection test, and nothing is sent.
        attempt: which attempt of this kit on this model it is. level: see `plan.level_of`.
        warnings: sentences to read before starting.
        on_record: id of the same audit when it was started or finished before, else None.
    """

    at_most: int
    expected_unused: int
    expected_used: int
    images_per_query: int
    probes_at_most: int
    hosted: bool
    seconds_per_query: float
    attempt: int
    level: Fraction
    warnings: tuple[str, ...]
    on_record: str | None

    @property
    def images_at_most(self) -> int:
        """Images sent at most, those of the test picture included, sending again not."""
        return (self.at_most + self.probes_at_most) * self.images_per_query

    @property
    def seconds_at_most(self) -> float:
        """Time if every query of the budget is needed."""
        return self.at_most * self.seconds_per_query


def start_audit(
    store: Store,
    kit: Kit,
    model: Model,
    *,
    claim: str = COLLECTION,
    p: Fraction | None = None,
    test: str | None = None,
    score: str | None = None,
    collection_test: str = ANYTIME,
    owner: str = LOCAL_OWNER,
    clock: Clock = utc_now,
) -> str:
    """Open an audit and return its id; nothing is asked of the model yet.

    An identical audit that is finished is returned as it is, an unfinished one is returned to be
    resumed. Only one that ended because the model changed under way is attempted again. Every
    other request is a new attempt in the ledger of this owner, kit and model, at its share of
    p / 2**attempt (`plan.level_of`), with the p of the first attempt.

    Args:
        store: where the ledger is kept.
        kit: the opened kit. model: the model to ask.
        model: see kit.
        claim: "collection", "each" or "photo:FILE".
        p: accepted chance of a false alarm over all attempts together; None for the one that binds
            this kit and model (`Store.bound_p`), or DEFAULT_P where none does yet.
        test: one of sequential.TESTS; None for the one that suits the model.
        score: name of the score, None for the best the model and the kit allow.
        collection_test: "anytime", or "rank-sum" (fixed budget, one look at the end).
        owner: whose ledger.
        clock: tells the time that the opening record carries.

    Raises:
        AuditError, DesignError, ScoreError: the claim, level, test or score cannot be had.
    """
    due = usual_p(store, kit, model, owner) if p is None else p
    request = Request(claim, due, test or usual_test(model), score, collection_test)
    scorer = open_scorer(kit, model, request)
    plan = make_plan(store, kit, model, scorer.description, request, owner, clock)
    record = _on_record(store, owner, plan)
    if record is not None:
        return record.id
    plan = _reaching(plan, kit)  # before anything is written down
    return store.new_audit(owner, plan, request_key(plan))


def estimate(
    store: Store,
    kit: Kit,
    model: Model,
    *,
    claim: str = COLLECTION,
    p: Fraction | None = None,
    test: str | None = None,
    score: str | None = None,
    collection_test: str = ANYTIME,
    owner: str = LOCAL_OWNER,
) -> Estimate:
    """Say what an audit would take, from a short timed trial on the probe image alone.

    No version of the kit is shown to the model, and nothing is written down.

    Arguments and errors are those of `start_audit`.
    """
    due = usual_p(store, kit, model, owner) if p is None else p
    request = Request(claim, due, test or usual_test(model), score, collection_test)
    scorer = open_scorer(kit, model, request)
    plan = make_plan(store, kit, model, scorer.description, request, owner, utc_now)
    record = _on_record(store, owner, plan)
    plan = _reaching(plan, kit) if record is None else record.plan
    return Estimate(
        at_most=plan.at_most,
        expected_unused=expected_queries(plan, None),
        expected_used=expected_queries(plan, USED_Q),
        images_per_query=scorer.images_per_query,
        probes_at_most=probes_at_most(plan),
        hosted=plan.hosted,
        seconds_per_query=scorer.seconds_per_query(),
        attempt=plan.attempt,
        level=plan.level,
        warnings=warnings(plan),
        on_record=None if record is None else record.id,
    )


def usual_test(model: Model) -> str:
    """Return the test that suits a model: a hosted one is asked in one batch a photo."""
    return HOSTED_TEST if model.hosted else DEFAULT_TEST


def usual_p(store: Store, kit: Kit, model: Model, owner: str) -> Fraction:
    """Return the p that binds whatever is asked of a model about a kit, else DEFAULT_P."""
    bound = store.bound_p(owner, kit.id, model.identity.fingerprint)
    return DEFAULT_P if bound is None else bound


def open_scorer(kit: Kit, model: Model, request: Request) -> Scorer:
    """Return the scorer a request asks for, checked against kit and model.

    Raises:
        AuditError: the claim names no photo of the kit.
        ScoreError: the score does not fit the model or the photos.
    """
    claim = parse_claim(request.claim, [photo.file for photo in kit.photos])
    photos = _photos_of(claim, kit)
    score = request.score or default_score(model, kit, photos)
    return Scorer(kit, model, score, photos=photos)


def make_plan(
    store: Store,
    kit: Kit,
    model: Model,
    score: Mapping[str, Any],
    request: Request,
    owner: str,
    clock: Clock,
) -> Plan:
    """Write the plan of the next attempt, all but how many versions it may ask about.

    Raises:
        AuditError, DesignError: the claim, p or collection test cannot be had.
    """
    files = tuple(photo.file for photo in kit.photos)
    claim = parse_claim(request.claim, files)
    _check_collection_test(claim, request.collection_test)
    identity = model.identity
    earlier = tuple(store.attempts(owner, kit.id, identity.fingerprint))
    asks_now = FirstAsked(request.p, request.test, str(score["name"]))
    first = store.first_asked(owner, kit.id, identity.fingerprint)
    bound = store.bound_p(owner, kit.id, identity.fingerprint) if first is None else first.p
    check_p(request.p, bound, enrolled=first is None)
    first = first or asks_now
    share = share_of(
        claim, request.collection_test, len(files), request.test, asks_now.score, first
    )
    level = level_of(request.p, len(earlier) + 1, share)
    return Plan(
        software=f"telltale {__version__}",
        started=clock().strftime(TIME_FORMAT),
        kit_id=kit.id,
        kit_created=kit.public.created,
        test_seed=kit.public.test_seed,
        files=files,
        versions=kit.versions,
        model=_identity_json(identity),
        score=dict(score),
        claim=claim,
        test=request.test,
        collection_test=request.collection_test,
        p=request.p,
        attempt=len(earlier) + 1,
        first=first,
        level=level,
        max_hidden=0,
        earlier=earlier,
        models_tried=len(store.models_tried(owner, kit.id) | {identity.fingerprint}),
        hosted=model.hosted,
        batching=batching_for(claim, len(files), model.hosted, _on_gpu(model)),
        disclosed=_disclosed(store, kit, model, _photos_of(claim, kit), owner),
    )


def _on_gpu(model: Model) -> bool:
    """Say whether a local model runs on a graphics card (only those in torch have a device)."""
    return getattr(getattr(model, "device", None), "type", "cpu") == "cuda"


def _disclosed(
    store: Store, kit: Kit, model: Model, photos: Sequence[int], owner: str
) -> int | None:
    if not model.hosted:
        return None
    return disclosed_limit(store, owner, kit.id, provider_of(model.identity.details), photos)


def _on_record(store: Store, owner: str, plan: Plan) -> AuditRecord | None:
    """Return the audit that asks the same and can be gone on with, or has told.

    One that was spoiled by a change of the model does not count.
    """
    for record in store.matching(owner, request_key(plan)):
        told = record.verdict is not None and record.verdict.reason is None
        if told or (record.verdict is None and not outgrown(store, record)):
            return record
    return None


def _photos_of(claim: Claim, kit: Kit) -> list[int]:
    return [index for index, photo in enumerate(kit.photos) if claim.file in (None, photo.file)]


def _reaching(plan: Plan, kit: Kit) -> Plan:
    """Return the plan with its budget; refuse one that cannot end with "used" whatever is said."""
    if plan.claim.kind == EACH and len(plan.files) > EACH_MOST:
        raise DesignError(
            f"An answer for each photo can be had for at most {EACH_MOST} photos of a kit, and "
            f"this one has {len(plan.files):,}: every photo more makes each single answer weaker. "
            "Ask about all of them together, about one that you name, or protect them in several "
            "kits and audit the folder of kits."
        )
    plan = replace(plan, max_hidden=plan.max_hidden_due)
    AuditMachine(plan, kit)
    if plan.disclosed is not None and not within_reach(plan):
        raise DesignError(
            "The provider of this model was asked about these photos before, so no more than "
            f"{plan.disclosed} hidden versions of each may be asked about now. They are too few to "
            f"reach a false-alarm level of {chance(plan.level)}. What is left at this provider is "
            "the photos together, or photos that it has not been asked about."
        )
    return plan


def _check_collection_test(claim: Claim, name: str) -> None:
    if name not in COLLECTION_TESTS:
        raise AuditError(
            f"There is no collection test called {name!r}. Choose {' or '.join(COLLECTION_TESTS)}."
        )
    if name == RANK_SUM and claim.kind != COLLECTION:
        raise AuditError(
            "The rank-sum with a fixed budget is about the collection as a whole. Ask about the "
            "collection, or leave the collection test at 'anytime'."
        )


def _identity_json(identity: ModelIdentity) -> dict[str, Any]:
    values = asdict(identity)
    values["released"] = identity.released.isoformat() if identity.released else None
    return values


def probes_at_most(plan: Plan) -> int:
    """Return how often the test picture is asked: at the start, on the way, at the end."""
    looks = 2 + plan.at_most // plan.probing.every
    return looks * plan.probing.repeats


def warnings(plan: Plan) -> tuple[str, ...]:
    """Return what should be read before an audit starts; each a sentence or two."""
    said = []
    released = plan.model["released"]
    if released is not None and released < plan.kit_created[:10]:
        said.append(
            f"This model was released on {released}, before the kit was sealed on "
            f"{plan.kit_created[:10]}. It cannot have used the protected photos."
        )
    if plan.hosted:
        captions = ", and their captions" if str(plan.score["name"]).startswith("caption") else ""
        said.append(
            "Somebody else runs this model. They are sent small copies of the published photos and "
            f"of the hidden versions that are asked about{captions}. They may keep them. Choose "
            "the question with care: later audits at this provider can ask about no more versions "
            "of these photos than this one."
        )
    if plan.disclosed is not None:
        said.append(
            "The provider of this model was asked about these photos before. So no more than "
            f"{plan.disclosed} hidden versions of each are asked about now: fresh ones would be "
            "compared with a published version that the provider has seen."
        )
    if plan.attempt > 1:
        said.append(
            f"This is attempt {plan.attempt} of this kit on this model, and what it asks may have "
            "been chosen after seeing earlier answers. So that all attempts together keep false "
            f"alarms below {chance(plan.p)}, this one is tested at {chance(plan.level)}."
        )
    if plan.models_tried > 1:
        said.append(
            f"This kit has been pointed at {plan.models_tried} models, this one included. The "
            "chance of a false alarm holds for each model by itself; to hold it for all of them "
            f"together, ask for {chance(plan.p / plan.models_tried)} each."
        )
    if plan.test_seed is not None:
        said.append(
            "This kit was made from a seed given on the command line, which is for tests only: "
            "whoever knows the seed can tell the published versions."
        )
    return tuple(said)
