"""Long lists, a page at a time."""

import streamlit as st


def first_page(key: str) -> None:
    """Go back to the first page; for whoever changes what is looked for."""
    st.session_state.pop(key, None)


def turned_to(found: int, size: int, key: str) -> int:
    """Let the visitor turn pages where there are several; return the page, from 0.

    Args:
        found: entries in all. size: entries a page.
        size: see found.
        key: of the widget.
    """
    pages = max(1, -(-found // size))
    if pages == 1:
        return 0
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = pages
    return st.pagination(pages, key=key) - 1


def where(page: int, size: int, found: int) -> str:
    """Say which entries a page holds: "51 to 100 of 10,000", "Nothing fits"."""
    if not found:
        return "Nothing fits"
    last = min(found, (page + 1) * size)
    return f"{page * size + 1:,} to {last:,} of {found:,}"
