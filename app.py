"""The app: page set-up and navigation, nothing else. Run with `streamlit run app.py`."""

import streamlit as st

from pages._parts import admission, design, session

st.set_page_config(
    page_title="Telltale: was my photo used to train this model?",
    page_icon=str(design.ICON),
    layout="centered",
)
design.apply()
session.prepare()
page = st.navigation(
    {
        "": [
            st.Page("pages/start.py", title="Start", default=True),
            st.Page("pages/protect.py", title="Protect"),
            st.Page("pages/check.py", title="Check a model"),
            st.Page("pages/already_online.py", title="Already online"),
            st.Page("pages/results.py", title="Results"),
        ],
        "Learn": [
            st.Page("pages/how_it_works.py", title="How it works"),
            st.Page("pages/lab.py", title="The Lab"),
            st.Page("pages/understand.py", title="Understand"),
            st.Page("pages/present.py", title="Present"),
        ],
    },
    position="top",
)
session.send_on()
admission.offer_way_out()
page.run()
