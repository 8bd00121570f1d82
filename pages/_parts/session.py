"""What the pages share: who is looking, the queue, the worker, and the state of a visit."""

from copy import copy
from pathlib import Path

import streamlit as st

from auditcore.jobs import passive
from auditcore.jobs.queue import Queue
from auditcore.jobs.shelf import Shelf
from auditcore.jobs.waking import Waker
from pages._parts import admission, keys, warming

_SWEEP_SECONDS = 60
_AT_FIRST = (
    (keys.PHOTOS, {}),
    (keys.ROUND, 0),
    (keys.CHOSEN_KIT, None),
    (keys.ONLINE_ROUND, 0),
    (keys.ONLINE_LAST_DOOR, "pictures"),
    (keys.ONLINE_FILES, {}),
    (keys.ONLINE_PEOPLE, 1),
)


def prepare() -> None:
    """Admit this visit, set up its state, delete what is due; app.py runs it before a page."""
    admission.admit()
    for name, value in _AT_FIRST:
        st.session_state.setdefault(name, copy(value))
    warming.begin()
    _sweep_now_and_then()
    waker().wake()


@st.cache_data(ttl=_SWEEP_SECONDS, show_spinner=False)
def _sweep_now_and_then() -> None:
    """Delete what is due; not at every click of everybody, as that looks at each folder."""
    passive.sweep(queue())


def enter(page: str) -> None:
    """Make sure that app.py has run; every page begins with it and gives its own `__file__`.

    When the first visit since the start of the server goes to the address of a page, Streamlit
    takes `pages/` for a multipage app of its older kind and runs the page without app.py. Any call
    of `st.navigation` tells it otherwise; the rerun goes through app.py, which sends the visitor
    on to where they wanted to go.
    """
    if keys.ROUND not in st.session_state:
        prepare()
        st.session_state[keys.INTENDED] = (f"pages/{Path(page).name}", st.query_params.to_dict())
        known = [st.Page(lambda: None, title="Telltale", url_path=Path(page).stem)]
        st.navigation([st.Page(lambda: None, title="Start", default=True), *known])
        st.rerun()


def send_on() -> None:
    """Go to the page that `enter` interrupted, if it did."""
    if keys.INTENDED in st.session_state:
        page, address = st.session_state.pop(keys.INTENDED)
        st.switch_page(page, query_params=address)


def owner() -> str:
    """Return whose photos, kits and audits this visit may see."""
    return admission.owner()


@st.cache_resource
def queue() -> Queue:
    """Return the queue of long work."""
    return Queue()


@st.cache_resource
def shelf() -> Shelf:
    """Return the shelf of kits."""
    return Shelf()


@st.cache_resource
def waker() -> Waker:
    """Return what keeps the worker alive; one for the whole app."""
    return Waker()
