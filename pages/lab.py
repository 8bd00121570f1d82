"""The Lab: train a model on photos, and a twin without them; ask both; try to make one forget."""

import streamlit as st

from pages._parts import keys, lab_list, lab_setup, lab_view, session

session.enter(__file__)
st.title("The Lab")

if keys.EXPERIMENT in st.query_params:
    lab_view.open_address(st.query_params[keys.EXPERIMENT])
else:
    lab_view.say_deleted()
    lab_setup.show()
    lab_list.show()
