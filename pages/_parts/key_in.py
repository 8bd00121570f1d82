"""Keys of hosted models on a page: from the password field or the app's secrets to the worker."""

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from auditcore.database import LOCAL_OWNER
from auditcore.errors import JobError
from auditcore.jobs import keys as worker_keys
from auditcore.jobs.lanes import WEB
from auditcore.jobs.orders import Choice
from auditcore.models.access import key_from_environment
from auditcore.models.hosted.spec import host_of, parse_spec
from pages._parts import keys, session


def field(host: str, widget: str = keys.API_KEY) -> str:
    """Show the password field for the key of a host; return what was typed."""
    typed = st.text_input(
        f"Key for {host}",
        type="password",
        key=f"{widget}.{host}",  # a key typed for one host is never there for another
        persist_state="session",
        live=True,  # else what is typed is lost when Tab leaves the field by way of its eye
        placeholder=_placeholder(host) if widget == keys.API_KEY else None,
        help="The provider gives it to you when you open an account; it is also called a token. "
        "It goes to this host alone. Telltale holds it in memory, writes it nowhere, and forgets "
        "it when it is closed.",
    ).strip()
    problem = worker_keys.problem_with(typed)
    if problem is not None:
        st.error(problem, icon=":material/key_off:")
    return typed


def has_key(host: str, widget: str = keys.API_KEY) -> bool:
    """Say whether a key for a host was typed here or is among the app's secrets."""
    return bool(_key(host, widget))


def hand_over(choice: Choice, widget: str = keys.API_KEY) -> bool:
    """Give the worker the key of a hosted model; False, with the reason, if that fails.

    An empty field where the model is chosen means that there is no key: the worker forgets the one
    it holds. Where an audit is gone on with, it means the key that is held.
    """
    if not choice.hosted:
        return True
    host = host_of(parse_spec(choice.spec))
    key, owner = _key(host, widget), session.owner()
    lent = owner != LOCAL_OWNER and not _typed(host, widget)
    if not key and choice.keyed:
        st.error(f"Type the key for {host} again: this page does not have it any more.")
        return False
    try:
        if key or widget == keys.API_KEY:
            session.waker().wake(WEB)
            worker_keys.deliver(owner, host, key, lent=lent)
    except JobError as error:
        st.error(str(error), icon=":material/key_off:")
        return False
    return True


def _key(host: str, widget: str) -> str:
    return _typed(host, widget) or _of_the_app(host)


def _typed(host: str, widget: str) -> str:
    return str(st.session_state.get(f"{widget}.{host}") or "").strip()


def _placeholder(host: str) -> str:
    if _of_the_app(host):
        return "Leave empty: this Telltale has a key for it"
    if session.owner() == LOCAL_OWNER and key_from_environment(host):
        return "Leave empty: this computer has a key for it"
    return "Leave empty if it asks for none"


def _of_the_app(host: str) -> str:
    """Return the key that whoever runs the app wrote into its secrets, "" if none."""
    try:
        return str(st.secrets.get("keys", {}).get(host, ""))
    except StreamlitSecretNotFoundError:
        return ""
