"""What an audit will do, written down and hashed before the first query is asked.

One audit makes one statement at one level, chosen here. Attempt k of a kit on a model is tested at
p / 2^k (k = 1, 2, ...). What a later attempt asks may have been chosen after seeing the answers of
the earlier ones, so its p / 2^k is shared beforehand by everything it could ask (`share_of`). So
all attempts together raise a false alarm with probability below p, whatever is asked when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any

from auditcore.audit.chain import digest
from auditcore.audit.probing import Probing, probing_for
from auditcore.errors import AuditError, DesignError
from auditcore.sequential import make_test
from auditcore.sequential.batching import LARGEST, PILOT
from auditcore.sequential.collection import AnytimeCollection

PLAN_FORMAT = 2
COLLECTION, EACH, PHOTO = "collection", "each", "photo"
ANYTIME, RANK_SUM = "anytime", "rank-sum"
COLLECTION_TESTS = (ANYTIME, RANK_SUM)
COMPUTING = ("precision", "engine", "call size")
"""The details of a model that bind its answers to the last bit."""
RANK_SUM_HIDDEN = 15
RANK_SUM_BUDGET = 64_000
EACH_HIDDEN = 255
BATCH_TOP = 5
USUAL_SHARE = Fraction(7, 8)
"""Of a later attempt's level: for the test of the first attempt; likewise for its score."""
OTHERS = 15
"""How many other tests share the rest, and how many other scores (room for more to come)."""


@dataclass(frozen=True)
class Claim:
    """The one statement of an audit: about a named photo, the collection, or every photo."""

    kind: str
    file: str | None = None

    def __str__(self) -> str:
        return self.kind if self.file is None else f"{PHOTO}:{self.file}"


def parse_claim(text: str, files: Sequence[str]) -> Claim:
    """Read "collection", "each" or "photo:FILE" (a bare file name of the kit is taken as well).

    Raises:
        AuditError: the claim names no photo of the kit.
    """
    if text in (COLLECTION, EACH):
        return Claim(text)
    name = text.removeprefix(f"{PHOTO}:")
    if name in files:
        return Claim(PHOTO, name)
    known = ", ".join(files[:5]) + (", ..." if len(files) > 5 else "")
    raise AuditError(
        f"The kit has no photo called {name!r}. Ask about 'collection', about 'each' photo, "
        f"or about one of: {known}."
    )


@dataclass(frozen=True)
class Batching:
    """How many hidden versions are asked at a time: `pilot` first, then at most `most`.

    The level is the same for every size, as it is chosen before the start.
    """

    pilot: int = PILOT
    most: int = LARGEST


SPARING = Batching()
"""Where queries are dear: hosted models, and slow ones about few photos."""
AT_ONCE = Batching(pilot=PILOT, most=1024)
"""For collections that keep a processor busy in any case."""
FREE = Batching(pilot=LARGEST, most=1024)
"""For a graphics card, to which a query more costs next to nothing."""
BATCHINGS = (SPARING, AT_ONCE, FREE)
MANY_PHOTOS = 64
"""A collection of more photos than this asks in large batches."""


def batching_for(claim: Claim, photos: int, hosted: bool, gpu: bool) -> Batching:
    """Return how a model is asked: in the batches that suit it and the question."""
    if hosted:
        return SPARING
    if gpu:
        return FREE
    many = claim.kind == COLLECTION and photos > MANY_PHOTOS
    return AT_ONCE if many else SPARING


@dataclass(frozen=True)
class FirstAsked:
    """What the first attempt of a kit on a model asked; every later one is measured by it."""

    p: Fraction
    test: str
    score: str


