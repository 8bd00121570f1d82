"""The exercises of the teacher's sheet; every figure in them is computed when they are made.

Each returns what to ask, what to do, and what comes out. Those with paper come first, then those
with the page Understand, then those with an experiment of the Lab.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from scipy.stats import binom

from auditcore.lab.experiments import WITH, WITHOUT, Audited, Experiment
from auditcore.lab.lessons import hazards, indications, members, photos_needed, thousand
from auditcore.lab.lessons.shapes import VERSIONS
from auditcore.lab.unlearning.methods import METHODS
from auditcore.passive.evaluation import Rate
from auditcore.sequential import DEFAULT_TEST, make_test

P = Fraction(1, 20)
_STRICT = Fraction(1, 100)
_PUPILS = 30
_PHOTOS = 20
_PRACTICES = ("peeking", "order", "repeat", "ties-for", "photos", "models")
_PRACTICE_AUDITS = 2000
_TRACES = (1.0, 2.0, 3.0)
_PICTURES, _MODELS = 20, 100


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        title: its name. minutes: that it takes.
        ask: the question, before anybody tries.
        do: what to do: on paper, on a page, or a command in a code block.
        expect: what comes out, with figures. Markdown.
        learn: the point of it, one sentence.
    """

    title: str
    minutes: int
    ask: str
    do: str
    expect: str
    learn: str


def exercises(experiment: Experiment) -> tuple[Exercise, ...]:
    """Return all exercises, in order.

    Args:
        experiment: finished, with ways of forgetting; the last three are about it.
    """
    return (
        lottery(),
        next_one(),
        clean_run(),
        fair_draw(),
        practices(),
        many_photos(),
        strength(),
        two_grades(),
        twins(experiment),
        memory(experiment),
        forgetting(experiment),
    )


def lottery() -> Exercise:
    """A lottery in the classroom: one card of twenty each."""
    expected, nobody = _PUPILS * P, float((1 - P) ** _PUPILS)
    return Exercise(
        "A lottery in the classroom",
        5,
        "How often does somebody look guilty by luck alone?",
        "Everybody draws one number from 1 to 20. Whoever draws a 1 “prefers the published "
        "version” although they never saw it: a false alarm at 1 in 20.",
        f"In a class of {_PUPILS} about {_number(float(expected))} pupils draw it, and in "
        f"{_percent(1 - nobody)} of such classes at least one does. A chance of 1 in 20 needs "
        f"{ceil(1 / P)} versions of a photo at least, 1 in 100 needs {ceil(1 / _STRICT)}: with "
        "fewer, even the very top place is not rare enough.",
        "The chance of a false alarm comes from the draw alone, whoever is accused.",
    )


def next_one() -> Exercise:
    """The chance that the next hidden version wins, after none did."""
    chances = [f"{Fraction(1, asked + 2)} after {asked}" for asked in (0, 1, 9, 18)]
    return Exercise(
        "Will the next one win?",
        5,
        "An innocent model compared the published version with some hidden ones, and none of them "
        "won. How likely is it that the next one wins?",
        "Think of all versions compared so far, and the next one, standing in a row by their "
        "scores. Every order is equally likely. In how many is the newcomer first?",
        f"{', '.join(chances)} comparisons: 1/(t+2) after t.",
        "Each clean comparison makes luck a worse explanation, and one can say by how much.",
    )


def clean_run() -> Exercise:
    """How many comparisons without a loss are enough."""
    steps = {p: make_test(DEFAULT_TEST, VERSIONS, p).staircase for p in (P, _STRICT)}
    rows = [(f"1 in {1 / p}", ceil(1 / p) - 1, *stairs[:4]) for p, stairs in steps.items()]
    heads = ("false alarms", "no test can do with less than", "none", "one", "two", "three")
    return Exercise(
        "When is it enough?",
        5,
        "How many comparisons without a single hidden version winning would convince you? And if "
        "one of them wins?",
        "Write your number down, then look:\n\n```\n"
        'python -c "from fractions import Fraction; from auditcore.sequential import '
        f"make_test; print(make_test('{DEFAULT_TEST}', 1000, Fraction(1, 20)).staircase[:4])\""
        "\n```",
        "Comparisons needed, by how many hidden versions won (1,000 versions):\n\n"
        + _table(heads, rows),
        "A stricter promise costs more questions, and one bad comparison does not spoil it all.",
    )


