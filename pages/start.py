"""Start: what this is, four doors, and the sample photos in one click."""

import streamlit as st

from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from pages._parts import design, keys, session, waiting

session.enter(__file__)

DEMO = Order(SAMPLE_KIT, Choice("demo:with"), "collection", p=None)

left, right = st.columns([3, 2], vertical_alignment="center", gap="large")
left.title("Was my photo used to train this AI model?")
with right.container(key=keys.HERO):
    st.image(str(design.HERO), alt="", width="stretch")
left.html(
    "<p class='tt-lead'>Telltale marks your photos before you publish them, so softly that they "
    "stay ordinary photos. Later it asks an AI model about them and shows you whether there is "
    "evidence that the model learned from them, with a chance of a false alarm that you choose "
    "and that cannot be exceeded.</p>"
)
with left.container(horizontal=True, vertical_alignment="center", gap="medium"):
    tried = st.button(
        "Try it with sample photos",
        type="primary",
        key=keys.TRY_SAMPLE,
        icon=":material/play_arrow:",
    )
    st.caption("Takes about half a minute. Everything stays on this machine.")
if tried:
    job = waiting.begin(lambda: submit_audit(session.queue(), DEMO, owner=session.owner()))
    if job is not None:
        st.switch_page("pages/check.py", query_params={keys.AUDIT: job})

st.space("small")
DOORS = (
    (
        "Protect photos",
        "Before you publish them. You get marked copies to publish, and a sealed kit to keep.",
        "pages/protect.py",
        "Protect my photos",
        ":material/shield:",
    ),
    (
        "Already online?",
        "Photos published without a mark, or your face and name: an indication, no guarantee.",
        "pages/already_online.py",
        "Look for signs",
        ":material/public:",
    ),
    (
        "Check a model",
        "Point your kit at an AI model and watch the evidence build up, or not.",
        "pages/check.py",
        "Check a model",
        ":material/search:",
    ),
    (
        "Read the results",
        "Every answer in plain words, with a report that a stranger can check.",
        "pages/results.py",
        "See the results",
        ":material/fact_check:",
    ),
)
for pair in (DOORS[:2], DOORS[2:]):
    for column, (heading, text, page, label, icon) in zip(st.columns(2), pair, strict=True):
        with column.container(border=True, height="stretch"):
            st.header(heading, anchor=False)
            st.markdown(text)
            st.page_link(page, label=label, icon=icon)

with st.container(border=True):
    st.header("See for yourself", anchor=False)
    st.markdown(
        "Train a small AI on photos of yours, right here, and its twin without them. Watch the one "
        "being found out, and try to make it forget. In about two minutes, offline."
    )
    with st.container(horizontal=True):
        st.page_link("pages/lab.py", label="Open the Lab", icon=":material/science:")
        st.page_link("pages/understand.py", label="Understand it", icon=":material/school:")
        st.page_link("pages/present.py", label="Present it", icon=":material/slideshow:")

st.header("How it works, in three steps", anchor=False)
STEPS = (
    (
        "One of many versions is published.",
        "Telltale makes 1,000 versions of your photo, so alike that it hardly matters to you which "
        "one the world sees. Chance picks one; you publish it. The others stay secret, in your "
        "kit.",
    ),
    (
        "Time passes.",
        "Somebody may collect your photo and train a model on it. Only the published version can "
        "have been collected.",
    ),
    (
        "The model is asked.",
        "A model that never saw your photo has no favourite. One that keeps preferring exactly the "
        "published version gives itself away.",
    ),
)
for number, (what, text) in enumerate(STEPS, start=1):
    st.html(
        f"<div class='tt-step'><b class='n'>{number}</b>"
        f"<span><strong>{what}</strong> {text}</span></div>"
    )
st.page_link("pages/how_it_works.py", label="More on how it works, and what it cannot do")
