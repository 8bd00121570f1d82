"""The choices before an audit: kit, model, question, strictness, and what they will take."""

from fractions import Fraction

import streamlit as st

from auditcore.audit import Estimate
from auditcore.audit.plan import PHOTO
from auditcore.errors import TelltaleError
from auditcore.jobs.catalogue import read_catalogue
from auditcore.jobs.check import estimated, open_kept
from auditcore.jobs.orders import SAMPLE_KIT, Order, submit_estimate
from auditcore.jobs.protect import title_of
from auditcore.jobs.queue import JobState
from auditcore.kit import Kit, open_kit
from auditcore.kit.archive import MAX_KIT_BYTES
from auditcore.models import ModelEntry
from pages._parts import claims, keys, phrases, session

_THUMBNAILS = 6
_FROM_FILE, _OTHER = "file", "other"


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
            st.image(chosen.base(index), width=112, alt=photo.caption or photo.file)
    captions = sum(photo.caption is not None for photo in chosen.photos)
    told = phrases.count(captions, "caption") if captions else "No captions"
    names = ", ".join(phrases.plain(photo.file) for photo in shown)
    st.caption(
        f"{phrases.count(count, 'photo')}: {names}{more}. "
        f"{told}. Sealed on {chosen.public.created[:10]}; "
        f"{chosen.versions:,} versions of each."
    )


def model() -> str | None:
    """Choose a model from the list, or name one; return its spec."""
    entries = read_catalogue()
    if entries is None:
        _await_catalogue()
        return None
    here = {entry.spec: entry for entry in entries if entry.on_this_machine}
    chosen = st.radio(
        "Model",
        [*here, _OTHER],
        format_func=lambda spec: here[spec].title if spec in here else "Another model",
        captions=[*(_gives(entry) for entry in here.values()), "Named by kind and place."],
        key=keys.MODEL,
        label_visibility="collapsed",
    )
    return chosen if chosen != _OTHER else _other(entries)


@st.fragment(run_every=1.0)
def _await_catalogue() -> None:
    if read_catalogue() is not None:
        st.rerun()
    st.caption("Looking which models there are. This takes a few seconds after the start.")


def _gives(entry: ModelEntry) -> str:
    size = f", {phrases.size(entry.size_bytes)}" if entry.size_bytes else ""
    return f"{entry.spec}: answers with {' and '.join(sorted(entry.gives))}{size}"


def _other(entries: list[ModelEntry]) -> str | None:
    spec = st.text_input(
        "Which model?",
        key=keys.MODEL_SPEC,
        placeholder="openclip:ViT-B-32/laion2b_s34b_b79k",
        help="openclip:NAME/WEIGHTS is fetched from the hub on first use. openclip:FOLDER or a "
        "file takes a model from this machine (safetensors with its configuration).",
    )
    with st.expander("Models that can be fetched by name"):
        st.dataframe(
            [
                {"Name to type": entry.spec, "Model": entry.title}
                for entry in entries
                if not entry.on_this_machine
            ],
            hide_index=True,
        )
    return spec.strip() or None


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


def forecast(order: Order) -> None:
    """Have the worker look at the model, and say what the audit will take."""
    asked = st.session_state.get(keys.FORECAST)
    if asked is None or asked[0] != order:
        if asked is not None:
            session.queue().cancel(asked[1], session.owner())
        job = submit_estimate(session.queue(), order, owner=session.owner())
        st.session_state[keys.FORECAST] = (order, job)
    _await_forecast(st.session_state[keys.FORECAST][1])


@st.fragment(run_every=1.0)
def _await_forecast(job_id: str) -> None:
    session.waker().wake()
    job = session.queue().status(job_id, session.owner())
    if job.state is JobState.DONE:
        _say(estimated(job))
    elif job.state is JobState.FAILED:
        st.error(job.error, icon=":material/error:")
    else:
        busy = job.state is JobState.WAITING and job.position
        st.caption(
            "The machine is busy with other work. You can start all the same; it waits in line."
            if busy
            else "Looking at the model to say how long it will take."
        )


def _say(found: Estimate) -> None:
    used, unused, most = found.expected_used, found.expected_unused, found.at_most
    st.markdown(
        f"About **{used:,} questions** to the model if it did use the photos, about "
        f"**{unused:,}** if it did not, never more than **{most:,}**. That is "
        f"**{phrases.duration(unused * found.seconds_per_query)}** as a rule, "
        f"{phrases.duration(found.seconds_at_most)} at the longest."
    )
    st.caption(
        f"This would be attempt {found.attempt} of this kit on this model. It is held to "
        f"{claims.rarity(found.level)}, so that all attempts together stay below what you accept."
    )
    for warning in found.warnings:
        st.warning(phrases.plain(warning), icon=":material/info:")
