"""The choices before an audit, beside the model: kit, question, strictness."""

from fractions import Fraction
from io import BytesIO

import streamlit as st
from PIL import Image

from auditcore.audit.plan import PHOTO
from auditcore.errors import TelltaleError
from auditcore.jobs.check import open_kept
from auditcore.jobs.orders import SAMPLE_KIT
from auditcore.jobs.protect import title_of
from auditcore.kit import Kit, open_kit
from auditcore.kit.archive import MAX_KIT_BYTES
from pages._parts import claims, keys, phrases, session

_THUMBNAILS, _THUMBNAIL_WIDTH = 6, 112
_FROM_FILE = "file"


def kit() -> str | None:
    """Choose a kit kept here, the sample, or one from a file; return its id."""
    kept = {one.kit_id: one for one in session.shelf().list(session.owner())}
    names = {
        **{kit_id: f"{one.title} ({one.created:%d %b %Y, %H:%M})" for kit_id, one in kept.items()},
        SAMPLE_KIT: "The sample photos",
        _FROM_FILE: "A kit from a file",
    }
    options = list(names)
    first = st.session_state[keys.CHOSEN_KIT]
    chosen = st.selectbox(
        "Kit",
        options,
        index=options.index(first) if first in options else 0,
        format_func=names.__getitem__,
        key=keys.KIT_KEPT,
    )
    return _from_file() if chosen == _FROM_FILE else chosen


def _from_file() -> str | None:
    file = st.file_uploader(
        "The kit file you saved when you protected photos",
        key=keys.KIT_UPLOAD,
        max_upload_size=MAX_KIT_BYTES // 1_000_000,
    )
    if file is None:
        return None
    try:
        with st.spinner("Opening and checking the kit"):
            opened_kit = open_kit(file.getvalue())
    except TelltaleError as error:
        st.error(str(error), icon=":material/error:")
        return None
    files = [photo.file for photo in opened_kit.photos]
    session.shelf().keep(
        opened_kit.id,
        file.getvalue(),
        title=title_of(files),
        photos=len(files),
        made_here=False,
        owner=session.owner(),
    )
    return opened_kit.id


def opened(kit_id: str) -> Kit | None:
    """Open a kit and show what is in it; None, with the reason on the page, when that fails."""
    try:
        with st.spinner("Opening the kit"):
            chosen = open_kept(kit_id, session.owner())
    except TelltaleError as error:
        st.error(str(error), icon=":material/error:")
        return None
    _gallery(chosen)
    return chosen


def _gallery(chosen: Kit) -> None:
    count = len(chosen.photos)
    shown = chosen.photos[:_THUMBNAILS]
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    with st.container(horizontal=True, gap="small"):
        for index, photo in enumerate(shown):
            picture = _thumbnail(chosen.id, index, chosen)
            st.image(picture, width=_THUMBNAIL_WIDTH, alt=photo.caption or photo.file)
    captions = sum(photo.caption is not None for photo in chosen.photos)
    told = phrases.count(captions, "caption") if captions else "No captions"
    names = ", ".join(phrases.plain(photo.file) for photo in shown)
    st.caption(
        f"{phrases.count(count, 'photo')}: {names}{more}. "
        f"{told}. Sealed on {chosen.public.created[:10]}; "
        f"{chosen.versions:,} versions of each."
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _thumbnail(kit_id: str, index: int, _kit: Kit) -> bytes:
    """Return a small copy of a photo of a kit; twice as wide as shown, for fine screens."""
    picture, out = Image.fromarray(_kit.base(index)), BytesIO()
    picture.thumbnail((2 * _THUMBNAIL_WIDTH, 8 * _THUMBNAIL_WIDTH), Image.Resampling.LANCZOS)
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def claim(chosen: Kit) -> str:
    """Choose the one statement of the audit."""
    files = [photo.file for photo in chosen.photos]
    if len(files) == 1:
        st.markdown(f"Was “{phrases.plain(files[0])}” used to train this model?")
        return f"{PHOTO}:{files[0]}"
    kind = st.radio(
        "Question",
        list(claims.CLAIMS),
        format_func=lambda name: claims.CLAIMS[name][0],
        captions=[text for _title, text in claims.CLAIMS.values()],
        key=keys.CLAIM,
        label_visibility="collapsed",
    )
    if kind != PHOTO:
        return kind
    return f"{PHOTO}:{st.selectbox('Which photo?', files, key=keys.CLAIM_PHOTO)}"


def rarity() -> Fraction:
    """Choose how rare a false alarm must be, in words."""
    return st.radio(
        "At most one false alarm in so many audits of models that never saw the photos",
        list(claims.RARITIES),
        format_func=claims.rarity,
        captions=[text for _title, text in claims.RARITIES.values()],
        key=keys.RARITY,
    )
