"""What the pieces of Understand share: one idea at the top, one chart, one line to take home."""

import plotly.graph_objects as go
import streamlit as st

from auditcore.passive.evaluation import Auc, Rate
from pages._parts import keys

_QUIET = {"displayModeBar": False, "scrollZoom": False}


def idea(title: str, sentences: str) -> None:
    """Begin a piece."""
    st.header(title, anchor=False)
    st.markdown(sentences)


def chart(name: str, figure: go.Figure, alt: str) -> None:
    """Show the chart of a piece; `alt` says what it shows to who cannot see it."""
    st.plotly_chart(figure, key=f"{keys.LESSON_CHART}.{name}", config=_QUIET, alt=alt)


def take_home(sentences: str) -> None:
    """End a piece."""
    with st.container(border=True):
        st.markdown(f"**To take home.** {sentences}")


def accused(found: Rate) -> str:
    """Say how many innocent models were accused."""
    return (
        f"**{found.count:,} of {found.of:,}** innocent models accused: **{percent(found.value)}**."
    )


def explain_band(found: Rate) -> None:
    """Say what the band around a counted rate is."""
    st.caption(
        f"The band is where the true rate lies, as far as {found.of:,} audits can tell: now "
        f"{reach(found)} (95 % interval)."
    )


def percent(share: float) -> str:
    """Say a share: "4.9 %", "48 %"."""
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    digits = 1 if share < 0.1 or share > 0.99 else 0
    return f"{100 * share:.{digits}f} %"


def reach(found: Rate | Auc) -> str:
    """Say an interval: "3.7 to 6.5 %"."""
    return f"{percent(found.low).removesuffix(' %')} to {percent(found.high)}"
