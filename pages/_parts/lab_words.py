"""The words of the Lab: kinds of model, what was trained on what, and what an answer is worth."""

from collections.abc import Iterable, Mapping, Sequence

from auditcore.audit import Decision, Plan
from auditcore.audit.words import chance
from auditcore.lab.experiments import SAMPLE, Audited, Outcome, Record, Setup
from auditcore.lab.pack import CLASSES
from pages._parts import evidence_plot, figures, phrases

TWINS = {"with": "learned from the photos", "without": "never saw them"}
KINDS = {
    "clip": (
        "Pictures with captions (CLIP)",
        "Learns which caption belongs to which picture. Photos are found in it most surely.",
    ),
    "classifier": (
        "Names of things (classifier)",
        "Learns to say what a picture shows, from a short list of words. Photos are found in it "
        "less surely.",
    ),
    "encoder": (
        "Pictures alone (SimCLR)",
        "Learns, without any words, which two cut-outs belong to one picture. Photos are found "
        "in it less surely.",
    ),
}
_CAPTIONS = 50  # to choose from, when a CLIP's skill is tried

NOT_PROVEN = "“Not shown” by itself is no proof that photos were not used."
NOT_FORGOTTEN = "That is no proof that they are forgotten."
NOTHING_TO_FORGET = (
    "The photos were not shown in this model to begin with, so whether it forgets cannot be seen. "
    "Train another: more rounds, fewer other pictures or a stronger mark make photos easier to "
    "find."
)


def photos(setup: Setup, number: int) -> str:
    """Say which photos an experiment is about: "24 sample photos", "1 photo of yours".

    `number` is 0 before the photos are looked at.
    """
    if not number:
        return "the sample photos" if setup.photos == SAMPLE else "your photos"
    if setup.photos == SAMPLE:
        return phrases.count(number, "sample photo")
    return phrases.count(number, "photo of yours", "photos of yours")


def about(setup: Setup, number: int) -> str:
    """Say in a sentence or two what is trained on what."""
    kind = KINDS[setup.kind][0]
    shared = phrases.count(setup.rest, "other picture")
    return (
        f"Two small models of the kind “{kind}”. One learns from {photos(setup, number)} and "
        f"{shared}; its twin from those {setup.rest:,} alone. Nothing else differs."
    )


def truth(twin: str, decision: Decision, plan: Plan) -> str:
    """Say what is known to be true of a twin, and what its answer is worth by that."""
    if twin == "with":
        if decision is Decision.USED:
            return "Here the truth is known: it did learn from them. The answer is right."
        return (
            "Here the truth is known: it did learn from them, and this audit missed it. That is "
            "why “not shown” never means “not used”."
        )
    if decision is Decision.USED:
        return (
            "Here the truth is known: it never saw them. This is a false alarm, as it happens in "
            f"at most {chance(plan.level)} audits like this."
        )
    return f"Here the truth is known: it never saw them. {NOT_PROVEN}"


def after_forgetting(found: int, tried: int) -> str:
    """Say after how many short cuts the audit still says "used"."""
    after = "After this short cut" if tried == 1 else f"After all {tried} short cuts"
    if not found:
        return f"{after} the audit no longer shows that the photos were used. {NOT_FORGOTTEN}"
    if found == tried:
        return f"{after} the photos are still found."
    return (
        f"After {found} of {tried} short cuts the photos are still found. The others are no proof "
        "that they are forgotten."
    )


def innocent_accused(plan: Plan) -> str:
    """Say what it is when the model that was trained again without the photos is called a user."""
    return (
        "The model that was trained again without the photos never saw them: that it is said to "
        f"have is a false alarm, as it happens in at most {chance(plan.level)} audits like this."
    )


def skill(title: str, kind: str) -> str:
    """Say what the figure for a model's skill is, and what it would be by guessing."""
    guessed = 1 / (_CAPTIONS if kind == "clip" else len(CLASSES))
    return (
        f"**Skill**: the {title}. Guessing would get {guessed:.0%}. Models as small as these learn "
        "little, and differences of a few points may be chance."
    )


