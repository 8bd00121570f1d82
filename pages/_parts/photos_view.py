"""The photos of an audit, one by one: a few as sentences, many as a table of pages.

What is claimed of photos alone decides what is said of one: where the claim is about the photos
together, a photo has figures and no answer, however far it stands out.
"""

import streamlit as st

from auditcore.audit import Decision, Plan, Verdict
from auditcore.audit.plan import COLLECTION, EACH
from auditcore.audit.verdict import PhotoVerdict
from auditcore.audit.words import photo_line
from pages._parts import keys, paging, phrases, signs

FEW = 50
"""So many photos are told in sentences, and so many stand on a page of more."""
_ALL, _ASKED, _NOT_ASKED = "All photos", "Asked about", "Not asked about"
_STRONGEST, _IN_ORDER = "Strongest first", "As in the kit"
_NO_CLAIM = (
    "The claim of this audit is about the photos together. Of many photos some stand out by chance "
    "alone, so no claim is made about any photo by itself."
)


def show(verdict: Verdict, plan: Plan) -> None:
    """Show the photos that were asked about, folded away unless the claim is about each."""
    photos = [verdict.photos[index] for index in plan.photos]
    with st.expander(f"The photos, one by one ({len(photos):,})", expanded=plan.claim.kind == EACH):
        if len(photos) > FEW:
            _pages(photos, plan.claim.kind)
        else:
            lines = (phrases.plain(photo_line(photo, plan.claim.kind)) for photo in photos)
            st.markdown("\n".join(f"- {line}" for line in lines))


def _pages(photos: list[PhotoVerdict], claim: str) -> None:
    needed = f"Each photo needs evidence of {photos[0].threshold:,.3g} at least."
    st.caption(_NO_CLAIM if claim == COLLECTION else needed)
    words, state, order = _looked_for(claim)
    found = [photo for photo in photos if _fits(photo, words, state)]
    if order == _STRONGEST:
        found.sort(key=lambda photo: -photo.statistic if photo.hidden_queries else 1.0)
    above = st.container()
    page = paging.turned_to(len(found), FEW, keys.PHOTOS_PAGE)
    with above:
        st.caption(f"{paging.where(page, FEW, len(found))}.")
        if found:
            st.table(_rows(found[page * FEW : (page + 1) * FEW], claim))


def _looked_for(claim: str) -> tuple[str, str, str]:
    """Ask which photos are looked for; return words of the name, the state and the order."""
    again = {"on_change": paging.first_page, "args": (keys.PHOTOS_PAGE,)}
    decisions = [signs.signed(decision) for decision in Decision] if claim != COLLECTION else []
    orders = [_IN_ORDER, _STRONGEST] if claim == COLLECTION else [_STRONGEST, _IN_ORDER]
    name, state, order = st.columns(3)
    return (
        name.text_input("Name of the file", key=keys.PHOTOS_WORDS, **again).casefold(),
        state.selectbox(
            "Show", [_ALL, *decisions, _ASKED, _NOT_ASKED], key=keys.PHOTOS_STATE, **again
        ),
        order.selectbox("Order", orders, key=keys.PHOTOS_ORDER, **again),
    )


def _fits(photo: PhotoVerdict, words: str, state: str) -> bool:
    asked = photo.hidden_queries > 0
    fits = {_ALL: True, _ASKED: asked, _NOT_ASKED: not asked}
    return fits.get(state, state == signs.signed(photo.decision)) and all(
        word in photo.file.casefold() for word in words.split()
    )


def _rows(photos: list[PhotoVerdict], claim: str) -> dict[str, list[str]]:
    """Return the columns of a table of photos; evidence and answer only where one was claimed."""
    rows = {
        "Photo": [phrases.plain(photo.file) for photo in photos],
        "Hidden versions above the published one": [_beaten(photo) for photo in photos],
    }
    if claim != COLLECTION:
        rows["Evidence"] = [f"{photo.statistic:,.3g}" for photo in photos]
        rows["Answer"] = [signs.signed(photo.decision) for photo in photos]
    return rows


def _beaten(photo: PhotoVerdict) -> str:
    if not photo.hidden_queries:
        return "not asked about"
    return f"{photo.beaten_by:,} of {photo.hidden_queries:,}"
