"""How many photos it takes to find a use."""

from fractions import Fraction

import streamlit as st

from auditcore.lab.lessons.photos_needed import AUDITS, SIZES, Power, enough, power
from pages._parts import keys, lesson_frame, lesson_plots, phrases
from pages._parts.claims import RARITIES, rarity


def show() -> None:
    """Show the piece."""
    lesson_frame.idea(
        "One photo, ten, fifty",
        "Training leaves a trace in each photo, and it is faint. How likely is it that an audit "
        "finds the use of one photo, of ten together, of fifty, if all of them were used?",
    )
    p = st.segmented_control(
        "False alarms you accept", list(RARITIES), default=Fraction(1, 20), required=True,
        format_func=rarity, key=keys.LESSON_RARITY,
    )  # fmt: skip
    with st.spinner(f"Simulating {AUDITS} audits for each point…"):
        found = [_power(size, p) for size in SIZES]
    lesson_frame.chart(
        "photos", lesson_plots.powers(found, float(p)),
        "The chance to find the use of 1, 10 and 50 photos, over the strength of the trace that "
        f"training left in each. {_needs(found)}",
    )  # fmt: skip
    st.caption(
        "The trace is how much more familiar the published version looks than the hidden ones, in "
        f"standard deviations. One photo is computed exactly, several by {AUDITS} simulated audits "
        "a point."
    )
    lesson_frame.take_home(
        f"Faint traces add up, so protect many photos rather than one. {_needs(found)} What is "
        "missed was used all the same: hence “not shown”, never “not used”."
    )


@st.cache_data(show_spinner=False)
def _power(photos: int, p: Fraction) -> Power:
    return power(photos, p)


def _needs(found: list[Power]) -> str:
    """Say how strong a trace each number of photos needs."""
    parts = [f"{_who(one)} {_trace(enough(one))}" for one in found]
    return f"To be found in 90 % of audits, {phrases.listed(parts)}."


def _who(one: Power) -> str:
    return "one photo needs" if one.photos == 1 else f"{one.photos} photos need"


def _trace(needed: float | None) -> str:
    return "a trace stronger than any here" if needed is None else f"a trace of {needed:g}"
