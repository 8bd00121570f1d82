"""Setting up an experiment: photos, kind of model, knobs, what it will take; and the start."""

from collections.abc import Sequence

import streamlit as st

from auditcore.errors import TelltaleError
from auditcore.jobs.lab import submit_train
from auditcore.lab.experiments import OWN, OWN_MAX, SAMPLE, OwnPhoto, Setup, expected_seconds
from pages._parts import keys, lab_knobs, lab_photos, lab_words, phrases, session

_PHOTOS = {
    SAMPLE: ("The sample photos", "24 photos that come with Telltale."),
    OWN: ("My own photos", f"From one to {OWN_MAX}. They stay on this machine."),
}


def show() -> None:
    """Choose everything an experiment needs, see what it will take, and start it."""
    st.html(
        "<p class='tt-lead'>Train a small AI model on photos, here on this machine. A twin learns "
        "the same without them. Ask both, and see which one gives itself away. Then try to make "
        "it forget.</p>"
    )
    st.header("1. The photos", anchor=False)
    photos = _choice("Which photos?", _PHOTOS, keys.LAB_PHOTOS)
    place = st.container()
    st.header("2. The kind of model", anchor=False)
    kind = _choice("Which kind of model?", lab_words.KINDS, keys.LAB_KIND)
    given: Sequence[OwnPhoto] | None = ()
    visibility = None
    with place:
        if photos == OWN:
            given, visibility = lab_photos.own(kind)
    setup = lab_knobs.choose(kind, photos, visibility)
    st.header("3. What it will take", anchor=False)
    if setup is None or given is None:
        st.caption("Is said here, above the button to start, as soon as the photos are ready.")
        return
    _say(setup, len(given))
    if st.button(
        "Train both models", type="primary", key=keys.LAB_TRAIN, icon=":material/model_training:"
    ):
        _start(setup, given)


def _choice(label: str, options: dict[str, tuple[str, str]], key: str) -> str:
    return st.radio(
        label,
        list(options),
        format_func=lambda name: options[name][0],
        captions=[text for _title, text in options.values()],
        key=key,
        label_visibility="collapsed",
    )


def _say(setup: Setup, own: int) -> None:
    seconds = expected_seconds(setup, own) if own else expected_seconds(setup)
    st.markdown(
        f"**{phrases.duration(seconds).capitalize()}** on two processor cores: marking the photos, "
        "training both models, asking both. You may close the page meanwhile. Nothing is sent "
        "anywhere."
    )


def _start(setup: Setup, photos: Sequence[OwnPhoto]) -> None:
    try:
        job = submit_train(session.queue(), setup, photos, owner=session.owner())
    except TelltaleError as error:
        st.error(phrases.plain(str(error)), icon=":material/error:")
        return
    st.session_state[keys.ROUND] += 1  # a new uploader: the photos are in the experiment's folder
    st.session_state[keys.PHOTOS] = {}
    st.query_params[keys.EXPERIMENT] = job
    st.rerun()
