"""The steps of the presentation as HTML: one sentence, what belongs to it, where it comes from."""

from dataclasses import dataclass
from html import escape

from auditcore.audit import Decision, verdict_words
from auditcore.audit.words import chance
from auditcore.lab.experiments import WITH, WITHOUT, Audited
from pages._parts import present_data, present_words
from pages._parts.present_data import Shown
from pages._parts.present_plot import name, plot, scaled

LAST = len(present_words.TITLES)
_WHO = {WITH: "was given our photos", WITHOUT: "never saw them"}
SIGNS = {
    Decision.USED: ("tt-used", "▲ Used"),
    Decision.NOT_SHOWN: ("tt-notshown", "◇ Not shown"),
    Decision.CANNOT_TELL: ("tt-canttell", "? Cannot tell"),
}
_SHORTEST, _FURTHER = 40, 2.0
"""How far the plot of step 3 goes: at least, and in lengths of the audit that found something."""


@dataclass(frozen=True)
class Step:
    """What one step says and shows; `say` and `source` are plain text, `show` is HTML."""

    number: int
    say: str
    show: str
    source: str = ""

    def html(self) -> str:
        """Return the whole step."""
        title = present_words.TITLES[self.number - 1]
        return (
            f"<div class='tp tp-{self.number}'><p class='tp-kicker'><b>{self.number}</b>{title}</p>"
            f"<h1 class='tp-say'>{escape(self.say)}</h1>{self.show}"
            f"<p class='tp-source'>{escape(self.source)}</p></div>"
        )


def photo(shown: Shown) -> Step:
    """Step 1: a photo, its published copy, and what the draw added."""
    before, after, added = present_data.pictures(shown.experiment)
    stronger = f"a soft pattern of light and colour, here {present_data.STRONGER} times stronger"
    figures = (
        _picture(before, "The photo", "as it was taken")
        + _picture(after, "The copy that goes online", "a little different, if you look closely")
        + _picture(added, "What chance added", stronger)
    )
    say = present_words.lottery(shown.seen.plan.versions)
    return Step(1, say, f"<div class='tp-show tp-pictures'>{figures}</div>", shown.source)


def training(shown: Shown) -> Step:
    """Step 2: both models learn, and learn equally well."""
    facts = "".join(_ability(shown, twin) for twin in (WITH, WITHOUT))
    show = f"<div class='tp-show tp-beside'>{_losses(shown)}<div>{facts}</div></div>"
    return Step(2, present_words.twins(shown.photos), show, shown.source)


def evidence(shown: Shown) -> Step:
    """Step 3: both models asked; the line of the one that saw the photos climbs."""
    decisions = [audited.verdict.decision for audited in (shown.seen, shown.unseen)]
    answers = _answer(shown.seen, WITH) + _answer(shown.unseen, WITHOUT)
    beside = f"<div class='tp-late'>{answers}</div>"
    show = f"<div class='tp-show tp-beside'>{_climbing(shown)}{beside}</div>"
    return Step(3, present_words.asked(*decisions, shown.photos), show, shown.source)


def _picture(address: str, what: str, about: str) -> str:
    return (
        f"<figure><img src='{address}' alt=''><figcaption><strong>{what}</strong> {about}"
        "</figcaption></figure>"
    )


def _legend(about: str) -> str:
    items = "".join(f"<li class='{twin}'>{who}</li>" for twin, who in _WHO.items())
    return f"<div><p>{about}</p><ul class='tp-legend'>{items}</ul></div>"


def _losses(shown: Shown) -> str:
    rows = {twin: shown.experiment.losses(twin) for twin in (WITH, WITHOUT)}
    high = max(row.loss for twin in rows.values() for row in twin)
    across = max(row.epoch for twin in rows.values() for row in twin)
    lines = [
        (twin, scaled([(row.epoch, row.loss) for row in run], across, 0.0, high))
        for twin, run in rows.items()
    ]
    ends = " and ".join(f"{run[-1].loss / run[0].loss:.0%}" for run in rows.values())
    alt = f"Two falling lines, close together. They end at {ends} of where they began."
    axis = f"<span>start</span><span>after seeing every picture {across} times</span>"
    return _chart(
        _legend("How wrong each model still is while it learns"), plot(lines, "", alt), axis
    )


def _ability(shown: Shown, twin: str) -> str:
    good = shown.experiment.utility(twin) or 0.0
    does = present_words.ABILITY[shown.experiment.setup.kind]
    who = f"The one that {_WHO[twin]}:"
    return f"<p class='tp-fact {twin}'>{who} <strong>{good:.0%}</strong> {does}</p>"


def _climbing(shown: Shown) -> str:
    """Plot the evidence of both audits, towards the line that is enough."""
    runs = {
        twin: present_data.evidence_of(audited)
        for twin, audited in ((WITH, shown.seen), (WITHOUT, shown.unseen))
    }
    enough = present_data.enough(shown.seen)
    logs = [log for run in runs.values() for _, log in run]
    low, high = min(-1.0, *logs), max(enough, *logs) * 1.2
    across = _across(shown, runs)
    level = (enough - low) / (high - low)
    lines = [("enough", [(0.0, level), (1.0, level)])]
    lines += [(twin, scaled(run, across, low, high)) for twin, run in runs.items()]
    words = name("enough to say so", 0.01, level)
    cut = "the first " if across < max(run[-1][0] for run in runs.values()) else ""
    axis = (
        f"<span>0</span><span>{cut}{across:,} comparisons of a published copy with a secret one"
        "</span>"
    )
    legend = _legend("How strongly the answers say: this model has seen our photos")
    return _chart(legend, plot(lines, words, _standing(shown)), axis)


def _across(shown: Shown, runs: dict[str, list[tuple[float, float]]]) -> int:
    """Return how far to plot: all of it, unless the deciding line would be too short to see."""
    longest = max(run[-1][0] for run in runs.values())
    decided = shown.seen.verdict.decision is Decision.USED
    wanted = runs[WITH][-1][0] * _FURTHER if decided else longest
    return int(min(longest, max(_SHORTEST, wanted)))


def _standing(shown: Shown) -> str:
    said = []
    for twin, audited in ((WITH, shown.seen), (WITHOUT, shown.unseen)):
        reaches = "reaches" if audited.verdict.decision is Decision.USED else "does not reach"
        said.append(f"The line of the model that {_WHO[twin]} {reaches} the line that is enough.")
    return " ".join(said)


def _chart(legend: str, drawn: str, axis: str) -> str:
    return f"<div class='tp-chart'>{legend}{drawn}<p class='tp-axis'>{axis}</p></div>"


def _answer(audited: Audited, twin: str) -> str:
    verdict, plan = audited.verdict, audited.plan
    style, sign = SIGNS[verdict.decision]
    answer = escape(verdict_words(verdict, plan).headline)
    return (
        f"<section class='tt-verdict {style}'><p class='kicker'>The one that {_WHO[twin]}: {sign}"
        f"</p><p class='answer'>{answer}</p><p>{verdict.queries:,} questions asked</p>"
        f"{_worth(audited)}</section>"
    )


def _worth(audited: Audited) -> str:
    """Say what an answer is worth; the grade stands with an accusation and nowhere else."""
    if audited.verdict.decision is not Decision.USED:
        return f"<p>{present_words.FAINT}</p>"
    return (
        "<p><span class='tp-grade'>✓ Guaranteed</span> A false alarm has a chance of at most "
        f"{chance(audited.plan.p)}, whatever the model is.</p>"
    )