def fair_draw() -> Exercise:
    """A thousand innocent models, with a fair draw and with a choice."""
    exact = thousand.exact_rate_of(P)
    low, high = (int(binom.ppf(tail, thousand.MODELS, exact)) for tail in (0.025, 0.975))
    fair, nicest = (thousand.rate_of(thousand.Case(nicest=nicest)) for nicest in (False, True))
    return Exercise(
        "A thousand innocent models",
        10,
        "Of 1,000 models that never saw the photo, how many are accused at 1 in 20? What if people "
        "publish the version they like best, instead of one drawn at random?",
        "Understand, “A fair draw”. Or, another seed for every group:\n\n```\n"
        "python -m auditcore lab thousand --seed 1\n"
        "python -m auditcore lab thousand --seed 1 --nicest\n```",
        f"Exactly {_percent(exact)} in the long run. Of 1,000 models: {low} to {high} in 95 of 100 "
        f"groups; with seed 1, {_rate(fair)}. With the nicest version, {_rate(nicest)}.",
        "The scores may look like anything; it is the draw that makes the promise, and taste "
        "breaks it.",
    )


def practices() -> Exercise:
    """What breaks the promise, and what keeps it."""
    found = [hazards.measure(name, _PRACTICE_AUDITS) for name in _PRACTICES]
    rows = [(one.hazard.title, _share(one.off), _share(one.on)) for one in found]
    return Exercise(
        "Cheating without noticing",
        10,
        "Which of these make false alarms more frequent than the 1 in 20 that was promised?",
        "Vote first, then look: Understand, “Watching and cheating”. Or:\n\n```\n"
        f"python -m auditcore lab hazards {' '.join(_PRACTICES)}\n```",
        f"False alarms in {_PRACTICE_AUDITS:,} audits of innocent models (95 % interval; with the "
        "guards the truth is at most 5 %):\n\n"
        + _table(("practice", "as it is", "with its guard"), rows),
        "Watching is harmless here, because the test was made for it. Choosing after the answers "
        "never is.",
    )


def many_photos() -> Exercise:
    """Twenty photos, each at 1 in 20."""
    wrong = 1 - float((1 - P) ** _PHOTOS)
    return Exercise(
        "Twenty chances",
        5,
        f"{_PHOTOS} photos are tested one by one, each at 1 in 20. How often is an innocent model "
        "accused of at least one of them?",
        f"On paper: 1 − (1 − 1/20)^{_PHOTOS}.",
        f"{_percent(wrong)}. The simulation of the exercise before comes out a little lower, since "
        f"the test keeps a little below 1 in 20 (exactly {_percent(thousand.exact_rate_of(P))}).",
        "One audit makes one statement, chosen before it begins.",
    )


def strength() -> Exercise:
    """One photo, ten, fifty."""
    powers = [photos_needed.power(size, P) for size in photos_needed.SIZES]
    places = [photos_needed.TRACES.index(trace) for trace in _TRACES]
    rows = [(one.photos, *(_percent(one.found[place]) for place in places)) for one in powers]
    heads = ("photos used", *(f"trace {trace:g}" for trace in _TRACES))
    return Exercise(
        "One photo, or fifty?",
        5,
        "All photos were used. How likely is it that the audit finds out, with one photo, with "
        "ten, with fifty?",
        "Understand, “How many photos”. For one photo also:\n\n```\n"
        "python -m auditcore simulate --p 0.05 --shift 2\n```",
        "Found at 1 in 20, by the strength of the trace (in standard deviations; for several "
        f"photos counted over {photos_needed.AUDITS} simulated audits):\n\n" + _table(heads, rows),
        "Faint traces add up. What is missed was used all the same: “not shown” is never “not "
        "used”.",
    )


def two_grades() -> Exercise:
    """The indication and the guarantee when pictures differ."""
    wrong = indications.false_alarms(_PICTURES, 0, _MODELS).mean(axis=0)
    rows = [
        (f"{difference:g}", _percent(indication), _percent(guaranteed))
        for difference, (indication, guaranteed) in zip(
            indications.DIFFERENCES, wrong.tolist(), strict=True
        )
    ]
    heads = ("my pictures look more familiar by", "indication wrong", "guaranteed test wrong")
    return Exercise(
        "Indication or guarantee?",
        5,
        "My pictures look a little more familiar to every model, say because my camera is sharper. "
        "No model ever saw them. Which method is misled?",
        f"Understand, “Indication or guarantee”, with {_PICTURES} pictures.",
        f"Share of {_MODELS} innocent models taken for users; both are set to 1 in 200 where "
        "nothing differs (difference in standard deviations):\n\n" + _table(heads, rows),
        "A guarantee compares a photo with versions of itself; an indication compares it with "
        "other pictures.",
    )


