"""Pictures on their way in, for questions about unmarked photos: nothing of them is kept here."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from auditcore.errors import PhotoError
from auditcore.jobs.passive import Upload
from auditcore.passive.encodermi.alike import Look
from auditcore.photos import read_format, read_size
from pages._parts import keys, lines, phrases


class _Seen(NamedTuple):
    """Why a file cannot be read, None if it can; its digest; and its look from outside."""

    problem: str | None
    digest: bytes
    look: Look | None


def upload(label: str, widget: str) -> list[Any]:
    """Take files in, say of each that cannot be used why, and return the others."""
    files = st.file_uploader(
        label, accept_multiple_files=True, key=f"{widget}.{st.session_state[keys.ONLINE_ROUND]}"
    )
    problems = _problems(files)
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


def _problems(files: Sequence[Any]) -> dict[str, str | None]:
    """Say of each file, by its id, why it cannot be used: unreadable, or there twice."""
    problems: dict[str, str | None] = {}
    first: dict[bytes, Any] = {}
    for file in files:
        seen = _looked_at(file)
        problem, twin = seen.problem, first.setdefault(seen.digest, file)
        if twin is not file:
            problem = f"The same picture as {twin.name}: it counts once."
        problems[file.file_id] = problem
    return problems


def _looked_at(file: Any) -> _Seen:
    """Return what a file is; each is read once."""
    known = st.session_state[keys.ONLINE_FILES]
    if file.file_id not in known:
        data = file.getvalue()
        problem, look = None, None
        try:
            look = Look(read_format(data, file.name), *read_size(data, file.name), len(data))
        except PhotoError as error:
            problem = str(error)
        known[file.file_id] = _Seen(problem, hashlib.sha256(data).digest(), look)
    return known[file.file_id]


def looks(files: Sequence[Any]) -> list[Look]:
    """Return what the files that can be read look like from outside."""
    return [seen.look for file in files if (seen := _looked_at(file)).look is not None]
