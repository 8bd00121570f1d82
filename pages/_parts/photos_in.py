"""Photos on their way in: a line each, their captions, and a look at what a mark does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from auditcore.errors import CaptionError
from auditcore.jobs.preview import Inspected, Preview, inspect, preview
from auditcore.marks import LEVELS, VERSIONS_DEFAULT, VISIBILITY_DEFAULT, Level, Visibility
from auditcore.photos import Captioned, read_captions
from pages._parts import keys, lines, phrases

VERSIONS = VERSIONS_DEFAULT
_BY_NAME = {level.name: level for level in LEVELS}
_DEFAULT = next(level.name for level in LEVELS if level.visibility == VISIBILITY_DEFAULT)


@dataclass(frozen=True)
class Given:
    """One uploaded file, and what it turned out to be."""

    name: str
    inspected: Inspected
    file: Any

    def read(self) -> bytes:
        """Return the file's bytes."""
        return bytes(self.file.getvalue())


def upload(widget: str = keys.UPLOAD_PHOTOS) -> list[Given]:
    """Take files in and say of each what it is; files that cannot be used come back refused."""
    files = st.file_uploader(
        "Drag photos here, or choose them",
        accept_multiple_files=True,
        key=f"{widget}.{st.session_state[keys.ROUND]}",
    )
    known = st.session_state[keys.PHOTOS]
    given = []
    for file in files:
        if file.file_id not in known:
            with st.spinner(f"Looking at {file.name}"):
                known[file.file_id] = inspect(file.name, file.getvalue())
        given.append(Given(file.name, known[file.file_id], file))
    for gone in set(known) - {file.file_id for file in files}:
        del known[gone]
    if given:
        lines.show(_line(photo.inspected) for photo in given)
    return given


def forget() -> None:
    """Begin with an empty page: a new uploader, no captions, no photos."""
    st.session_state[keys.ROUND] += 1
    st.session_state[keys.PHOTOS] = {}


def _line(photo: Inspected) -> str:
    if photo.refused is not None:
        return lines.file_line(photo.name, good=False, word="left out.", notes=(photo.refused,))
    word = f"ready, {photo.width:,} by {photo.height:,} pixels."
    return lines.file_line(photo.name, good=True, word=word, notes=photo.notes)


def captions(names: Sequence[str]) -> Mapping[str, Captioned] | None:
    """Let captions be typed or brought as a table; None while the table cannot be read."""
    st.markdown(
        "Will a photo appear with a caption or alt text? Put it here, word for word. Many models "
        "learn pictures together with their captions, so it makes a later check stronger. You may "
        "leave this empty."
    )
    round_ = st.session_state[keys.ROUND]
    with st.expander("Bring the captions as a table (CSV)"):
        table = st.file_uploader(
            "A CSV file with the columns file, caption and, if you like, label",
            key=f"{keys.CAPTION_FILE}.{round_}",
        )
    brought: Mapping[str, Captioned] = {}
    if table is not None:
        try:
            brought = read_captions(table.getvalue(), names)
        except CaptionError as error:
            st.error(str(error), icon=":material/table:")
            return None
        st.caption(f"Read captions for {len(brought)} of {phrases.count(len(names), 'photo')}.")
    unique = list(dict.fromkeys(names))
    typed = st.data_editor(
        pd.DataFrame(
            {"file": unique, "caption": [_of(brought, name).caption or "" for name in unique]}
        ),
        key=f"{keys.CAPTION_TABLE}.{round_}.{table.file_id if table else ''}.{len(unique)}",
        hide_index=True,
        disabled=["file"],
        column_config={
            "file": st.column_config.TextColumn("Photo"),
            "caption": st.column_config.TextColumn(
                "Caption (click to type)", width="large", max_chars=2000
            ),
        },
    )
    return {
        name: Captioned(str(caption).strip() or None, _of(brought, name).label)
        for name, caption in zip(typed["file"], typed["caption"].fillna(""), strict=True)
        if str(caption).strip() or _of(brought, name).label
    }


def _of(brought: Mapping[str, Captioned], name: str) -> Captioned:
    return brought.get(name, Captioned())


def visibility(photos: Sequence[Given]) -> float:
    """Show the one knob, and one photo before and after it; return the mean colour difference."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        name = st.segmented_control(
            "How visible may the mark be?",
            list(_BY_NAME),
            default=_DEFAULT,
            required=True,
            format_func=str.capitalize,
            key=keys.VISIBILITY,
            label_visibility="collapsed",
        )
        level = _BY_NAME[name or _DEFAULT]
        st.markdown(level.explanation)
    with right:
        shown = 0
        if len(photos) > 1:
            shown = st.selectbox(
                "Look at",
                range(len(photos)),
                format_func=lambda index: photos[index].name,
                key=keys.PREVIEW_PHOTO,
            )
    _compare(photos[min(shown, len(photos) - 1)], level)
    return level.visibility


def _compare(photo: Given, level: Level) -> None:
    with st.spinner("Marking a small copy to show you"):
        shown = _preview(photo.file.file_id, level.visibility, photo.inspected)
    before, after = st.columns(2)
    before.image(shown.before, caption="Before", alt=f"{photo.name} as it is", width="stretch")
    after.image(
        shown.after,
        caption="After, much as it would be published",
        alt=f"{photo.name} with a mark, {level.name} visible",
        width="stretch",
    )
    with st.expander("The difference in figures"):
        _figures(shown.figures)


@st.cache_data(max_entries=24, show_spinner=False)
def _preview(file_id: str, visibility: float, _inspected: Inspected) -> Preview:
    return preview(_inspected, visibility)  # the file's id and the knob say which


def _figures(figures: Visibility) -> None:
    st.markdown(
        f"- **CIEDE2000** (colour difference as the eye sees it; about 1 is the least a person "
        f"notices): {figures.ciede2000_mean:.2f} on average, 95 % of the picture below "
        f"{figures.ciede2000_p95:.2f}\n"
        f"- **PSNR** (higher is nearer to the original): {figures.psnr:.1f} dB\n"
        f"- **SSIM** (1 is identical): {figures.ssim:.4f}"
    )