def twins(experiment: Experiment) -> Exercise:
    """The two models of an experiment, both audited."""
    rows = [
        (title, *_found(experiment.audit(name)), _percent(experiment.utility(name) or 0.0))
        for name, title in ((WITH, "with the photos"), (WITHOUT, "without them"))
    ]
    good = _good(experiment)
    setup = experiment.setup
    return Exercise(
        "With and without",
        10,
        "Two models are trained in the same way; one of them also sees the sample photos. Can you "
        "tell from what they can do which one it was?",
        "The Lab, “Train”. Or, for about two minutes:\n\n```\n"
        f"python -m auditcore lab train --kind {setup.kind}\n"
        "python -m auditcore lab show example\n```",
        f"In the example that is shipped, at 1 in {1 / setup.p} (evidence: of what is enough; "
        f"works: {good}):\n\n"
        + _table(("model", "answer", "evidence", "questions", "works"), rows)
        + "\n\nA training of your own comes out with other figures and, nearly always, the same "
        "answers.",
        "From outside both look alike; asked with the kit, only one gives itself away.",
    )


def memory(experiment: Experiment) -> Exercise:
    """How well members are told from strangers while training goes on."""
    seen = members.seen(experiment.memory(WITH))
    rows = [
        (one.epoch, f"{one.auc.value:.2f}", f"{one.auc.low:.2f} to {one.auc.high:.2f}")
        for one in (seen[0], seen[len(seen) // 2], seen[-1])
    ]
    return Exercise(
        "What a model remembers",
        5,
        "After each round of training, the model is shown a picture that was trained on and one "
        "that was not. How often does the first look more familiar to it?",
        "Understand, “What a model remembers”: move the slider from the first round to the last.",
        "In the example that is shipped (0.50 is a coin toss):\n\n"
        + _table(("round", "how often", "95 % interval"), rows),
        "The longer a model studies the same pictures, the more it gives away. This is an "
        "indication: it says nothing about any one picture.",
    )


def forgetting(experiment: Experiment) -> Exercise:
    """What each way of forgetting left."""
    rows = [
        (
            METHODS[method].title,
            *_found(one.audit),
            _percent(one.utility_after),
            f"{one.seconds:.0f} s",
        )
        for method, one in experiment.forgetting.items()
    ]
    before = experiment.utility(WITH) or 0.0
    return Exercise(
        "Make it forget",
        10,
        "The owner of the photos asks for their deletion. Is it enough to delete them, to change "
        "the model a little, or does it have to be trained again?",
        "The Lab, “Make it forget”. Or, with the id that `lab train` told:\n\n```\n"
        "python -m auditcore lab forget ID\n```",
        f"In the example that is shipped (before: {_percent(before)} {_good(experiment)}):\n\n"
        + _table(("way of forgetting", "answer", "evidence", "questions", "works", "took"), rows)
        + "\n\nOther experiments come out otherwise: `tests/benchmarks/results/lab_unlearning.md` "
        "tells how often each way was found out, for three kinds of models.",
        "Whether a model forgot is a question that can be put to the model; finding nothing is no "
        "proof that nothing is left.",
    )


def _found(audited: Audited | None) -> tuple[str, str, str]:
    """Return the answer of an audit, its evidence and its questions, for a table."""
    if audited is None or audited.verdict is None:
        return "not asked", "none", "0"
    verdict = audited.verdict
    reached, needed = verdict.collection.statistic, verdict.collection.threshold
    evidence = "" if reached is None else f"{_number(reached)} of {needed:g}"
    return f"**{verdict.decision.value}**", evidence, f"{verdict.queries:,}"


def _good(experiment: Experiment) -> str:
    outcome = experiment.outcome(WITH)
    return outcome.utility_title if outcome is not None else "share of right answers"


def _table(heads: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"


def _percent(share: float) -> str:
    digits = 1 if 0 < share < 0.1 or 0.99 < share < 1 else 0
    return f"{100 * share:.{digits}f} %"


def _share(rate: Rate) -> str:
    return f"{_percent(rate.value)} ({_percent(rate.low)} to {_percent(rate.high)})"


def _rate(rate: Rate) -> str:
    return f"{rate.count:,} of {rate.of:,}"
