"""What would be sent to a model behind an address, and the consent without which nothing is."""

from dataclasses import replace

import streamlit as st

from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import most_sent
from auditcore.models.hosted.spec import host_of, parse_spec
from pages._parts import hosted_form, keys, phrases

_PROTECTED = (
    "Do not send photos that you protected with a kit: a provider that learns from what it is "
    "asked would then have learned them from you."
)


def host(choice: Choice) -> str | None:
    """Return the host that a model would be asked at, None for a model of this machine."""
    return host_of(parse_spec(choice.spec)) if choice.hosted else None


def to_sending(choice: Choice, things: int, said: str) -> Choice | None:
    """Say what is sent, what it costs, and ask for consent; None until it is given.

    Args:
        choice: a model behind an address.
        things: pictures and texts that the question needs.
        said: a sentence on what they are, and who gets to know what.
    """
    most = most_sent(things)
    st.warning(f"{phrases.plain(said)} {_PROTECTED}", icon=":material/outgoing_mail:")
    left, right = st.columns(2)
    price = hosted_form.price(left, "Price of 1,000 pictures or texts, if you know it")
    pace = hosted_form.pace(right)
    budget = replace(choice.budget, price=price, most=most, per_minute=pace)
    cost = budget.cost(most)
    st.caption(
        f"In all {things:,} pictures and texts, {most:,} at the very most where tries fail; then "
        f"Telltale stops.{'' if cost is None else f' That costs {cost:,.2f} at most.'}"
    )
    name = host(choice)
    agreed = st.checkbox(
        f"I agree that this is sent to {phrases.plain(str(name))}.",
        # asked anew whenever more or less would be sent
        key=f"{keys.CONSENT_HOST}.{name}.{things}.{st.session_state[keys.ONLINE_ROUND]}",
    )
    return replace(choice, budget=budget) if agreed else None
