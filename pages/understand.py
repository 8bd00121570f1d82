"""Understand: short pieces to play with, each one idea, computed while one watches."""

import streamlit as st

from auditcore.lab.sheet import sheet_file
from pages._parts import (
    keys,
    lesson_hazards,
    lesson_indications,
    lesson_members,
    lesson_photos,
    lesson_thousand,
    session,
)

_PIECES = {
    "A fair draw": lesson_thousand.show,
    "Watching and cheating": lesson_hazards.show,
    "What a model remembers": lesson_members.show,
    "How many photos": lesson_photos.show,
    "Indication or guarantee": lesson_indications.show,
}


def _offer_sheet() -> None:
    """Offer the teacher's sheet, where this copy of Telltale has it."""
    if not sheet_file().is_file():
        return
    st.divider()
    st.markdown(
        "**For teachers.** Exercises with the figures that come out, and a plan for a hall."
    )
    st.download_button(
        "Teacher’s sheet", sheet_file().read_bytes(), sheet_file().name, "text/markdown",
        key=keys.LESSON_SHEET, icon=":material/download:", on_click="ignore",
    )  # fmt: skip


session.enter(__file__)
st.title("Understand")
st.html(
    "<p class='tt-lead'>Five short pieces to play with. Every figure is computed while you watch, "
    "by the code that does the real audits.</p>"
)
piece = st.segmented_control(
    "Piece", list(_PIECES), default=next(iter(_PIECES)), required=True, key=keys.LESSON_PIECE,
    label_visibility="collapsed", wrap=True, bind="query-params",
)  # fmt: skip
with st.container(key=keys.LESSON_BOX):
    _PIECES[piece]()
_offer_sheet()
