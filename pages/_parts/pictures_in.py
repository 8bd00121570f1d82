"""Pictures on their way in, for questions about unmarked photos: nothing of them is kept here."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from auditcore.errors import PhotoError
from auditcore.jobs.passive import Upload
from auditcore.photos import read_size
from pages._parts import keys, lines, phrases


def upload(label: str, widget: str) -> list[Any]:
    """Take files in, say of each that cannot be used why, and return the others."""
    files = st.file_uploader(
        label, accept_multiple_files=True, key=f"{widget}.{st.session_state[keys.ONLINE_ROUND]}"
    )
    problems = {file.file_id: _problem(file) for file in files}
    good = [file for file in files if problems[file.file_id] is None]
    if files:
        st.caption(f"{phrases.count(len(good), 'picture')} ready.")
    bad = [(file.name, why) for file in files if (why := problems[file.file_id]) is not None]
    if bad:
        lines.show(
            lines.file_line(name, good=False, word="left out.", notes=(why,)) for name, why in bad
        )
    return good


def read(files: Sequence[Any]) -> list[Upload]:
    """Return the files with their bytes, as the work takes them."""
    return [Upload(file.name, bytes(file.getvalue())) for file in files]


def forget() -> None:
    """Begin with empty fields: what was typed and uploaded is gone from the server's memory."""
    st.session_state[keys.ONLINE_ROUND] += 1
    st.session_state[keys.ONLINE_PEOPLE] = 1
    st.session_state[keys.ONLINE_FILES] = {}


def _problem(file: Any) -> str | None:
    known = st.session_state[keys.ONLINE_FILES]
    if file.file_id not in known:
        try:
            read_size(file.getvalue(), file.name)
            known[file.file_id] = None
        except PhotoError as error:
            known[file.file_id] = str(error)
    return known[file.file_id]
