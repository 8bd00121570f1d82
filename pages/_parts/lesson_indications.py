"""Indication or guarantee: both asked about models that never saw the pictures."""

import streamlit as st

from auditcore.lab.lessons.indications import DIFFERENCES, LEVEL, REFERENCE, false_alarms
from pages._parts import keys, lesson_counting, lesson_frame, lesson_plots
from pages._parts.lesson_counting import Flags
from pages._parts.lesson_frame import percent

_MODELS, _A_FRAME = 100, 10
_MANY = (5, 20, 50)


def show() -> None:
    """Show the piece."""
    lesson_frame.idea(
        "An indication can be wrong for a reason nobody sees",
        "Photos that were never marked can only be compared with **other** pictures, as EncoderMI "
        "does (IDIA compares a name with other names). If yours look more familiar to a model for "
        "another reason, such as a sharper camera, that is taken for use. Here no model ever saw "
        "them.",
    )
    pictures = st.segmented_control(
        "Your pictures", _MANY, default=20, required=True, key=keys.LESSON_PICTURES
    )
    lesson_counting.watch(
        ("indications", pictures), _MODELS,
        lambda done: false_alarms(pictures, done, min(_A_FRAME, _MODELS - done)), _draw,
    )  # fmt: skip
    lesson_frame.take_home(
        "The guarantee compares a photo with versions of itself, which share whatever makes it "
        "special. An indication compares it with other pictures, and nobody knows what else sets "
        "those apart; more pictures make a wrong one surer, not rarer."
    )


def _draw(found: Flags) -> None:
    shares = found.mean(axis=0)
    wrong, held = shares[:, 0].tolist(), shares[:, 1].tolist()
    st.markdown(
        f"**{len(found)} innocent models** asked. Where pictures differ most, the indication is "
        f"wrong about **{percent(wrong[-1])}** of them, the guaranteed test about "
        f"**{percent(held[-1])}**."
    )
    lesson_frame.chart(
        "indications", lesson_plots.wrong(DIFFERENCES, wrong, held, float(LEVEL)),
        "How often innocent models are taken for users, over how much more familiar the pictures "
        f"look for another reason. Indication from {percent(wrong[0])} to {percent(wrong[-1])}, "
        f"guaranteed from {percent(held[0])} to {percent(held[-1])}.",
    )  # fmt: skip
    st.caption(
        f"The difference is in standard deviations, against {REFERENCE} pictures to compare with. "
        "Both are set to be wrong in 1 of 200 audits where nothing differs."
    )
