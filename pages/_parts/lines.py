"""One line a photo, saying what happened to it: never by colour alone."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st


def file_line(name: str, *, good: bool, word: str, notes: Sequence[str]) -> str:
    """Return one line: a sign, the file's name, a word, and what there is to say about it."""
    said = " ".join(escape(note) for note in notes)
    sign = "✓" if good else "✕"
    return (
        f"<li class='tt-file'><span class='mark' aria-hidden='true'>{sign}</span>"
        f"<span><span class='name'>{escape(name)}</span>: {escape(word)} {said}</span></li>"
    )


def show(lines: Iterable[str]) -> None:
    """Put the lines on the page as one list."""
    st.html(f"<ul style='list-style:none;margin:0;padding:0'>{''.join(lines)}</ul>")
