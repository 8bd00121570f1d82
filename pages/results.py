"""Results: one audit by its address, and every earlier one."""

import streamlit as st

from auditcore.audit import AuditRecord
from auditcore.audit.words import headline
from auditcore.evidence import sample_kit_id
from auditcore.jobs.queue import Job, JobState
from pages._parts import audit_view, claims, keys, phrases, session

session.enter(__file__)
st.title("Results")

_FIRST = 20


def running() -> list[Job]:
    """Return the audits that have not ended."""
    jobs = session.queue().list(session.owner(), "audit")
    return [job for job in jobs if not job.ended]


def about(record: AuditRecord) -> str:
    """Say which audit it is: the model, the question, the time."""
    plan = record.plan
    when = plan.started.replace("T", " ").removesuffix("Z")
    asked = claims.asked(str(plan.claim), len(plan.files))
    strict = claims.rarity(plan.p)
    sample = "The sample photos. " if plan.kit_id == sample_kit_id() else ""
    about = f"About {asked}, false alarms {strict}. Started {when} UTC."
    return f"{sample}{plan.model['name']}. {about}"


def every_audit(records: list[AuditRecord]) -> None:
    """List audits, newest first; each answer links to its own address."""
    for job in running():
        paused, spec = job.state is JobState.PAUSED, job.params["model"]["spec"]
        st.page_link(
            "pages/check.py",
            label=phrases.plain(f"{'Paused' if paused else 'Still running'}: {spec}"),
            icon=":material/pause_circle:" if paused else ":material/hourglass_top:",
            query_params={keys.AUDIT: job.id},
        )
        st.caption(phrases.plain(job.now))
    everything = len(records) <= _FIRST or st.toggle(f"Show all {len(records)}", key=keys.SHOW_ALL)
    for record in records if everything else records[:_FIRST]:
        known = record.verdict is not None
        st.page_link(
            "pages/results.py",
            label=phrases.plain(headline(record.verdict, record.plan)) if known else "Not finished",
            icon=":material/fact_check:" if known else ":material/pause_circle:",
            query_params={keys.AUDIT: record.id},
        )
        st.caption(phrases.plain(about(record)))


chosen = st.query_params.get(keys.AUDIT)
records, unread = audit_view.store().readable(session.owner())
if chosen:
    audit_view.open_address(chosen)
    st.header("Every audit", anchor=False)
if unread:
    st.error(unread, icon=":material/error:")
if records or running():
    every_audit(records)
elif not unread:
    st.markdown(
        "There is no result yet. Check a model with a kit of yours, or try it with the sample "
        "photos: that takes half a minute."
    )
    with st.container(horizontal=True):
        st.page_link("pages/check.py", label="Check a model", icon=":material/search:")
        st.page_link("pages/start.py", label="Try it with sample photos")
