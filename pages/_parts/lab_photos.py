"""Photos of one's own for an experiment, with what each kind of model has to be told of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from auditcore.lab.experiments import OWN_MAX, OwnPhoto
from auditcore.lab.pack import CLASSES
from pages._parts import keys, photos_in, phrases


class Told(NamedTuple):
    """What a kind of model is told of one photo; nothing, where it learns from pictures alone."""

    caption: str | None = None
    label: str | None = None


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


def _told(kind: str, names: Sequence[str]) -> list[Told] | None:
    """Return what the kind has to be told of each photo; None while something is missing."""
    if kind not in _ASKED:
        return [Told() for _name in names]
    what, why, ask = _ASKED[kind]
    st.markdown(why)
    told = [ask(name, _key(number, name)) for number, name in enumerate(names)]
    missing = told.count(Told())
    if missing:
        st.info(f"{phrases.count(missing, 'photo')} still without {what}.", icon=":material/edit:")
    return None if missing else told


def _key(number: int, name: str) -> str:
    return f"{keys.LAB_TOLD}.{st.session_state[keys.ROUND]}.{number}.{name}"


def _caption(name: str, key: str) -> Told:
    typed = st.text_input(f"What {phrases.plain(name)} shows", max_chars=300, key=f"{key}.caption")
    return Told(caption=typed.strip() or None)


def _label(name: str, key: str) -> Told:
    chosen = st.selectbox(
        f"What {phrases.plain(name)} shows",
        CLASSES,
        index=None,
        placeholder="Choose the nearest word",
        key=f"{key}.label",
    )
    return Told(label=chosen)


_ASKED: Mapping[str, tuple[str, str, Callable[[str, str], Told]]] = {
    "clip": (
        "a caption",
        "Give each photo a caption of a few words. This kind of model learns the two together.",
        _caption,
    ),
    "classifier": (
        "a word",
        "Say what each photo shows. This kind of model learns to give that word.",
        _label,
    ),
}
