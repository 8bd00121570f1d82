"""What the pages need of the core, imported before the first click that needs it.

Importing takes seconds in all. Without this the first visitor of each page would wait for it.
pandas is there before any page runs: plotly looks whether it is loaded, and would take hold of it
half loaded while another visitor's page, or what is imported here, is loading it.
"""

import gc
import threading
from importlib import import_module

import pandas  # noqa: F401
import streamlit as st

_NEEDED = (
    "auditcore.jobs.protect",
    "auditcore.jobs.preview",
    "auditcore.jobs.check",
    "auditcore.evidence",
    "auditcore.passive.encodermi.comparing",
    "auditcore.passive.idia.result",
    "auditcore.lab.experiments",
    "auditcore.lab.unlearning",
    "auditcore.lab.lessons.thousand",
    "plotly.graph_objects",
)


@st.cache_resource
def begin() -> threading.Thread:
    """Import it all beside the pages, once a server."""
    thread = threading.Thread(target=_import_all, name="warming", daemon=True)
    thread.start()
    return thread


def _import_all() -> None:
    """Import it, and set it apart from what is looked through for garbage.

    Streamlit looks through everything after each run of a page: with all of this among it that took
    130 milliseconds, ten times as long as the page itself (measured).
    """
    for name in _NEEDED:
        import_module(name)
    gc.collect()
    gc.freeze()
