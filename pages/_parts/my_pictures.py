"""The first door of Already online: do my pictures look like this model's training data?"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from auditcore.errors import TelltaleError
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, submit_pictures
from auditcore.jobs.passive_samples import shipped_attacks, submit_sample_pictures
from auditcore.models import Capability
from auditcore.passive.encodermi.alike import differences
from auditcore.passive.encodermi.comparing import LEAST_MINE, LEAST_REFERENCE
from auditcore.passive.encodermi.shape import pictures_sent
from pages._parts import agree, choose_model, keys, online_view, phrases, pictures_in, session

_PURPOSE = choose_model.Purpose(
    name="pictures",
    demos=("demo:encoder",),
    shows="A small model made for Telltale, to see how it works.",
    sends="Ten small copies of each picture are sent.",
    dated=False,
)


def set_up() -> None:
    """Choose the model and the two collections, and ask."""
    _sample()
    st.header("1. The model", anchor=False)
    model = _model()
    mine, reference = _collections()
    attack = _attack()
    if model is None or len(mine) < LEAST_MINE or len(reference) < LEAST_REFERENCE:
        st.caption(
            f"You can ask as soon as there are a model, {LEAST_MINE} pictures of yours and "
            f"{LEAST_REFERENCE} to compare with. Fewer can tell nothing."
        )
        return
    _warn(differences(pictures_in.looks(mine), pictures_in.looks(reference)))
    agreed = _agreed(model.choice, len(mine) + len(reference))
    if agreed is None:
        return
    choice, consent = agreed
    online_view.offer(
        "Compare them",
        keys.START_PICTURES,
        choice,
        lambda: submit_pictures(
            session.queue(),
            choice,
            pictures_in.read(mine),
            pictures_in.read(reference),
            attack,
            consent=consent,
            owner=session.owner(),
        ),
    )


def _warn(found: Sequence[str]) -> None:
    if found:
        st.warning(
            f"The two collections are of different kinds. {' '.join(found)} Such a difference "
            "alone can make yours stand out, or hide that they do. Best compare like with like.",
            icon=":material/compare:",
        )


def _model() -> choose_model.Chosen | None:
    st.caption(choose_model.WHICH)
    model = choose_model.choose(_PURPOSE)
    if model is None or Capability.IMAGE_FEATURES in model.gives:
        return model
    st.error(
        "This model gives no description of a picture as numbers, which this question needs. "
        "Choose another.",
        icon=":material/error:",
    )
    return None


def _collections() -> tuple[list[Any], list[Any]]:
    st.header("2. Your pictures", anchor=False)
    st.caption(f"Those that are online. At least {LEAST_MINE}; 50 and more tell more.")
    mine = pictures_in.upload("Your pictures", keys.UPLOAD_MINE)
    st.header("3. The reference: pictures to compare with", anchor=False)
    st.markdown(
        "The same kind of pictures, **which the model cannot have seen**: yours, never published, "
        "from the same camera, of the same size and things; for drawings, others in the same "
        "style, saved in the same way. Without them nobody can tell what is usual."
    )
    st.caption(f"At least {LEAST_REFERENCE}.")
    return mine, pictures_in.upload("Pictures to compare with", keys.UPLOAD_REFERENCE)


def _agreed(choice: Choice, pictures: int) -> tuple[Choice, Consent] | None:
    """Ask for consent where pictures are sent; None until it is given."""
    host = agree.host(choice)
    if host is None:
        return choice, Consent()
    st.header("4. What is sent", anchor=False)
    things = pictures_sent(pictures)
    said = f"{things:,} pictures, ten views of each of yours, will be sent to {host}."
    agreed = agree.to_sending(choice, things, said)
    return None if agreed is None else (agreed, Consent(host=host))


def _sample() -> None:
    with st.container(border=True):
        st.markdown("**Try it first.** A small model, and pictures that come with Telltale.")
        with st.container(horizontal=True):
            for members, label in ((True, "Pictures it learned from"), (False, "Others like them")):
                if st.button(
                    label, key=f"{keys.SAMPLE_PICTURES}.{members}", icon=":material/play_arrow:"
                ):
                    online_view.start(
                        lambda members=members: submit_sample_pictures(
                            session.queue(), members=members, owner=session.owner()
                        )
                    )


def _attack() -> str | None:
    try:
        cards = shipped_attacks()
    except TelltaleError as error:
        st.error(phrases.plain(str(error)), icon=":material/error:")
        return None
    with st.expander("Ask a trained attack as well (not needed)"):
        st.markdown(
            "An attack is a small network that learned on another model, whose training pictures "
            "are known, what such pictures look like. It helps only where your model is alike."
        )
        return st.selectbox(
            "Attack",
            list(cards),
            index=None,
            format_func=lambda name: cards[name].title,
            placeholder="None",
            key=keys.ATTACK,
        )
