"""Step 5 of the presentation: what each way of forgetting left to find."""

from collections.abc import Mapping
from html import escape

from auditcore.audit import Decision
from auditcore.lab.experiments import WITH, Audited, Forgotten
from pages._parts import phrases, present_data, present_words
from pages._parts.present_data import Shown
from pages._parts.present_steps import Step

_FOUND = {
    Decision.USED: "▲ Still found",
    Decision.NOT_SHOWN: "◇ Not shown",
    Decision.CANNOT_TELL: "? Cannot tell",
}
_SCALE = "A bar grows by the same length each time the evidence doubles."
_MOST = 1.15
"""The longest bar, in lengths of the evidence that is enough."""


def forgetting(shown: Shown) -> Step:
    """Return the step for an experiment that was made to forget."""
    done = present_data.forgotten(shown)
    found = {method: one.audit.verdict.decision for method, one in done.items()}
    table = f"<div class='tp-forget' role='table'>{_head()}{_rows(shown, done)}</div>"
    rule = f"<p class='tp-rule'>{escape(present_words.rule(found))}</p>"
    show = f"<div class='tp-show tp-last'>{table}{rule}</div>"
    good = present_words.ABILITY[shown.experiment.setup.kind].removeprefix("of ")
    source = f"{_SCALE} Still works: how many {good}. {shown.source}"
    return Step(5, present_words.forgotten(found), show, source)


def _head() -> str:
    titles = ("Way of forgetting", "Evidence (dotted line: enough)", "Asked again", "Still works")
    cells = "".join(f"<span role='columnheader'>{title}</span>" for title in titles)
    return f"<div class='row head' role='row'>{cells}</div>"


def _rows(shown: Shown, done: Mapping[str, Forgotten]) -> str:
    before = shown.experiment.utility(WITH) or 0.0
    rows = [_row("None yet", "", shown.seen, before, "▲ Found")]
    for method, one in done.items():
        took = f"took {phrases.duration(one.seconds)}"
        answer = _FOUND[one.audit.verdict.decision]
        rows.append(
            _row(present_words.FORGETTING[method], took, one.audit, one.utility_after, answer)
        )
    return "".join(rows)


def _row(what: str, took: str, audited: Audited, good: float, answer: str) -> str:
    used = audited.verdict.decision is Decision.USED
    style = "used" if used else "notshown"
    cells = (
        f"{what}<small>{took}</small>",
        _bar(audited),
        f"<b class='tp-chip {style}'>{answer}</b>",
        f"{good:.0%}",
    )
    inside = "".join(f"<span role='cell'>{cell}</span>" for cell in cells)
    return f"<div class='row' role='row'>{inside}</div>"


def _bar(audited: Audited) -> str:
    """Return the evidence that an audit ended with as a bar, with a mark where it is enough."""
    share = present_data.evidence_of(audited)[-1][1] / present_data.enough(audited)
    width, mark = 100 * min(max(share, 0.0), _MOST) / _MOST, 100 / _MOST
    bar, line = f"<i style='width:{width:.1f}%'></i>", f"<u style='left:{mark:.1f}%'></u>"
    return f"<span class='tp-track'>{bar}{line}</span>"
