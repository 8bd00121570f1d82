"""Results: one audit by its address, and every earlier one, a page at a time."""

import streamlit as st

from auditcore.audit import UNFINISHED, Decision, Listed, Listing, list_audits
from auditcore.evidence import sample_kit_id
from auditcore.jobs.queue import Job, JobState
from pages._parts import audit_view, claims, keys, paging, phrases, session, signs, survey_view

session.enter(__file__)
st.title("Results")

_A_PAGE = 20
_EVERY = "Every answer"
_ANSWERS = {
    **{signs.signed(decision): decision.value for decision in Decision},
    "Not finished": UNFINISHED,
}


def running() -> list[Job]:
    """Return the audits that have not ended."""
    return session.queue().list(session.owner(), "audit", ended=False)


def about(audit: Listed) -> str:
    """Say which audit it is: the model, the question, the time."""
    when = audit.started.replace("T", " ").removesuffix("Z")
    asked = claims.asked(audit.claim, audit.photos)
    sample = "The sample photos. " if audit.kit_id == sample_kit_id() else ""
    about = f"About {asked}, false alarms {claims.rarity(audit.p)}. Started {when} UTC."
    return f"{sample}{audit.model}. {about}"


def under_way(jobs: list[Job]) -> None:
    """List the audits that run or wait; each links to its own address."""
    for job in jobs:
        paused, spec = job.state is JobState.PAUSED, job.params["model"]["spec"]
        st.page_link(
            "pages/check.py",
            label=phrases.plain(f"{'Paused' if paused else 'Still running'}: {spec}"),
            icon=":material/pause_circle:" if paused else ":material/hourglass_top:",
            query_params={keys.AUDIT: job.id},
        )
        st.caption(phrases.plain(job.now))


def looked_for() -> tuple[str | None, str]:
    """Ask which answer and which words are looked for; return what the list takes."""
    again = {"on_change": paging.first_page, "args": (keys.RESULTS_PAGE,)}
    left, right = st.columns([2, 1])
    words = left.text_input(
        "Find", key=keys.RESULTS_WORDS, placeholder="A model, a date, a word of the answer", **again
    )
    answer = right.selectbox("Answer", [_EVERY, *_ANSWERS], key=keys.RESULTS_ANSWER, **again)
    return _ANSWERS.get(answer), words


def every_audit(many: bool) -> None:
    """List one page of audits, newest first; each answer links to its own address."""
    answer, words = looked_for() if many else (None, "")

    def listed(page: int, size: int) -> Listing:
        store, owner = audit_view.store(), session.owner()
        return list_audits(store, owner, answer=answer, words=words, page=page, size=size)

    found = listed(page=0, size=1).found
    above = st.container()
    page = paging.turned_to(found, _A_PAGE, keys.RESULTS_PAGE)
    with above:
        if many:
            st.caption(f"{paging.where(page, _A_PAGE, found)}; newest first.")
        for audit in listed(page, _A_PAGE).audits:
            link(audit)


def link(audit: Listed) -> None:
    """Show the answer of an audit as a link to it, and which audit it is."""
    known = audit.headline is not None
    st.page_link(
        "pages/results.py",
        label=phrases.plain(audit.headline) if known else "Not finished",
        icon=":material/fact_check:" if known else ":material/pause_circle:",
        query_params={keys.AUDIT: audit.id},
    )
    st.caption(phrases.plain(about(audit)))


chosen = st.query_params.get(keys.AUDIT)
if chosen:
    audit_view.open_address(chosen)
    st.header("Every audit", anchor=False)
surveyed = st.query_params.get(keys.SURVEY)
if surveyed:
    survey_view.open_address(audit_view.store(), session.owner(), surveyed)
    st.header("Every audit", anchor=False)
everything = list_audits(audit_view.store(), session.owner(), page=0, size=1)
if everything.unread:
    st.error(everything.unread, icon=":material/error:")
jobs = running()
under_way(jobs)
if everything.everything:
    every_audit(many=everything.everything > _A_PAGE)
    folders = survey_view.surveys(audit_view.store(), session.owner())
    if folders:
        st.header("Folders of kits", anchor=False)
        survey_view.links(folders)
elif not jobs and not everything.unread:
    st.markdown(
        "There is no result yet. Check a model with a kit of yours, or try it with the sample "
        "photos: that takes half a minute."
    )
    with st.container(horizontal=True):
        st.page_link("pages/check.py", label="Check a model", icon=":material/search:")
        st.page_link("pages/start.py", label="Try it with sample photos")