@dataclass(frozen=True)
class Plan:
    """Everything that decides the course of an audit; `started` is the only time in its log.

    Attributes:
        files: the photos of the kit, in its order. versions: n, published one included.
        model: identity of the model as plain JSON. score: description of the score.
        p: the level asked for, over all attempts. level: that of this attempt, see `level_of`.
        first: what the first attempt of this kit on this model asked; may be this one.
        max_hidden: hidden versions asked of one photo at most.
        earlier: plan hashes of the attempts before this one on this kit and model, in order.
        models_tried: how many different models this ledger has seen for this kit, this included.
        test_seed: the seed, when the kit was made from a given one (for tests), else None.
        hosted: whether somebody else runs the model.
        disclosed: the most hidden versions of a photo that may be sent to the provider of a hosted
            model, because it was sent others before (see `disclosure`). None: no limit.
    """

    software: str
    started: str
    kit_id: str
    kit_created: str
    test_seed: str | None
    files: tuple[str, ...]
    versions: int
    model: Mapping[str, Any]
    score: Mapping[str, Any]
    claim: Claim
    test: str
    collection_test: str
    p: Fraction
    attempt: int
    first: FirstAsked
    level: Fraction
    max_hidden: int
    earlier: tuple[str, ...]
    models_tried: int
    hosted: bool = False
    disclosed: int | None = None
    batching: Batching = field(default_factory=Batching)
    format_version: int = PLAN_FORMAT

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the plan's canonical JSON."""
        return digest(self.to_json())

    @property
    def computing(self) -> dict[str, str]:
        """How the model computes, as far as its answers depend on it."""
        details = self.model["details"]
        return {name: details[name] for name in COMPUTING if name in details}

    @property
    def level_due(self) -> Fraction:
        """The level that this attempt has to be tested at."""
        share = share_of(
            self.claim,
            self.collection_test,
            len(self.files),
            self.test,
            str(self.score.get("name")),
            self.first,
        )
        return level_of(self.p, self.attempt, share)

    @property
    def probing(self) -> Probing:
        """How the model is watched for changes."""
        return probing_for(self.hosted)

    @property
    def max_hidden_due(self) -> int:
        """The budget of hidden versions a photo that this plan has to have."""
        asks = (self.claim, self.collection_test, self.versions, len(self.files), self.level)
        most = one_batch_for(*asks, self.test) if self.hosted else max_hidden_for(*asks)
        return most if self.disclosed is None else min(most, self.disclosed)

    @property
    def together(self) -> bool:
        """Whether the claim is about several photos as one collection."""
        return self.claim.kind == COLLECTION and len(self.files) > 1

    @cached_property
    def photos(self) -> tuple[int, ...]:
        """Indices of the photos that are asked about."""
        if self.claim.file is not None:
            return (self.files.index(self.claim.file),)
        return tuple(range(len(self.files)))

    @cached_property
    def at_most(self) -> int:
        """The most queries this audit can ask (published versions included)."""
        return len(self.photos) * (self.max_hidden + 1)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        values = asdict(self)
        values.update(
            claim=str(self.claim),
            p=str(self.p),
            level=str(self.level),
            first={**asdict(self.first), "p": str(self.first.p)},
            files=list(self.files),
            earlier=list(self.earlier),
            model=dict(self.model),
            score=dict(self.score),
        )
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Plan":
        """Read a plan back.

        Raises:
            AuditError: a field is missing, unknown or malformed, or the format is a newer one.
        """
        if not isinstance(values, Mapping) or values.get("format_version") != PLAN_FORMAT:
            raise AuditError(
                "An audit was written by another version of Telltale. Open it with that version, "
                "or set TELLTALE_DATA to another folder to begin anew."
            )
        if set(values) != {item.name for item in fields(cls)}:
            raise AuditError("The plan has missing or unknown fields.")
        try:
            return _read_plan(values)
        except (TypeError, ValueError, KeyError, ZeroDivisionError) as error:
            raise AuditError(f"The plan cannot be read: {error}.") from error


def _read_plan(values: Mapping[str, Any]) -> Plan:
    batching = Batching(**values["batching"])
    if batching not in BATCHINGS:
        raise ValueError("it asks in batches of another size than any version does")
    if type(values["hosted"]) is not bool:
        raise ValueError("it does not say whether the model is hosted")
    read = dict(values)
    files = tuple(str(name) for name in values["files"])
    read.update(
        files=files,
        earlier=tuple(values["earlier"]),
        claim=parse_claim(values["claim"], files),
        p=Fraction(values["p"]),
        level=Fraction(values["level"]),
        batching=batching,
        first=FirstAsked(**{**values["first"], "p": Fraction(values["first"]["p"])}),
    )
    return Plan(**read)


