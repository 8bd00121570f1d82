"""Check a model: choose kit, model, question and strictness; then watch, pause, come back."""

from dataclasses import replace

import streamlit as st

from auditcore.jobs.orders import Order, submit_audit
from pages._parts import (
    audit_view,
    choose_model,
    forecast,
    hosted_form,
    key_in,
    keys,
    session,
    setting_up,
    waiting,
)

session.enter(__file__)
st.title("Check a model")


def set_up() -> None:
    """Choose everything an audit needs, see what it will take, and start it."""
    st.html(
        "<p class='tt-lead'>Point a kit at a model. The model is shown your published photos and "
        "the hidden versions of each, and you watch whether it gives itself away.</p>"
    )
    st.header("1. Your kit", anchor=False)
    kit_id = setting_up.kit()
    if kit_id is None:
        return
    kit = setting_up.opened(kit_id)
    if kit is None:
        return
    st.header("2. The model", anchor=False)
    model = choose_model.choose()
    how_asked = st.container()
    st.header("3. The question", anchor=False)
    claim = setting_up.claim(kit)
    st.header("4. How rare must a false alarm be?", anchor=False)
    p = setting_up.rarity()
    if model is None:
        st.caption("What the check will take is said here as soon as a model is chosen and tried.")
        return
    with how_asked:
        fits = choose_model.explain(kit, claim, model)
    if not fits:
        return
    st.header("5. What it will take", anchor=False)
    choice = model.choice
    if choice.hosted:
        choice = replace(choice, budget=hosted_form.budget())
    start(Order(kit_id, choice, claim, p))


def start(order: Order) -> None:
    """Say what the audit will take, and start it at a click."""
    pressed = forecast.show(order) and st.button(
        "Start the audit", type="primary", key=keys.START_AUDIT, icon=":material/play_arrow:"
    )
    if pressed and key_in.hand_over(order.model):
        job = waiting.begin(lambda: submit_audit(session.queue(), order, owner=session.owner()))
        if job is not None:
            st.query_params[keys.AUDIT] = job
            st.rerun()


if keys.AUDIT in st.query_params:
    audit_view.open_address(st.query_params[keys.AUDIT])
    if st.button("Check another model", key=keys.ANOTHER_AUDIT):
        del st.query_params[keys.AUDIT]
        st.rerun()
else:
    set_up()
