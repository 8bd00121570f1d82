"""Going on with an audit that was paused: with what it lacks, if it lacks something."""

from dataclasses import replace

import streamlit as st

from auditcore.jobs.orders import Order
from auditcore.jobs.queue import Job, Needs
from auditcore.models.hosted.spec import host_of, parse_spec
from pages._parts import key_in, keys, phrases, session


def paused(job: Job) -> None:
    """Say why a job is paused, ask for what it lacks, and offer to go on."""
    order = Order.from_json(job.params)
    if job.needs is None:
        st.info("Paused. Everything answered so far is kept.", icon=":material/pause_circle:")
    else:
        st.warning(phrases.plain(job.now), icon=":material/pause_circle:")
    if job.needs is Needs.CEILING:
        order = _with_ceiling(order)
    if job.needs is Needs.KEY:
        order = _with_key(order)
    if st.button("Go on", type="primary", key=keys.RESUME_AUDIT, icon=":material/play_arrow:"):
        _resume(job, order)


def complete(order: Order) -> Order:
    """Ask for what an audit of a hosted model needs to go on, where nobody remembers it."""
    return _with_ceiling(_with_key(order)) if order.model.hosted else order


def ready(order: Order) -> bool:
    """Hand the key of this page over; False, with the reason on the page, when that fails."""
    return key_in.hand_over(order.model, keys.KEY_AGAIN)


def _resume(job: Job, order: Order) -> None:
    needs_key = job.needs is Needs.KEY
    if needs_key and not ready(order):
        return
    session.queue().resume(job.id, session.owner(), params=order.to_json())
    st.rerun()


def _with_key(order: Order) -> Order:
    host = host_of(parse_spec(order.model.spec))
    key_in.field(host, keys.KEY_AGAIN)
    keyed = key_in.has_key(host, keys.KEY_AGAIN)
    return replace(order, model=replace(order.model, keyed=keyed))


def _with_ceiling(order: Order) -> Order:
    budget = order.model.budget
    most = st.number_input(
        "Send at most so many pictures, those already sent included",
        min_value=1,
        value=None if budget.most is None else 2 * budget.most,
        step=100,
        placeholder="No ceiling",
        key=keys.MORE_PICTURES,
    )
    cost = None if most is None else budget.cost(most)
    if cost is not None:
        st.caption(f"That is at most {cost:,.2f} at your price, what was spent included.")
    return replace(order, model=replace(order.model, budget=replace(budget, most=most)))
