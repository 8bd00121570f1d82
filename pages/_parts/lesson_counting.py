"""Audits counted while one watches: some more at each frame, and kept for the visit."""

from collections.abc import Callable, Hashable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._parts import keys

_FRAME_SECONDS = 1.0

Flags = NDArray[np.bool_]


def kept(question: Hashable) -> Flags | None:
    """Return what this visit has counted for a question so far."""
    found: Flags | None = st.session_state.setdefault(keys.LESSON_COUNTS, {}).get(question)
    return found


def watch(
    question: Hashable, total: int, more: Callable[[int], Flags], show: Callable[[Flags], None]
) -> None:
    """Count until there are `total`, and show what there is after each step.

    Args:
        question: what is counted; what was counted for it before is kept.
        total: how many audits in all.
        more: returns the next few, given how many there are.
        show: draws those so far.
    """
    running = _missing(question, total)

    def step() -> None:
        if _missing(question, total):
            _count(question, more)
        show(st.session_state[keys.LESSON_COUNTS][question])
        if running and not _missing(question, total):
            st.rerun()  # without the clock

    st.fragment(step, run_every=_FRAME_SECONDS if running else None)()


def _missing(question: Hashable, total: int) -> bool:
    found = kept(question)
    return found is None or len(found) < total


def _count(question: Hashable, more: Callable[[int], Flags]) -> None:
    before = kept(question)
    new = more(0 if before is None else len(before))
    found = new if before is None else np.concatenate([before, new])
    st.session_state[keys.LESSON_COUNTS][question] = found