def knobs(setup: Setup) -> str:
    """Say in short how an experiment was set up, as far as it is not as always."""
    told = [phrases.count(setup.rest, "other picture"), epochs(setup.epochs)]
    if setup.augmentation != "usual":
        told.append(f"{setup.augmentation} augmentation")
    if setup.patience is not None:
        told.append("early stopping")
    if setup.epsilon is not None:
        told.append(f"DP-SGD with epsilon {setup.epsilon:g}")
    return f"{phrases.listed(told)}.".capitalize()


def epochs(number: int) -> str:
    """Say how often each picture is seen: "40 rounds"."""
    return phrases.count(number, "round")


def guaranteed(plan: Plan) -> str:
    """Say what is guaranteed when the answer is "used"."""
    return (
        "What is guaranteed: the marks were drawn at random before the training, so a model that "
        f"never saw the photos is wrongly called “used” in at most {chance(plan.level)} audits "
        "like this, whatever the model is."
    )


def bar(plan: Plan) -> str:
    """Say where the dashed line stands, and why there."""
    needed = evidence_plot.times(figures.deciding(plan))
    return (
        f"The dashed line stands at {needed}: the accepted chance of a false alarm is "
        f"{chance(plan.p)}, and half of it is kept for later attempts at the same model."
    )


def left(tried: Mapping[str, Audited]) -> str:
    """Say how far the evidence still comes where it is not enough; "" where there is no such."""
    short = [
        (audited, name)
        for name, audited in tried.items()
        if audited.verdict is not None and audited.verdict.decision is not Decision.USED
    ]
    if not short:
        return ""
    furthest, name = max(short, key=lambda one: evidence_plot.evidence(*one[0][:2])[0])
    needed = evidence_plot.times(figures.deciding(furthest.plan))
    return f"The furthest without an answer: {name}, {reached(furthest)} where {needed} is enough."


def basis(audited: Audited) -> str:
    """Say in one line what an answer rests on: the questions, and the evidence."""
    verdict, plan = audited.verdict, audited.plan
    assert verdict is not None, "only a finished audit has an answer"
    reached, needed = evidence_plot.evidence(plan, audited.trace)
    return (
        f"{verdict.queries:,} questions. Evidence {evidence_plot.times(reached)}; "
        f"{evidence_plot.times(needed)} is enough."
    )


def reached(audited: Audited) -> str:
    """Say how far the evidence of an audit has come: "44×"."""
    return evidence_plot.times(evidence_plot.evidence(audited.plan, audited.trace)[0])


def facts(
    setup: Setup, outcomes: Mapping[str, Outcome | None], record: Record | None
) -> dict[str, str]:
    """Return what an experiment was, as a table of names and figures."""
    done = [outcome for outcome in outcomes.values() if outcome is not None]
    told = {
        "Kind of model": KINDS[setup.kind][0],
        "Other pictures in the training set": f"{setup.rest:,}",
        "Rounds (epochs)": _each(f"{one.epochs}" for one in done) or f"{setup.epochs}",
        "Pictures varied while training": setup.augmentation,
        "Stopped early": _patience(setup.patience),
        "Differential privacy (DP-SGD)": _privacy(setup.epsilon, done),
        "Mean colour change by the mark (CIEDE2000)": f"{setup.visibility:g}",
        "Accepted chance of a false alarm": chance(setup.p),
        "Seed": f"{setup.seed}",
    }
    if record is not None:
        told |= {"All of it took": phrases.duration(record.seconds), "On": record.machine}
        told |= {"Finished (UTC)": record.finished, "Telltale": record.software}
    return told


def _each(values: Iterable[str]) -> str:
    """Return a figure of both models: one where they agree."""
    return " and ".join(dict.fromkeys(values))


def _patience(patience: int | None) -> str:
    return "no" if patience is None else f"after {epochs(patience)} without progress"


def _privacy(epsilon: float | None, done: Sequence[Outcome]) -> str:
    if epsilon is None:
        return "no"
    reached = _each(f"{one.epsilon:.2f}" for one in done if one.epsilon is not None)
    return f"epsilon {epsilon:g}" + (f", {reached} used" if reached else "")
