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
from pages._parts import claims, key_in, keys, phrases, session, waiting


def show(order: Order) -> bool:
    """Say what the audit will take; return whether it may be started.

    A model on this computer may be asked before that is known, a hosted one may not.
    """
    job_id = _ask(replace(order, model=order.model.unpriced))
    if job_id is None:
        return False
    job = session.queue().status(job_id, session.owner())
    if not job.ended:
        _await(job_id)
        return not order.model.hosted
    if job.state is not JobState.DONE:
        st.error(phrases.plain(job.error or job.now), icon=":material/error:")
        return False
    found = estimated(job)
    _say_hosted(found, order.model.budget) if found.hosted else _say(found)
    _say_level(found)
    return True


def _ask(look: Order) -> str | None:
    """Return the job that looks at a model, the one before if it is the same question."""
    asked = st.session_state.get(keys.FORECAST)
    if asked is not None and asked[0] == look:
        return str(asked[1])
    if asked is not None:
        session.queue().cancel(asked[1], session.owner())
    if not key_in.hand_over(look.model):
        return None  # the worker may have been started anew since the test
    job = waiting.begin(lambda: submit_estimate(session.queue(), look, owner=session.owner()))
    if job is None:
        return None
    st.session_state[keys.FORECAST] = (look, job)
    return job


@st.fragment(run_every=1.0)
def _await(job_id: str) -> None:
    session.waker().wake()
    job = session.queue().status(job_id, session.owner())
    if job.ended:
        st.rerun()
    st.caption(
        waiting.in_line(job)
        if job.state is JobState.WAITING and job.position
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
