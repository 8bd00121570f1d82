"""How every page looks: the little that the theme in .streamlit/config.toml cannot say."""

from pathlib import Path

import streamlit as st

BRAND = Path(__file__).resolve().parents[2] / "assets" / "brand"
ICON = BRAND / "icon.svg"
HERO = BRAND / "hero.svg"
"""The drawing of the start page: many lines that stay low, one that climbs."""
_STYLE = Path(__file__).with_name("style.css")


def apply() -> None:
    """Put the style and the logo on the page."""
    st.html(_STYLE)
    st.logo(str(BRAND / "logo.svg"), size="large")
