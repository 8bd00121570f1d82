"""Present: five steps on a full screen for people who never heard of any of this, in 5 minutes."""

from pathlib import Path

import streamlit as st

from auditcore.errors import TelltaleError
from pages._parts import (
    keys,
    present_data,
    present_forget,
    present_steps,
    present_thousand,
    session,
)

session.enter(__file__)
st.html(Path(__file__).with_name("_parts") / "present.css")


def here() -> int:
    """Return the step that the address names, 1 where it names none."""
    named = st.query_params.get(keys.PRESENT_STEP, "1")
    return int(named) if named in {str(step) for step in range(1, present_steps.LAST + 1)} else 1


def go(steps: int) -> None:
    to = min(max(here() + steps, 1), present_steps.LAST)
    st.query_params[keys.PRESENT_STEP] = str(to)


def start_again() -> None:
    """Begin as if nobody had watched yet, with another thousand."""
    present_thousand.forget()
    st.query_params[keys.PRESENT_STEP] = "1"


def show(step: int) -> None:
    shown = present_data.latest()
    if step == 4:
        present_thousand.show(shown)
        return
    if step == present_steps.LAST:
        st.html(present_forget.forgetting(present_data.that_forgot(shown)).html())
        return
    draw = (present_steps.photo, present_steps.training, present_steps.evidence)[step - 1]
    st.html(draw(shown).html())


def bar(step: int) -> None:
    """Offer the way on and back, by button and key, and the ways out."""
    first, last = step == 1, step == present_steps.LAST
    with st.container(horizontal=True, key=keys.PRESENT_BAR):
        st.button(
            "Back", key=keys.PRESENT_BACK, shortcut="Left", disabled=first,
            on_click=go, args=(-1,),
        )  # fmt: skip
        st.html(f"<span class='tp-where'>{step} of {present_steps.LAST}</span>", width="content")
        st.button(
            "Next", key=keys.PRESENT_NEXT, shortcut="Right", disabled=last, type="primary",
            on_click=go, args=(1,),
        )  # fmt: skip
        st.space("stretch")
        st.button(
            "Start again", key=keys.PRESENT_AGAIN, shortcut="S", type="tertiary",
            on_click=start_again, icon=":material/replay:",
        )  # fmt: skip
        left = st.button(
            "Leave", key=keys.PRESENT_LEAVE, shortcut="Esc", type="tertiary",
            icon=":material/close:",
        )  # fmt: skip
    if left:
        st.switch_page("pages/start.py")
    with st.container(key=keys.PRESENT_CLICKER):  # what a presenter's remote control sends
        st.button(
            "Back", key=f"{keys.PRESENT_BACK}.page", shortcut="PageUp", on_click=go, args=(-1,)
        )
        st.button(
            "Next", key=f"{keys.PRESENT_NEXT}.page", shortcut="PageDown", on_click=go, args=(1,)
        )


try:
    show(here())
except TelltaleError as error:
    st.error(str(error), icon=":material/error:")
bar(here())
