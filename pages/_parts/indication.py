"""The look and the words of the one grade that unmarked photos can give: never those of a verdict.

A dashed frame of its own colour, a sign, and the word, always with the reason.
"""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import streamlit as st

from auditcore.passive.grade import GRADE, GRADE_MEANS, NOT_NEGATIVE, REASON

_SIGN = "≈"
_MEANS = GRADE_MEANS.removeprefix(f"{GRADE.capitalize()}: ")
_MEANS = f"{_MEANS[:1].upper()}{_MEANS[1:]}"
"""Without the word itself, which stands above it."""


def grade() -> None:
    """Say, before anything is asked, what can come out and why no more."""
    st.html(_frame(f"<p class='basis'>{escape(_MEANS)}</p>", "What can come out"))
    with st.expander("Why no more than that?"):
        st.markdown(f"{REASON}\n\n{NOT_NEGATIVE}")


def answer(headline: str, basis: str, caution: str = "") -> None:
    """Show an answer: what was found, what it rests on, and what kind of evidence that is.

    Args:
        headline: what was found. basis: what was counted.
        basis: see headline.
        caution: the sentence without which the headline would be misread.
    """
    lines = (("answer", headline), ("basis", basis), ("basis", caution), ("grade", _MEANS))
    said = (f"<p class='{style}'>{escape(line)}</p>" for style, line in lines if line)
    st.html(_frame("".join(said), "Answer"))


def sample(sentence: str | None) -> None:
    """Say of a sample that it is one, and what is true of it; None for what people bring."""
    if sentence is not None:
        st.info(f"**A sample.** {sentence}", icon=":material/science:")


def means(means: Sequence[str], means_not: Sequence[str]) -> None:
    """Say side by side what an answer means, and what it does not."""
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.header("What this means", anchor=False)
        st.markdown("\n\n".join(means))
    with right.container(border=True, height="stretch"):
        st.header("What it does not mean", anchor=False)
        st.markdown("\n\n".join(means_not))


def strength(sentence: str, measured: go.Figure, key: str) -> None:
    """Say how strong such evidence was where it was measured, and show the measurement."""
    st.subheader("How strong is such evidence?", anchor=False)
    st.markdown(sentence)
    with st.expander("The measurement"):
        st.plotly_chart(measured, key=key, config={"displayModeBar": False})
        st.caption(
            "The bars are 95 % intervals: another measurement like it may well differ by so much."
        )


def protect_next() -> None:
    """Lead on to the evidence that can have a guarantee: that of photos still to be published."""
    with st.container(border=True):
        st.markdown(
            "**The next photos can be protected.** Marked before they are published, they give "
            "evidence with a known chance of a false alarm."
        )
        st.page_link("pages/protect.py", label="Protect the next photos", icon=":material/shield:")


def _frame(inside: str, label: str) -> str:
    return (
        f"<section class='tt-indication' role='group' aria-label='{label}'>"
        f"<p class='kicker'><span class='sign' aria-hidden='true'>{_SIGN}</span>"
        f"{GRADE.capitalize()}</p>{inside}</section>"
    )
