"""Already online: what a model can still be asked about photos that nobody marked."""

import streamlit as st

from pages._parts import indication, keys, my_face, my_pictures, online_view, session

session.enter(__file__)
st.title("Already online")

_DOORS = {
    "pictures": ("My pictures", "Does a model treat my pictures like those it learned from?"),
    "face": ("My face and name", "Does a model put the right name to my face?"),
}


def set_up() -> None:
    """Say what can be had here, and open one of the two doors."""
    st.html(
        "<p class='tt-lead'>Your photos are online already, without a mark? A model can still be "
        "asked about them. What comes out is a hint, not more.</p>"
    )
    indication.grade()
    door = st.radio(
        "What do you want to ask about?",
        list(_DOORS),
        format_func=lambda name: _DOORS[name][0],
        captions=[text for _title, text in _DOORS.values()],
        index=list(_DOORS).index(st.session_state[keys.ONLINE_LAST_DOOR]),
        horizontal=True,
        key=keys.ONLINE_DOOR,
    )
    st.session_state[keys.ONLINE_LAST_DOOR] = door
    if door == "pictures":
        my_pictures.set_up()
    else:
        my_face.set_up()


if keys.JOB in st.query_params:
    online_view.come_back(st.query_params[keys.JOB])
else:
    online_view.say_deleted()
    set_up()