def request_key(plan: Plan) -> str:
    """Name what a person asked for: two plans with one key are for the same audit."""
    asked = (plan.claim, plan.test, plan.collection_test, plan.p)
    return digest(
        [plan.kit_id, plan.model["fingerprint"], dict(plan.score), *(str(part) for part in asked)]
    )


def share_of(
    claim: Claim, collection_test: str, photos: int, test: str, score: str, first: FirstAsked
) -> Fraction:
    """Return the share of its p / 2**attempt that a later attempt gets for what it asks.

    Fixed beforehand for every question there is, and adding up to at most 1 over all of them, so
    that choosing the question after seeing earlier answers gains nothing (a union bound): a quarter
    each for the collection watched, the collection with a fixed budget, every photo, and the single
    photos between them; most of that for the first attempt's test and score.
    """
    kind = Fraction(1, 4 * photos) if claim.kind == PHOTO else Fraction(1, 4)
    return kind * _usual(test == first.test) * _usual(score == first.score)


def _usual(same: bool) -> Fraction:
    return USUAL_SHARE if same else (1 - USUAL_SHARE) / OTHERS


def level_of(p: Fraction, attempt: int, share: Fraction = Fraction(1)) -> Fraction:
    """Return p / 2**attempt for attempt 1, and that times its share for attempt 2, 3, ...

    All of them together stay below p.

    Raises:
        DesignError: p is not between 0 and 1.
    """
    if not 0 < p < 1:
        raise DesignError(f"The chance of a false alarm must lie between 0 and 1, not {p}.")
    return p * Fraction(1, 2**attempt) * (1 if attempt == 1 else share)


def max_hidden_for(
    claim: Claim, collection_test: str, versions: int, photos: int, level: Fraction
) -> int:
    """Return how many hidden versions one photo may cost, stated before the audit starts.

    A claim about photos may use all of them. The collection shares a budget of about 64 queries a
    photo, and never less than one whole photo's worth: it gains by breadth, not by depth. The
    rank-sum asks a fixed number: RANK_SUM_HIDDEN, of very many photos as many as RANK_SUM_BUDGET
    queries in all leave to each, but what it takes to reach the level in any case.
    """
    if claim.kind != COLLECTION:
        return versions - 1
    if collection_test == RANK_SUM:
        hidden = max(1, min(RANK_SUM_HIDDEN, RANK_SUM_BUDGET // photos - 1))
        while Fraction(1, (hidden + 1) ** photos) > level:
            hidden += 1
        return min(versions - 1, hidden)
    share = -(-max(versions, 64 * photos) // photos)
    return min(versions - 1, share - 1)


def one_batch_for(
    claim: Claim, collection_test: str, versions: int, photos: int, level: Fraction, test: str
) -> int:
    """Return how many hidden versions of a photo a hosted model is asked about, in one batch.

    Enough for nearly the power of all of them: 5 / level for a named photo, RANK_SUM_HIDDEN each
    for a collection, EACH_HIDDEN where every photo gets its own answer; all of them where the test
    needs more.

    Raises:
        DesignError: the test or the level cannot be had with so many versions.
    """
    if claim.kind == COLLECTION and photos > 1:
        fixed = max_hidden_for(claim, RANK_SUM, versions, photos, level)
        return fixed if collection_test == RANK_SUM else _anytime_batch(versions, photos, level)
    wanted = ceil(BATCH_TOP / level) - 1
    wanted = max(wanted, EACH_HIDDEN) if claim.kind == EACH else wanted
    least = make_test(test, versions, level).step(0)
    return versions - 1 if least is None or least > wanted else min(versions - 1, wanted)


def _anytime_batch(versions: int, photos: int, level: Fraction) -> int:
    test, hidden = AnytimeCollection(photos, versions, level), RANK_SUM_HIDDEN
    while hidden < versions - 1 and not test.rejects([(hidden, 0)] * photos):
        hidden = 2 * hidden + 1
    return min(versions - 1, hidden)
