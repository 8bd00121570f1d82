"""The second door of Already online: does this model put the right name to a face?"""

import streamlit as st

from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import (
    KEPT_HOURS,
    MAX_PEOPLE,
    OR_LATER,
    Consent,
    Portrayed,
    problem_with,
    submit_faces,
)
from auditcore.jobs.passive_samples import submit_sample_face
from auditcore.models import Capability
from auditcore.passive.idia.answers import sending
from auditcore.passive.idia.rule import MIN_PHOTOS
from auditcore.passive.idia.words import CONSENT, GOOD_PHOTOS, sending_words
from pages._parts import agree, choose_model, keys, online_view, phrases, pictures_in, session

_PURPOSE = choose_model.Purpose(
    name="face",
    demos=("demo:people",),
    shows="A small model made for Telltale, of drawn people. It knows nobody real.",
    sends="Photos **and names** are sent.",
    dated=False,
)


def set_up() -> None:
    """Ask for consent first, then for the model, names and photos, and ask the model."""
    _sample()
    st.header("1. Whose face is it?", anchor=False)
    if not _agreed():
        return
    st.header("2. The model", anchor=False)
    st.caption(choose_model.WHICH)
    model = choose_model.choose(_PURPOSE)
    if model is not None and not _can_be_asked(model):
        model = None
    st.header("3. Names and photos", anchor=False)
    people = _people()
    problem = problem_with([Portrayed(name, photos) for name, photos in people])
    if problem is None and any(len(photos) < MIN_PHOTOS for _name, photos in people):
        problem = f"At least {MIN_PHOTOS} photos of each person are needed to say anything."
    if model is None or problem is not None:
        missing = "Choose a model first." if problem is None else problem
        st.caption(phrases.plain(missing))
        return
    choice, consent = model.choice, Consent(people=True)
    host = agree.host(choice)
    if host is not None:
        st.header("4. What is sent", anchor=False)
        agreed = _agreed_to_sending(choice, host, people)
        if agreed is None:
            return
        choice, consent = agreed, Consent(people=True, host=host)
    online_view.offer(
        "Ask the model",
        keys.START_FACES,
        choice,
        lambda: submit_faces(
            session.queue(),
            choice,
            [Portrayed(name, pictures_in.read(photos)) for name, photos in people],
            consent=consent,
            owner=session.owner(),
        ),
    )


def _sample() -> None:
    with st.container(border=True):
        st.markdown(
            "**Try it first.** With people who were drawn by a program: nobody real is shown."
        )
        with st.container(horizontal=True):
            for key, label, member, photos in (
                ("member", "Somebody it learned", True, None),
                ("other", "Somebody it never saw", False, None),
                ("few", "One photo only", True, 1),
            ):
                if st.button(label, key=f"{keys.SAMPLE_FACES}.{key}", icon=":material/play_arrow:"):
                    online_view.start(
                        lambda member=member, photos=photos: submit_sample_face(
                            session.queue(), member=member, photos=photos, owner=session.owner()
                        )
                    )


def _agreed() -> bool:
    st.markdown(
        f"- **Whose.** {CONSENT}\n"
        "- **Where it goes.** To the model that you choose below. One on this computer is asked "
        "here: neither photo nor name leaves it.\n"
        f"- **Afterwards.** A button deletes everything. Without it, everything is deleted "
        f"{KEPT_HOURS} hours after the end, {OR_LATER}."
    )
    return st.checkbox(
        "It is my face or my child's, or everybody shown has agreed to this.",
        key=f"{keys.CONSENT}.{st.session_state[keys.ONLINE_ROUND]}",
    )


def _can_be_asked(model: choose_model.Chosen) -> bool:
    if {Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES} <= model.gives:
        return True
    st.error(
        "This model does not describe pictures and texts by numbers that can be compared, which "
        "this question needs. Choose a model of the kind called CLIP.",
        icon=":material/error:",
    )
    return False


def _people() -> list[tuple[str, list[object]]]:
    st.caption(
        f"{GOOD_PHOTOS} to 30 photos of each person, best from different days; below {MIN_PHOTOS} "
        "there is nothing to say. One face in each. One name, settled before you ask: each further "
        "name that you try makes a mistake likelier."
    )
    round_, count = st.session_state[keys.ONLINE_ROUND], st.session_state[keys.ONLINE_PEOPLE]
    people = []
    for number in range(count):
        with st.container(border=True):
            name = st.text_input(
                "Name, as it stands beside the photos online",
                key=f"{keys.PERSON_NAME}.{round_}.{number}",
                autocomplete="off",
                live=True,
            )
            photos = pictures_in.upload("Photos", f"{keys.PERSON_PHOTOS}.{number}")
        people.append((name or "", photos))
    if count < MAX_PEOPLE and st.button(
        "One more person", key=keys.MORE_PEOPLE, icon=":material/person_add:"
    ):
        st.session_state[keys.ONLINE_PEOPLE] += 1
        st.rerun()
    return people


def _agreed_to_sending(
    choice: Choice, host: str, people: list[tuple[str, list[object]]]
) -> Choice | None:
    photos = sum(len(given) for _name, given in people)
    sent = sending(photos, len(people))
    things = sent.photos + sent.texts_with_names + sent.texts_with_decoys
    return agree.to_sending(choice, things, sending_words(host, sent))
