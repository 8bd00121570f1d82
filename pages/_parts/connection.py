"""The test of a model before anything is asked of it: the button, the wait, what was found."""

import streamlit as st

from auditcore.jobs.meeting import Met, met
from auditcore.jobs.orders import Choice, submit_connect
from auditcore.jobs.queue import Job, JobState
from pages._parts import key_in, keys, model_words, phrases, session, waiting


def test(choice: Choice, *, fetch: bool) -> Met | None:
    """Offer the test of a model, and show what the last one of it found; None before that.

    Args:
        choice: the model as it is chosen now; another choice needs another test.
        fetch: whether the model must be fetched first.
    """
    label, about = _words(choice, fetch)
    asked = st.session_state.get(keys.CONNECTION)
    known = asked is not None and asked[0] == choice
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            label, key=keys.CONNECT, type="secondary" if known else "primary",
            icon=":material/cable:" if choice.hosted else ":material/speed:",
        )  # fmt: skip
        st.caption(about)
    if pressed and not _submit(choice):
        return None
    if pressed or known:
        return _outcome(st.session_state[keys.CONNECTION][1])
    return None


def _words(choice: Choice, fetch: bool) -> tuple[str, str]:
    if choice.hosted:
        return "Test the connection", (
            "Sends one picture made by Telltale and, where texts are possible, one text. Nothing "
            "of yours is sent."
        )
    if fetch:
        return "Fetch it and try it", "Then asks it about one picture made by Telltale."
    return "Try it for a second", "Asks it about a picture made by Telltale, to see how fast it is."


def _submit(choice: Choice) -> bool:
    if not key_in.hand_over(choice):
        return False
    earlier = st.session_state.get(keys.CONNECTION)
    if earlier is not None:
        session.queue().cancel(earlier[1], session.owner())
    job = waiting.begin(lambda: submit_connect(session.queue(), choice, owner=session.owner()))
    if job is None:
        return False
    st.session_state[keys.CONNECTION] = (choice, job)
    return True


def _outcome(job_id: str) -> Met | None:
    job = waiting.find(job_id)
    if job is None:
        return None
    if not job.ended:
        _follow(job_id)
        return None
    if job.state is JobState.DONE:
        return _show(met(job))
    st.error(phrases.plain(job.error or job.now), icon=":material/error:")
    return None


@st.fragment(run_every=1.0)
def _follow(job_id: str) -> None:
    session.waker().wake()
    job: Job | None = waiting.find(job_id)
    if job is None or job.ended:
        st.rerun()
    waiting.show(job)


def _show(found: Met) -> Met:
    said = "It answers." if found.hosted else "It works on this computer."
    st.success(f"{said} {model_words.gives(found.gives)}", icon=":material/check_circle:")
    with st.expander("What was found"):
        st.table(model_words.facts(found), hide_header=True)
    return found
