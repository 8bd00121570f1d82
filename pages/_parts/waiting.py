"""A running job on a page: what happens now, how far it is, and its buttons."""

import streamlit as st

from auditcore.errors import JobError
from auditcore.jobs.queue import Job, JobState
from pages._parts import phrases, session


def show(job: Job) -> None:
    """Show where a job stands: its sentence, the bar, the time left or the place in the queue."""
    if job.state is JobState.WAITING and job.position:
        before = phrases.count(job.position, "piece of work", "pieces of work")
        st.markdown(f"Waiting in line: {before} to be finished before this one.")
        return
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    st.progress(share, text=f"{phrases.plain(job.now)} {phrases.left(job.seconds_left)}".strip())


def failed(job: Job, retry_key: str) -> None:
    """Say why a job failed and offer to try again."""
    st.error(phrases.plain(job.error), icon=":material/error:")
    if st.button("Try again", key=retry_key):
        session.queue().resume(job.id, session.owner())
        st.rerun()


def find(job_id: str) -> Job | None:
    """Return a job of this visitor, or say on the page why there is none."""
    try:
        return session.queue().status(job_id, session.owner())
    except JobError as error:
        st.warning(str(error), icon=":material/link_off:")
        return None
