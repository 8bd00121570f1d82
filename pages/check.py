"""Check a model: choose kit, model, question and strictness; then watch, pause, come back."""

import streamlit as st

from auditcore.jobs.orders import Order, submit_audit
from pages._parts import audit_view, keys, session, setting_up

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
    spec = setting_up.model()
    st.header("3. The question", anchor=False)
    claim = setting_up.claim(kit)
    st.header("4. How rare must a false alarm be?", anchor=False)
    p = setting_up.rarity()
    if spec is None:
        return
    order = Order(kit_id, spec, claim, p)
    st.header("5. What it will take", anchor=False)
    setting_up.forecast(order)
    if st.button(
        "Start the audit", type="primary", key=keys.START_AUDIT, icon=":material/play_arrow:"
    ):
        st.query_params[keys.AUDIT] = submit_audit(session.queue(), order, owner=session.owner())
        st.rerun()


if keys.AUDIT in st.query_params:
    audit_view.open_address(st.query_params[keys.AUDIT])
    if st.button("Check another model", key=keys.ANOTHER_AUDIT):
        del st.query_params[keys.AUDIT]
        st.rerun()
else:
    set_up()
