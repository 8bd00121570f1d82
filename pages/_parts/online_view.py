"""A question about unmarked photos on its page: started, watched, answered, deleted."""

from collections.abc import Callable

import streamlit as st

from auditcore.errors import JobError, TelltaleError
from auditcore.jobs import passive
from auditcore.jobs.manners import PICTURES
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import Job, JobState
from auditcore.models.hosted.spec import host_of, parse_spec
from pages._parts import (
    agree,
    face_view,
    indication,
    key_in,
    keys,
    phrases,
    pictures_in,
    pictures_view,
    session,
    waiting,
)

_DELETED = (
    "Deleted. Photos, names and answers of this question are no longer in Telltale's folder, and "
    "were never in its database or its logs. A backup of this computer may still hold them."
)


def offer(label: str, key: str, choice: Choice, submit: Callable[[], str]) -> None:
    """Offer to ask; a key of a hosted model goes to the worker first."""
    pressed = st.button(label, type="primary", key=key, icon=":material/play_arrow:")
    if pressed and key_in.hand_over(choice):
        start(submit)


def start(submit: Callable[[], str]) -> None:
    """Ask, forget what was filled in, and go to the page of the answer; or say why not."""
    try:
        job_id = submit()
    except TelltaleError as error:
        st.error(phrases.plain(str(error)), icon=":material/error:")
        return
    pictures_in.forget()
    st.query_params[keys.JOB] = job_id
    st.rerun()


def say_deleted() -> None:
    """Say once that everything was deleted, after it was."""
    if st.session_state.pop(keys.ONLINE_DELETED, False):
        st.success(_DELETED, icon=":material/delete:")


def come_back(job_id: str) -> None:
    """Show the question that the address names."""
    job = waiting.find(job_id)
    if job is None:
        st.caption(
            f"Photos and answers of this page are deleted {passive.KEPT_HOURS} hours after the "
            f"end, {passive.OR_LATER}, if nobody did it before."
        )
        _another()
        return
    folder = passive.folder_of(session.queue(), job_id, session.owner())
    if folder.lingers:
        st.error("Not everything could be deleted yet. Delete again.", icon=":material/error:")
        _delete_button(job_id)
    elif not folder.exists:
        st.info("The photos and the answer were deleted.", icon=":material/delete:")
    elif job.state in (JobState.WAITING, JobState.RUNNING):
        _follow(job_id)
    else:
        _ended(job, folder)
    _another()


@st.fragment(run_every=1.0)
def _follow(job_id: str) -> None:
    session.waker().wake()
    job = waiting.find(job_id)
    if job is None or job.ended or job.state is JobState.PAUSED:
        st.rerun()
    waiting.show(job)
    st.caption("You may close this page. The work goes on, and this address brings you back.")
    with st.container(horizontal=True):
        st.button(
            "Cancel", key=keys.CANCEL_ONLINE, icon=":material/close:",
            on_click=session.queue().cancel, args=(job_id, session.owner()),
        )  # fmt: skip
        _delete_button(job_id)


def _ended(job: Job, folder: Confided) -> None:
    if job.state is JobState.DONE:
        _answer(job, folder)
        return
    if job.state is JobState.PAUSED:
        _paused(job, folder)
    elif job.state is JobState.FAILED:
        st.error(phrases.plain(folder.reason or job.error), icon=":material/error:")
        again = "Try again" if _host(folder) is None else "Try again: all is sent once more"
        if st.button(again, key=keys.RETRY_ONLINE):
            _go_on(job)
    else:
        st.info("Cancelled. There is no answer.", icon=":material/cancel:")
    _deletion(folder)


def _answer(job: Job, folder: Confided) -> None:
    result, question = folder.result or {}, folder.question
    indication.sample(question.get("sample"))
    if job.kind == PICTURES:
        pictures_view.show(result, lambda: _deletion(folder))
    else:
        face_view.show(result, folder, lambda: _deletion(folder))


def _paused(job: Job, folder: Confided) -> None:
    """Ask for the key that the provider wants, and go on with it."""
    st.warning(
        f"{phrases.plain(job.now)} What was sent before is sent once more then.",
        icon=":material/pause_circle:",
    )
    choice = Choice.from_json(folder.question["choice"])
    host = host_of(parse_spec(choice.spec))
    key_in.field(host, keys.KEY_AGAIN)
    keyed = key_in.has_key(host, keys.KEY_AGAIN)
    pressed = st.button(
        "Go on", type="primary", key=keys.GO_ON_ONLINE, icon=":material/play_arrow:"
    )
    if pressed and key_in.hand_over(choice, keys.KEY_AGAIN):
        _go_on(job, keyed)


def _go_on(job: Job, keyed: bool | None = None) -> None:
    try:
        passive.go_on(session.queue(), job.id, session.owner(), keyed=keyed)
    except JobError as error:  # deleted or ended in another window meanwhile
        st.error(str(error), icon=":material/error:")
    else:
        st.rerun()


def _deletion(folder: Confided) -> None:
    """Say where everything is and when it goes, and offer to delete it at once."""
    host = _host(folder)
    here = "This answer, and all that you gave for it, are" if folder.result else "What you gave is"
    where = (
        f"{here} on this machine alone."
        if host is None
        else f"What was sent to {phrases.plain(host)} is in their hands. The rest is here alone."
    )
    with st.container(border=True):
        st.markdown(
            f"**{where}** What is here is deleted when you press the button, and by itself "
            f"{passive.KEPT_HOURS} hours after the end, {passive.OR_LATER}."
        )
        _delete_button(folder.job_id)


def _host(folder: Confided) -> str | None:
    return agree.host(Choice.from_json(folder.question["choice"]))


def _delete_button(job_id: str) -> None:
    if not st.button("Delete everything now", key=keys.DELETE_ONLINE, icon=":material/delete:"):
        return
    try:
        passive.delete(session.queue(), job_id, session.owner())
    except JobError as error:
        st.error(str(error), icon=":material/error:")
        return
    pictures_in.forget()
    st.session_state[keys.ONLINE_DELETED] = True
    del st.query_params[keys.JOB]
    st.rerun()


def _another() -> None:
    if st.button("Ask something else", key=keys.ANOTHER_ONLINE):
        del st.query_params[keys.JOB]
        st.rerun()
