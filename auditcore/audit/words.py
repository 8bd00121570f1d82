"""The sentences for what an audit found: one place for page, report and command line.

Two rules: finding no evidence is never put as absence of use, and every verdict comes with what it
does not mean.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import COLLECTION, EACH, Plan
from auditcore.audit.verdict import Decision, PhotoVerdict, Verdict

GRADE = "guaranteed"
NO_GRADE = "no guarantee"
GRADE_MEANS = (
    "Guaranteed: the photos were marked before they were published, so the chance of a false alarm "
    "is bounded by arithmetic, whatever the model is."
)

SEED_GIVEN = (
    "No guarantee holds here: the kit was made from a seed given on the command line, for tests. "
    "With a kit of yours, sealed before publication, the chance of a false alarm is bounded."
)


@dataclass(frozen=True)
class VerdictWords:
    """A verdict in sentences.

    Attributes:
        headline: the answer. photos: one line a photo asked about.
        grade: "guaranteed"; "no guarantee" for a kit with a given seed. The other grade,
            "indication", is never given by an audit.
        means: what the verdict means. means_not: what it does not. limits: what could defeat it.
    """

    headline: str
    grade: str
    grade_means: str
    photos: tuple[str, ...]
    means: tuple[str, ...]
    means_not: tuple[str, ...]
    limits: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the sentences as plain JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def verdict_words(verdict: Verdict, plan: Plan) -> VerdictWords:
    """Put a verdict into sentences for its owner."""
    return VerdictWords(
        headline=headline(verdict, plan),
        grade=GRADE if plan.test_seed is None else NO_GRADE,
        grade_means=GRADE_MEANS if plan.test_seed is None else SEED_GIVEN,
        photos=tuple(
            photo_line(photo, plan.claim.kind)
            for index, photo in enumerate(verdict.photos)
            if index in plan.photos
        ),
        means=_means(verdict, plan),
        means_not=_means_not(verdict),
        limits=_limits(plan),
    )


def chance(p: Fraction) -> str:
    """Say a chance the way people do: "1 in 20"; rounded up, so that it is never understated."""
    return f"1 in {float(1 / p):.3g}" if p > Fraction(1, 10) else f"1 in {int(1 / p):,}"


def headline(verdict: Verdict, plan: Plan) -> str:
    """Return the answer in one sentence."""
    if verdict.decision is Decision.CANNOT_TELL:
        return "This audit cannot tell whether the photos were used."
    if plan.claim.kind == EACH:
        return _each_headline(verdict)
    used = verdict.decision is Decision.USED
    if plan.together:
        if used:
            return f"At least one of these {len(plan.files)} photos was used to train this model."
        return f"No use of these {len(plan.files)} photos was shown."
    file = verdict.photos[plan.photos[0]].file
    return f"“{file}” was used to train this model." if used else f"No use of “{file}” was shown."


def _each_headline(verdict: Verdict) -> str:
    used = sum(photo.decision is Decision.USED for photo in verdict.photos)
    if used:
        were = "was" if used == 1 else "were"
        return f"{used} of {len(verdict.photos)} photos {were} used to train this model."
    if verdict.collection.decision is Decision.USED:
        return "At least one of these photos was used to train this model; which one is not shown."
    return f"No use of these {len(verdict.photos)} photos was shown."


def photo_line(photo: PhotoVerdict, claim: str) -> str:
    """Return one line on one photo: its figures, and the decision where one was claimed."""
    if photo.hidden_queries == 0:
        return f"“{photo.file}”: not asked about."
    beaten = f"{photo.beaten_by} of {photo.hidden_queries} hidden versions"
    figures = f"“{photo.file}”: {beaten} scored above the published one"
    if claim == COLLECTION:
        return f"{figures}; no claim is made about this photo by itself."
    return f"{figures}: {photo.decision.value}."


def _means(verdict: Verdict, plan: Plan) -> tuple[str, ...]:
    if verdict.reason is not None:
        return (verdict.reason,)
    if verdict.decision is Decision.USED:
        return (
            f"Each photo has {plan.versions:,} versions that look alike; one of them, drawn at "
            "random, was published. The model favours the published ones over the hidden ones.",
            "If the model had never met them, an audit like this one would wrongly say “used” in "
            f"at most {chance(plan.level)} cases. All attempts of this kit on this model together "
            f"stay below {chance(plan.p)}.",
            *_family(plan),
        )
    return (
        "The published versions did not stand out from the hidden ones by enough, within the "
        "queries of this audit.",
        f"The bar is high on purpose: a model that never met the photos passes it in at most "
        f"{chance(plan.level)} audits.",
    )


def _family(plan: Plan) -> tuple[str, ...]:
    if plan.together:
        return ("The claim is about the photos together, not about any one of them.",)
    if plan.claim.kind == EACH:
        return ("The bound holds for all photos at once: that any of them is named wrongly.",)
    return ()


def _means_not(verdict: Verdict) -> tuple[str, ...]:
    if verdict.decision is Decision.USED:
        return (
            "It does not say who took the photos, from where, or whether that was allowed.",
            "It does not say that the model can show the photos again, or how much they matter "
            "to it.",
            "A model that learned from another model's answers may carry the trace as well.",
        )
    return (
        "It is no proof of the opposite: a model may have learned from the photos and kept too "
        "weak a trace of them for this audit, this score or this kind of mark.",
        "Another score, a stronger mark or more photos may show what this audit could not.",
    )


def _limits(plan: Plan) -> tuple[str, ...]:
    said = [
        "Whoever trains a model and knows of this kind of audit can try to defeat it: 17 ways to "
        "hide use and 5 ways to fake it have been studied (DATABench, arXiv 2507.05622).",
        "Whoever holds the kit knows the published versions. Its owner must have kept it secret, "
        "and sealed it before the photos were published.",
        "Models are compared one by one. Pointing one kit at many models makes a false alarm "
        "somewhere more likely; divide the level by the number of models to prevent that.",
    ]
    if plan.hosted:
        said += _limits_hosted(plan)
    if plan.test_seed is not None:
        said.insert(
            0,
            "The kit was made from a seed given on the command line. That is for tests alone: "
            "whoever knows the seed can tell the published versions.",
        )
    return tuple(said)


def _limits_hosted(plan: Plan) -> list[str]:
    return [
        "Somebody else runs this model and may change it at any time. The versions of a photo were "
        "asked about in one batch, in random order, so that a change between two questions favours "
        "none of them. One test picture was sent again and again; a change that it does not show "
        "is not ruled out.",
        "What counts as learned is anything that makes the model prefer the published version. A "
        "provider that looks pictures up elsewhere, or was sent the published photo by hand, may "
        "know it without having trained on it.",
        "The attempts of one person at one provider are counted, on this machine. Whoever sends "
        "the versions of a photo there in other ways undoes the guarantee.",
    ]


def now(event: str, plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    """Return the sentence that says what is happening, for one event."""
    return _NOW[event](plan, machine, facts)


def _started(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    if facts["resumed"]:
        return f"Going on after {machine.queries:,} answers; nothing is asked twice."
    return "Asking the model about a test image first, to notice if it changes on the way."


def _scored(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    if facts["reused"]:
        return f"{facts['reused']:,} answers were on record already and are not asked for again."
    return f"The model has answered {facts['queries']:,} more queries."


def _photo_moved(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    t, k = facts["hidden_queries"], facts["beaten_by"]
    beaten = {0: "none scores", 1: "1 scores"}.get(k, f"{k:,} score")
    asked = "1 hidden version" if t == 1 else f"{t:,} hidden versions"
    return f"“{facts['file']}”: of {asked} so far, {beaten} above the published one."


def _collection_moved(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    evidence = math.exp(min(facts["log_e"], 700.0))
    return f"All photos together: evidence {evidence:,.3g}; {float(1 / plan.level):,.4g} decides."


def _decided(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    return "Decided. The test image is asked one last time, to be sure of the model."


def _drifted(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    return str(facts["reason"])


def _stopped(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    return "Paused. Everything answered so far is kept; go on whenever you like."


def _finished(plan: Plan, machine: AuditMachine, facts: Mapping[str, Any]) -> str:
    return headline(facts["verdict"], plan)


_NOW: dict[str, Callable[[Plan, AuditMachine, Mapping[str, Any]], str]] = {
    "Started": _started,
    "BatchScored": _scored,
    "PhotoMoved": _photo_moved,
    "CollectionMoved": _collection_moved,
    "Decided": _decided,
    "Drifted": _drifted,
    "Stopped": _stopped,
    "Finished": _finished,
}
