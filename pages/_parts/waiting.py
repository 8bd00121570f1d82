"""Work on a page: put in line, its place there, what happens now, how far it is, its buttons."""

from collections.abc import Callable

import streamlit as st

from auditcore.errors import JobError
from auditcore.jobs.queue import Job, JobState
from pages._parts import phrases, session


def begin(submit: Callable[[], str]) -> str | None:
    """Put work in line and return its id; None, with the reason on the page, if that cannot be."""
    try:
        return submit()
    except JobError as error:
        st.error(str(error), icon=":material/hourglass_disabled:")
        return None


def show(job: Job) -> None:
    """Show where a job stands: its place in line, or its sentence, the bar and the time left."""
    waits = job.state is JobState.WAITING and bool(job.position)
    if waits and not job.done:
        st.markdown(in_line(job))
        return
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    now = in_line(job) if waits else f"{phrases.plain(job.now)} {phrases.left(job.seconds_left)}"
    st.progress(share, text=now.strip())


def in_line(job: Job) -> str:
    """Say which place in line a waiting job has, and how long it will be until its turn."""
    when = "" if job.wait is None else phrases.duration(job.wait)
    if job.done:
        soon = f", in {when}" if when else ""
        return f"Others have their turn now. This goes on by itself{soon}."
    place = "next in line" if job.position == 1 else f"number {job.position} in line"
    return f"You are {place}; {when}." if when else f"You are {place}."


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
