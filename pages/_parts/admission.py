"""Who may come in: on a private machine its owner, on a shared Telltale whoever has signed in."""

import logging
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitSecretNotFoundError

from auditcore.database import LOCAL_OWNER
from pages._parts import keys

_log = logging.getLogger("telltale.app")
_PAGES = Path(__file__).resolve().parent.parent
_ONE_PROVIDER = "client_id"
"""Is in `[auth]` itself when there is one provider; several have a section each."""


def secrets() -> Mapping[str, Any]:
    """Return the secrets of the app, none where there is no file of them.

    Raises:
        StreamlitSecretNotFoundError: there is one, and it cannot be read.
    """
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        if any(Path(file).exists() for file in st.get_option("secrets.files")):
            raise  # it may hold [auth]: nobody may come in as if it did not
        return {}


def owner() -> str:
    """Return whose photos, kits and audits this visit may see: one person on a private machine.

    A person who signed in is known by issuer and subject together, as OpenID Connect has it; the
    blank between them keeps every such name apart from the owner of the machine.
    """
    known = _signed_in()
    if known is not None:
        return known
    if "auth" in secrets():
        raise PermissionError("nobody is signed in, so nothing of anybody may be shown")
    return LOCAL_OWNER


def admit() -> None:
    """Let this visit in, or say on the page why not, and end the run there."""
    try:
        shared = "auth" in secrets()
    except StreamlitSecretNotFoundError:
        _refuse(
            "Telltale cannot read its secrets file, so it cannot tell who may come in. Whoever "
            "runs it finds the reason in the log of the server."
        )
    if not shared and not _on_this_machine_alone():
        _refuse(
            "This Telltale can be reached by others, and nobody has to sign in. Whoever runs it: "
            "set `server.address` to `127.0.0.1` to use it alone, or add a section `[auth]` to "
            "`.streamlit/secrets.toml` so that people sign in."
        )
    if shared and _signed_in() is None:
        _ask_in()


def offer_way_out() -> None:
    """Offer to sign out, above the page, to those who signed in."""
    if _signed_in() is None:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.button("Sign out", key=keys.SIGN_OUT, type="tertiary", on_click=st.logout)


def _signed_in() -> str | None:
    person = st.user.to_dict() if st.user else {}
    if not person.get("is_logged_in") or not person.get("iss") or not person.get("sub"):
        return None
    return f"{person['iss']} {person['sub']}"


def _on_this_machine_alone() -> bool:
    address = str(st.get_option("server.address") or "")
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def _ask_in() -> None:
    _alone()
    st.title("Sign in to Telltale")
    st.markdown(
        "Several people share this Telltale. Sign in, so that your photos, kits and results are "
        "yours alone."
    )
    auth = secrets()["auth"]
    several = [] if _ONE_PROVIDER in auth else [n for n, v in auth.items() if hasattr(v, "keys")]
    for name in several or [None]:
        label = "Sign in" if name is None else f"Sign in with {name.capitalize()}"
        if st.button(label, key=f"{keys.SIGN_IN}.{name}", type="primary", icon=":material/login:"):
            _to_provider(name)
    st.stop()


def _to_provider(name: str | None) -> None:
    try:
        st.login(name)
    except StreamlitAuthError as error:
        st.error(
            "Signing in is not set up completely. Whoever runs this Telltale finds the reason in "
            "the log of the server.",
            icon=":material/error:",
        )
        _log.error("signing in is not set up completely: %s", error)


def _refuse(why: str) -> None:
    _alone()
    st.title("Telltale stays closed")
    st.error(why, icon=":material/lock:")
    st.stop()


def _alone() -> None:
    """Know all pages and show none: an address of any of them comes to what is said here."""
    others = [
        st.Page(_nothing, url_path=file.stem, title=file.stem) for file in _PAGES.glob("*.py")
    ]
    start = st.Page(_nothing, title="Telltale", default=True)
    st.navigation([start, *others], position="hidden")


def _nothing() -> None:
    return None
