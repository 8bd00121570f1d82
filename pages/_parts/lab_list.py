"""The experiments there are: this visitor's, and the one that comes with Telltale."""

import streamlit as st

from auditcore.errors import TelltaleError
from auditcore.jobs import lab
from auditcore.jobs.queue import Job, JobState
from auditcore.lab.experiments import SAMPLE, Setup, shipped_experiment
from pages._parts import keys, lab_view, lab_words, phrases, session

_PAGE = "pages/lab.py"
_STATES = {
    JobState.WAITING: ("Waiting in line", ":material/hourglass_top:"),
    JobState.RUNNING: ("Still at work", ":material/hourglass_top:"),
    JobState.PAUSED: ("Paused", ":material/pause_circle:"),
    JobState.DONE: ("Finished", ":material/experiment:"),
    JobState.FAILED: ("Stopped by an error", ":material/error:"),
    JobState.CANCELLED: ("Cancelled", ":material/cancel:"),
}


def show() -> None:
    """List experiments, newest first; each links to its own address."""
    st.header("Experiments made before", anchor=False)
    for job in lab.experiments(session.queue(), session.owner()):
        _line(job)
    try:
        setup = shipped_experiment().setup
    except TelltaleError as error:
        st.caption(phrases.plain(str(error)))
        return
    _link(setup, "Made earlier, comes with Telltale", ":material/science:", lab_view.EXAMPLE)


def _line(job: Job) -> None:
    try:
        setup = lab.experiment_of(session.queue(), job.id, session.owner()).setup
    except TelltaleError:
        return  # it is being deleted in another window
    state, icon = _STATES[job.state]
    _link(setup, f"{state}. Started {job.created:%Y-%m-%d %H:%M} UTC", icon, job.id)


def _link(setup: Setup, told: str, icon: str, address: str) -> None:
    photos = "sample photos" if setup.photos == SAMPLE else "photos of yours"
    st.page_link(
        _PAGE,
        label=f"{lab_words.KINDS[setup.kind][0]}, {photos}",
        icon=icon,
        query_params={keys.EXPERIMENT: address},
    )
    st.caption(f"{told}. {lab_words.knobs(setup)}")
