"""An audit on a page: live while it runs, with its verdict once it has one."""

from collections.abc import Callable

import streamlit as st

from auditcore import paths
from auditcore.audit import AuditRecord, Store, trace_of
from auditcore.errors import JobError, TelltaleError
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.queue import Job, JobState
from auditcore.models.running import as_told
from pages._parts import (
    claims,
    evidence_plot,
    go_on,
    keys,
    phrases,
    session,
    verdict_view,
    waiting,
)

_OFTEN, _SELDOM, _MANY = 1.0, 5.0, 20_000
"""Seconds between two looks at a running audit, and at one of more than so many queries: its whole
course is read at each look."""
WITH, WITHOUT = Choice("demo:with"), Choice("demo:without")


@st.cache_resource
def store() -> Store:
    """Return the audits on this machine."""
    return Store(paths.database())


def open_address(address: str) -> None:
    """Show what an address names: a job of the queue, or an audit on record."""
    job = _job_at(address)
    if job is not None:
        _show_job(job)
        return
    try:
        show_record(store().audit(address, session.owner()))
    except TelltaleError as error:
        st.warning(str(error), icon=":material/link_off:")


def _job_at(address: str) -> Job | None:
    try:
        job = session.queue().status(address, session.owner())
    except JobError:  # it may be the address of an audit itself
        return None
    return job if job.kind == "audit" else None


def show_record(record: AuditRecord, next_step: Callable[[], None] | None = None) -> None:
    """Show an audit on record: its verdict, or how far it came with a way to go on."""
    if record.verdict is not None:
        verdict_view.show(store(), record, next_step)
        return
    plan = record.plan
    st.info(
        f"This audit is not finished: {record.queries:,} questions are answered and kept.",
        icon=":material/pause_circle:",
    )
    evidence_plot.show(plan, trace_of(plan, store().moves(record.id)))
    order = go_on.complete(_order_of(record))
    if st.button("Go on with it", type="primary", key=keys.RESUME_AUDIT) and go_on.ready(order):
        job = waiting.begin(lambda: submit_audit(session.queue(), order, owner=session.owner()))
        if job is not None:
            st.switch_page("pages/check.py", query_params={keys.AUDIT: job})


def _order_of(record: AuditRecord) -> Order:
    """Return the order of the job that last worked on an audit, else what its plan tells."""
    job = session.queue().that_promised(session.owner(), "audit", "audit", record.id)
    if job is not None:
        return Order.from_json(job.params)
    plan = record.plan
    running = as_told(plan.model["details"])
    choice = Choice(str(plan.model["spec"]), running, plan.model["released"])
    return Order(plan.kit_id, choice, str(plan.claim), plan.p, plan.test)


def _show_job(job: Job) -> None:
    if job.state is JobState.DONE:
        record = store().audit(job.result["audit"], session.owner())
        show_record(record, lambda: _next_step(Order.from_json(job.params)))
    elif job.state is JobState.FAILED:
        waiting.failed(job, keys.RESUME_AUDIT)
    elif job.state is JobState.CANCELLED:
        st.info(
            "Cancelled. The answers so far are kept: the same audit, started again, goes on from "
            "there.",
            icon=":material/cancel:",
        )
    elif job.state is JobState.PAUSED:
        _heading(job)
        go_on.paused(job)
        _so_far(job)
        _cancel(job)
    else:
        _heading(job)
        every = _SELDOM if job.total > _MANY else _OFTEN
        st.fragment(_follow, run_every=every)(job.id, every)


def _next_step(order: Order) -> None:
    """After the first sample audit, offer the other half of the demonstration."""
    if order.kit_id != SAMPLE_KIT or order.model != WITH:
        return
    with st.container(border=True):
        st.markdown(
            "**Now the other way round.** The same sample photos, and a model made by the same "
            "recipe that never saw them."
        )
        if st.button(
            "Ask the model that never saw them", key=keys.SAMPLE_OTHER, icon=":material/play_arrow:"
        ):
            other = Order(SAMPLE_KIT, WITHOUT, order.claim, order.p)
            owner = session.owner()
            started = waiting.begin(lambda: submit_audit(session.queue(), other, owner=owner))
            if started is not None:
                st.query_params[keys.AUDIT] = started
                st.rerun()


def _heading(job: Job) -> None:
    order = Order.from_json(job.params)
    known = f" Accepted chance of a false alarm: **{claims.rarity(order.p)}**." if order.p else ""
    st.markdown(
        f"Asking `{order.model.spec.replace('`', '')}` about "
        f"**{phrases.plain(claims.asked(order.claim))}**.{known}"
    )


def _follow(job_id: str, every: float) -> None:
    """Show a running job; begin the page anew when it has ended, or proves to be a long one."""
    session.waker().wake()
    job = waiting.find(job_id)
    if job is None or job.ended or job.state is JobState.PAUSED:
        st.rerun()
    if job.total > _MANY and every < _SELDOM:
        st.rerun()
    waiting.show(job)
    _so_far(job)
    with st.container(horizontal=True):
        st.button(
            "Pause", key=keys.PAUSE_AUDIT, icon=":material/pause:", on_click=_pause, args=(job.id,)
        )
        _cancel(job)
    st.caption(
        "You may close this page: the audit goes on, and this address brings you back to it."
    )


def _so_far(job: Job) -> None:
    if "audit" in job.result:
        plan = store().audit(job.result["audit"], session.owner()).plan
        trace = trace_of(plan, store().moves(job.result["audit"]))
        evidence_plot.standing(plan, trace)
        evidence_plot.show(plan, trace)


def _cancel(job: Job) -> None:
    st.button(
        "Cancel", key=keys.CANCEL_AUDIT, icon=":material/close:",
        on_click=session.queue().cancel, args=(job.id, session.owner()),
    )  # fmt: skip


def _pause(job_id: str) -> None:
    try:
        session.queue().pause(job_id, session.owner())
    except TelltaleError:
        st.toast("It has just finished, so there is nothing to pause.")
