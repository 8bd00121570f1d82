"""What breaks the guarantee: somebody takes a liberty, and false alarms are counted."""

import streamlit as st

from auditcore.lab.lessons.hazards import HAZARDS, Hazard, simulate_chunk
from auditcore.lab.lessons.practices import P
from auditcore.lab.lessons.settling import counted, settling
from auditcore.passive.evaluation import Rate
from pages._parts import keys, lesson_counting, lesson_frame, lesson_plots
from pages._parts.lesson_counting import Flags
from pages._parts.lesson_plots import Line

_AUDITS = 2000
_OFF, _ON, _NEEDLESS = "without the guard", "with the guard", "watched all along"


def show() -> None:
    """Show the piece."""
    lesson_frame.idea(
        "Watching is safe here; much else is cheating",
        "Telltale lets you watch the evidence and stop when you like. Elsewhere that alone breaks "
        "the promise, and many small liberties break it anywhere. Take one, and count how many "
        "innocent models are accused.",
    )
    name = st.selectbox(
        "What somebody does", list(HAZARDS), key=keys.LESSON_PRACTICE,
        format_func=lambda name: HAZARDS[name].title, on_change=_take_guard_off,
    )  # fmt: skip
    hazard = HAZARDS[name]
    st.markdown(hazard.practice)
    guarded = st.toggle(
        "With Telltale’s guard", key=keys.LESSON_GUARD, disabled=hazard.harmless,
        help="No guard is needed here." if hazard.harmless else None,
    )  # fmt: skip
    guarded = guarded or hazard.harmless
    if guarded:
        st.caption(hazard.guard)
    lesson_counting.watch(
        _question(name, guarded), _AUDITS,
        lambda done: simulate_chunk(name, guarded=guarded, number=done // 100),
        lambda accused: _draw(name, guarded, accused),
    )  # fmt: skip
    _tell(name, hazard, guarded)


def _take_guard_off() -> None:
    st.session_state[keys.LESSON_GUARD] = False


def _question(name: str, guarded: bool) -> tuple[str, str, bool]:
    return "hazards", name, guarded


def _draw(name: str, guarded: bool, accused: Flags) -> None:
    found = counted(accused)
    st.markdown(lesson_frame.accused(found))
    guard = _NEEDLESS if HAZARDS[name].harmless else _ON
    lines = [Line(guard if guarded else _OFF, settling(accused), guarded)]
    other = lesson_counting.kept(_question(name, not guarded))
    if other is not None:
        lines.append(Line(_OFF if guarded else _ON, settling(other), not guarded))
    lesson_frame.chart(
        "hazards", lesson_plots.rates(lines, float(P), _AUDITS),
        "The share of innocent models accused, with its interval, against the 5 % accepted: "
        f"{found.count} of {found.of} {lines[0].name}.",
    )  # fmt: skip
    lesson_frame.explain_band(found)


def _tell(name: str, hazard: Hazard, guarded: bool) -> None:
    """Say what the counts show, once they are complete."""
    accused = lesson_counting.kept(_question(name, guarded))
    if accused is None or accused.size < _AUDITS:
        return
    lesson_frame.take_home(_lesson(hazard, guarded, counted(accused)))


def _lesson(hazard: Hazard, guarded: bool, found: Rate) -> str:
    if hazard.harmless:
        return "Look as often as you like: the promise is about the whole path, not about one look."
    if guarded:
        return (
            f"{hazard.guard} The promise holds again: at most {100 * float(P):.0f} in 100, as far "
            f"as {found.of:,} audits can tell."
        )
    if found.low > P:
        return (
            f"What was to happen in 5 of 100 audits happens in {100 * found.value:.0f}. Switch the "
            "guard on to see what Telltale does about it."
        )
    return (
        "No innocent model is accused more often, but a guilty one is found less often, too: the "
        "published version is held to a harder rule than the others."
    )
