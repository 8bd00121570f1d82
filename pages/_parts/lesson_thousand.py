"""A thousand innocent models, audited while one watches."""

import streamlit as st

from auditcore.lab.lessons.settling import Settling, counted, settling
from auditcore.lab.lessons.shapes import SHAPES
from auditcore.lab.lessons.thousand import MODELS, Case, Flags, audit_models, exact_rate_of
from pages._parts import keys, lesson_counting, lesson_frame, lesson_plots
from pages._parts.lesson_frame import percent

_A_FRAME = 100
_KEPT = 64
_DRAWN, _PICKED = "A random draw", "You pick the nicest"
_DRAW_TELLS = (
    "The draw alone keeps the promise. It does not matter what the scores look like, who made the "
    "model, or how it works. That is what “guaranteed” rests on."
)
_PICK_TELLS = (
    "What looks nicest to you looks a little more familiar to the model, too, whether it saw your "
    "photo or not. Then nobody can say how often an accusation is wrong. So Telltale draws, and "
    "you cannot choose."
)


def show() -> None:
    """Show the piece."""
    lesson_frame.idea(
        "Why a random draw makes false alarms rare",
        "Here are a thousand models that **never saw your photo**. Each gives every version of it "
        "a score, how familiar it looks, and is audited. You accept a false alarm in 1 of 20 "
        "audits. How many are accused?",
    )
    case = _case()
    lesson_counting.watch(case, MODELS, lambda done: _more(case, done), lambda f: _draw(case, f))
    again = st.button("Another thousand", key=keys.LESSON_AGAIN, icon=":material/casino:")
    if again:
        st.session_state[keys.LESSON_SEED] = case.seed + 1
        st.rerun()
    lesson_frame.take_home(_PICK_TELLS if case.nicest else _DRAW_TELLS)


def _case() -> Case:
    shape = st.segmented_control(
        "How these models score", list(SHAPES), default="measured", required=True,
        format_func=lambda name: SHAPES[name].title, key=keys.LESSON_SHAPE, wrap=True,
    )  # fmt: skip
    st.caption(SHAPES[shape].sentence)
    choice = st.segmented_control(
        "Who decides which version is published", [_DRAWN, _PICKED], default=_DRAWN,
        required=True, key=keys.LESSON_CHOICE, wrap=True,
    )  # fmt: skip
    seed = st.session_state.setdefault(keys.LESSON_SEED, 1)
    return Case(shape, nicest=choice == _PICKED, seed=seed)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _settling(accused: Flags) -> Settling:
    return settling(accused)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _exact(case: Case) -> float:
    return exact_rate_of(case.p)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _more(case: Case, done: int) -> Flags:
    """Return the next few audits: for everybody who watches the same thousand, counted once."""
    return audit_models(case, done, min(_A_FRAME, MODELS - done))


def _draw(case: Case, accused: Flags) -> None:
    found = counted(accused)
    said = lesson_frame.accused(found)
    if not case.nicest:
        said += (
            f" Over ever more of them it settles at **{percent(_exact(case))}**, a little under "
            "the 5 % you accept: a draw is simple enough to compute that."
        )
    st.markdown(said)
    line = lesson_plots.Line(
        "picked" if case.nicest else "drawn", _settling(accused), not case.nicest
    )
    lesson_frame.chart(
        "thousand", lesson_plots.rates([line], float(case.p), MODELS),
        "The share of innocent models accused, from the first to the last, with its interval, "
        f"against the 5 % accepted. {found.count} of {found.of} so far.",
    )  # fmt: skip
    lesson_frame.explain_band(found)
