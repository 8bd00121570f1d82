"""An experiment on its page: watched while it trains, then both answers, and what can be done."""

from datetime import UTC, datetime

import streamlit as st

from auditcore.errors import TelltaleError
from auditcore.jobs import lab
from auditcore.jobs.queue import Job, JobState
from auditcore.lab.experiments import (
    Experiment,
    expected_seconds,
    experiment_folder,
    shipped_experiment,
)
from pages._parts import keys, lab_answers, lab_forget, lab_words, phrases, session, waiting

EXAMPLE = "example"
"""In the address: the experiment that comes with Telltale."""


def open_address(address: str) -> None:
    """Show the experiment that an address names."""
    try:
        if address == EXAMPLE:
            _example(shipped_experiment())
        else:
            _own(address)
    except TelltaleError as error:
        st.warning(phrases.plain(str(error)), icon=":material/link_off:")
    if st.button("Another experiment", key=keys.LAB_ANOTHER, icon=":material/arrow_back:"):
        del st.query_params[keys.EXPERIMENT]
        st.rerun()


def say_deleted() -> None:
    """Say once that an experiment was deleted, after it was."""
    if st.session_state.pop(keys.LAB_DELETED, False):
        st.success("Deleted: photos, models and answers.", icon=":material/delete:")


def _example(experiment: Experiment) -> None:
    st.info(
        "**An experiment made earlier.** It was made just as you can make one here. Its models do "
        "not come with Telltale, so forgetting cannot be tried on them: train your own for that.",
        icon=":material/science:",
    )
    _finished(experiment)
    lab_forget.show_results(experiment)
    lab_answers.trained(experiment)


def _own(experiment_id: str) -> None:
    job = waiting.find(experiment_id)
    if job is None:
        return
    if job.state is JobState.CANCELLED:
        st.info("Cancelled. Nothing of it was kept.", icon=":material/cancel:")
        return
    experiment = lab.experiment_of(session.queue(), experiment_id, session.owner())
    if job.state in (JobState.WAITING, JobState.RUNNING):
        _heading(experiment)
        _follow(experiment_id)
        return
    if job.state is JobState.DONE:
        _finished(experiment)
        lab_forget.show(experiment)
        lab_answers.trained(experiment)
    else:
        _stopped(job, experiment)
    _deletion(experiment_id)


def _heading(experiment: Experiment) -> None:
    st.markdown(lab_words.about(experiment.setup, len(experiment.pictures)))


@st.fragment(run_every=1.0)
def _follow(experiment_id: str) -> None:
    session.waker().wake()
    job = waiting.find(experiment_id)
    if job is None or job.ended or job.state is JobState.PAUSED:
        st.rerun()
    experiment = Experiment(experiment_folder(experiment_id))
    with st.container(key=keys.LAB_LIVE):
        if experiment.exists:
            _live(job, experiment)
        else:  # cancelled a moment ago, or deleted in another window
            st.caption("Stopping.")


def _live(job: Job, experiment: Experiment) -> None:
    waiting.show(job)
    with st.container(horizontal=True):
        st.button(
            "Pause", key=keys.LAB_PAUSE, icon=":material/pause:", on_click=_pause,
            args=(job.id,),
        )  # fmt: skip
        _cancel(job.id)
    st.caption("You may close this page. The work goes on, and this address brings you back.")
    if _is_late(job, experiment):
        st.caption("Longer than expected so far: other work may be keeping this machine busy.")
    _so_far(experiment)


def _is_late(job: Job, experiment: Experiment) -> bool:
    return (datetime.now(UTC) - job.created).total_seconds() > 2 * expected_seconds(
        experiment.setup
    )


def _so_far(experiment: Experiment) -> None:
    lab_answers.audits(experiment)
    lab_answers.trainings(experiment)
    lab_answers.photos(experiment)


def _stopped(job: Job, experiment: Experiment) -> None:
    """Show a paused or failed experiment, with the way to go on."""
    _heading(experiment)
    if job.state is JobState.FAILED:
        waiting.failed(job, keys.LAB_RETRY)
    else:
        st.info("Paused. What was trained so far is kept.", icon=":material/pause_circle:")
        with st.container(horizontal=True):
            st.button(
                "Go on", type="primary", key=keys.LAB_GO_ON, icon=":material/play_arrow:",
                on_click=session.queue().resume, args=(job.id, session.owner()),
            )  # fmt: skip
            _cancel(job.id)
    _so_far(experiment)


def _finished(experiment: Experiment) -> None:
    """Show a finished experiment, the answers first."""
    _heading(experiment)
    _refused(experiment)
    lab_answers.answers(experiment)
    lab_answers.audits(experiment)
    lab_answers.meaning(experiment)


def _refused(experiment: Experiment) -> None:
    for sentence in experiment.refused:
        st.warning(phrases.plain(sentence), icon=":material/image_not_supported:")


def _cancel(job_id: str) -> None:
    st.button(
        "Cancel", key=keys.LAB_CANCEL, icon=":material/close:",
        on_click=lab.cancel, args=(session.queue(), job_id, session.owner()),
    )  # fmt: skip


def _pause(job_id: str) -> None:
    try:
        session.queue().pause(job_id, session.owner())
    except TelltaleError:
        st.toast("It has just finished, so there is nothing to pause.")


def _deletion(experiment_id: str) -> None:
    with st.popover("Delete this experiment", icon=":material/delete:"):
        st.markdown("Photos, models and answers of this experiment go for good.")
        if st.button("Delete it", key=keys.LAB_DELETE, icon=":material/delete:"):
            lab.delete(session.queue(), experiment_id, session.owner())
            st.session_state[keys.LAB_DELETED] = True
            del st.query_params[keys.EXPERIMENT]
            st.rerun()
