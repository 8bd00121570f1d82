"""Photos of one's own for an experiment, with what each kind of model has to be told of them."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from auditcore.lab.experiments import OWN_MAX, OwnPhoto
from auditcore.lab.pack import CLASSES
from pages._parts import keys, photos_in, phrases

_CAPTION, _LABEL = "clip", "classifier"


def own(kind: str) -> tuple[Sequence[OwnPhoto] | None, float | None]:
    """Take photos in, and how visible their mark may be; None while something is missing."""
    given = photos_in.upload(keys.LAB_UPLOAD)
    ready = [photo for photo in given if photo.inspected.refused is None]
    if not ready:
        st.caption(f"JPEG, PNG or WebP, up to {OWN_MAX}. One is enough; ten are found far easier.")
        return None, None
    told = _told(kind, [photo.name for photo in ready])
    st.subheader("How visible may the mark be?", anchor=False)
    level = photos_in.visibility(ready)
    if told is None:
        return None, level
    pairs = zip(ready, told, strict=True)
    return [OwnPhoto(photo.name, photo.read(), *words) for photo, words in pairs], level


def _told(kind: str, names: Sequence[str]) -> list[tuple[str | None, str | None]] | None:
    """Return caption and class of each photo, what the kind needs; None while one is missing."""
    if kind == _CAPTION:
        captions = _table("caption", names, _caption_column())
        st.caption("A few words on what each photo shows. This kind of model learns them with it.")
        return _all([(caption or None, None) for caption in captions], "a caption")
    if kind == _LABEL:
        labels = _table("shows", names, _label_column())
        st.caption("The nearest word for each photo. This kind of model learns to give it.")
        return _all([(None, label or None) for label in labels], "a word")
    return [(None, None) for _name in names]


def _all(
    told: list[tuple[str | None, str | None]], what: str
) -> list[tuple[str | None, str | None]] | None:
    missing = sum(not any(words) for words in told)
    if missing:
        st.info(
            f"{phrases.count(missing, 'photo')} still without {what}. Click into the table.",
            icon=":material/edit:",
        )
    return None if missing else told


def _table(column: str, names: Sequence[str], shown: Mapping[str, object]) -> list[str]:
    """Let one column be filled in; return it, without blanks around."""
    round_ = st.session_state[keys.ROUND]
    filled = st.data_editor(
        pd.DataFrame({"file": names, column: [""] * len(names)}),
        key=f"{keys.LAB_TABLE}.{column}.{round_}.{len(names)}",
        hide_index=True,
        disabled=["file"],
        column_config={"file": st.column_config.TextColumn("Photo"), column: shown},
    )
    return [str(value).strip() for value in filled[column].fillna("")]


def _caption_column() -> Mapping[str, object]:
    return st.column_config.TextColumn("Caption (click to type)", width="large", max_chars=300)


def _label_column() -> Mapping[str, object]:
    return st.column_config.SelectboxColumn("It shows (click to choose)", options=list(CLASSES))
