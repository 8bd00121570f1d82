"""How every page looks: the little that the theme in .streamlit/config.toml cannot say."""

from pathlib import Path

import streamlit as st

BRAND = Path(__file__).resolve().parents[2] / "assets" / "brand"
ICON = BRAND / "icon.svg"

_STYLE = """
<style>
  .stMainBlockContainer { max-width: 58rem; padding-top: 5rem; }
  h1, h2, h3 { text-wrap: balance; letter-spacing: -0.01em; }
  .stMarkdown p, .stMarkdown li { line-height: 1.6; text-wrap: pretty; }
  .stMarkdown p { max-width: 44rem; }
  .tt-lead { font-size: 1.2rem; line-height: 1.55; max-width: 40rem; margin: 0 0 .5rem; }
  .tt-step { display: flex; gap: .9rem; align-items: flex-start; margin: .35rem 0; }
  .tt-step b.n { flex: none; width: 2rem; height: 2rem; border-radius: 50%;
    display: grid; place-items: center; border: 2px solid currentColor; font-size: .95rem; }
  .tt-step > span { padding-top: .18rem; line-height: 1.55; max-width: 40rem; }
  .tt-file { display: flex; gap: .6rem; padding: .45rem 0; line-height: 1.5;
    border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
  .tt-file:last-child { border-bottom: 0; }
  .tt-file .mark { flex: none; width: 1.4rem; font-weight: 700; }
  .tt-file .name { font-weight: 600; overflow-wrap: anywhere; }
  [data-testid="stMetricValue"] { font-size: 1.7rem; }
  .tt-verdict { border-left: .45rem solid var(--tt-accent); padding: .2rem 0 .2rem 1.1rem; }
  .tt-verdict p.answer { font-family: "Source Serif", Georgia, serif; font-size: 1.65rem;
    line-height: 1.3; font-weight: 600; margin: .2rem 0 .4rem; text-wrap: balance;
    max-width: 40rem; }
  .tt-verdict p.kicker { margin: 0; font-weight: 600; }
  .tt-verdict p.basis { margin: 0; max-width: 40rem; line-height: 1.5; }
  .tt-used { --tt-accent: #c2571a; }
  .tt-notshown { --tt-accent: #3f6fa3; }
  .tt-canttell { --tt-accent: #8a8f90; }
  @media (max-width: 480px) {
    .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; padding-top: 4.2rem; }
    h1 { font-size: 1.9rem !important; }
    .tt-lead { font-size: 1.08rem; }
    .tt-verdict p.answer { font-size: 1.35rem; }
  }
  [data-testid="stCaptionContainer"] p, .stFileUploader small, [data-testid="stImageCaption"] {
    color: color-mix(in srgb, currentColor 100%, transparent) !important; opacity: 1; }
  [data-testid="stCaptionContainer"] { opacity: .85; color: inherit; }
  .stPageLink a { border: 1px solid color-mix(in srgb, currentColor 45%, transparent) !important;
    border-radius: .6rem; padding: .45rem .9rem; width: fit-content; max-width: 100%;
    background: transparent; }
  .stPageLink a:hover { border-color: currentColor !important; }
  .stPageLink a p { text-decoration: none; white-space: normal !important; }
  .stPageLink a span { white-space: normal !important; overflow: visible; }
  [data-testid="stBaseButton-primary"] { background: #0f716a !important; color: #fff !important;
    border-color: #0f716a !important; }
  [data-testid="stBaseButton-primary"]:hover { background: #0b5a54 !important; }
  :focus-visible { outline: 3px solid #c2571a !important; outline-offset: 2px; }
  @media (prefers-reduced-motion: reduce) { * { transition: none !important;
    animation-duration: .01ms !important; } }
</style>
"""


def apply() -> None:
    """Put the style and the logo on the page."""
    st.html(_STYLE)
    st.logo(str(BRAND / "logo.svg"), size="large")
