"""What an audit will take, told before it starts: questions, time, and for hosted models money."""

from dataclasses import replace
from decimal import Decimal

import streamlit as st

from auditcore.audit import Estimate
from auditcore.jobs.check import estimated
from auditcore.jobs.orders import Order, submit_estimate
from auditcore.jobs.queue import JobState
from auditcore.jobs.spending import Bill, bill
from auditcore.models import Budget
from pages._parts import claims, key_in, keys, phrases, session


def show(order: Order) -> None:
    """Have the worker look at the model, and say what the audit will take."""
    look = replace(order, model=order.model.unpriced)
    asked = st.session_state.get(keys.FORECAST)
    if asked is None or asked[0] != look:
        if asked is not None:
            session.queue().cancel(asked[1], session.owner())
        if not key_in.hand_over(look.model):
            return  # the worker may have been started anew since the test
        job = submit_estimate(session.queue(), look, owner=session.owner())
        st.session_state[keys.FORECAST] = (look, job)
    _await(st.session_state[keys.FORECAST][1], order.model.budget)


@st.fragment(run_every=1.0)
def _await(job_id: str, budget: Budget) -> None:
    session.waker().wake()
    job = session.queue().status(job_id, session.owner())
    if job.state is JobState.DONE:
        found = estimated(job)
        _say_hosted(found, budget) if found.hosted else _say(found)
        _say_level(found)
    elif job.state is JobState.FAILED:
        st.error(phrases.plain(job.error), icon=":material/error:")
    else:
        busy = job.state is JobState.WAITING and job.position
        st.caption(
            "The machine is busy with other work. You can start all the same; it waits in line."
            if busy
            else "Looking at the model to say how long it will take."
        )


def _say(found: Estimate) -> None:
    used, unused, most = found.expected_used, found.expected_unused, found.at_most
    st.markdown(
        f"About **{used:,} questions** to the model if it did use the photos, about "
        f"**{unused:,}** if it did not, never more than **{most:,}**. That is "
        f"**{phrases.duration(unused * found.seconds_per_query)}** as a rule, "
        f"{phrases.duration(found.seconds_at_most)} at the longest."
    )


def _say_hosted(found: Estimate, budget: Budget) -> None:
    used, unused, most = (
        bill(found, budget, queries)
        for queries in (found.expected_used, found.expected_unused, found.at_most)
    )
    st.markdown(
        f"Each question sends **{phrases.count(found.images_per_query, 'picture')}** to the "
        "provider. In all that will be:"
    )
    if used == most:
        rows = {"Whatever it answers": most}
    elif unused == most:
        rows = {"If it used the photos, about": used, "If it did not, at most": most}
    else:
        rows = {
            "If it used the photos, about": used,
            "If it did not, about": unused,
            "At the very most": most,
        }
    st.table(
        [{"": name, **_row(one)} for name, one in rows.items()],
        hide_index=True,
        border="horizontal",
    )
    if not most.within:
        st.warning(
            f"Your ceiling is {phrases.count(budget.most or 0, 'picture')}. If the check needs "
            "more, it pauses there without an answer. Nothing is lost: you can raise the ceiling "
            "and go on.",
            icon=":material/savings:",
        )


def _row(one: Bill) -> dict[str, str]:
    row = {"Pictures": f"{one.images:,}", "Time": phrases.duration(one.seconds)}
    return row if one.cost is None else {**row, "Cost": _money(one.cost)}


def _money(cost: Decimal) -> str:
    return f"{cost:,.2f}" if cost >= Decimal("0.01") or not cost else "below 0.01"


def _say_level(found: Estimate) -> None:
    st.caption(
        f"This would be attempt {found.attempt} of this kit on this model. It is held to "
        f"{claims.rarity(found.level)}, so that all attempts together stay below what you accept."
    )
    for warning in found.warnings:
        st.warning(phrases.plain(warning), icon=":material/info:")
