"""How it works: the idea, the guarantee and its limits, for people and for those who want more."""

import streamlit as st

from pages._parts import session

session.enter(__file__)
st.title("How it works")
st.html(
    "<p class='tt-lead'>A fair lottery, held before you publish. That is why the chance of a false "
    "alarm is known, whatever the model is and whoever made it.</p>"
)

st.header("The lottery", anchor=False)
st.markdown(
    "When you protect a photo, Telltale makes many versions of it (1,000 unless you choose "
    "otherwise). Each carries its own soft pattern of light and colour, too faint to bother "
    "anybody. One version is drawn at random and becomes the photo you publish. The rest are never "
    "shown to anyone: they stay in your kit, which is sealed at that moment.\n\n"
    "Later the model is asked how familiar each version looks to it. If it never saw your photo, "
    "your published version is just one of a thousand, and comes out on top no more often than any "
    "other. If it did learn from your photo, the published version keeps beating the hidden ones."
)

st.header("Why a false alarm is rare, however long you watch", anchor=False)
st.markdown(
    "Take an accepted false alarm of 1 in 40, and 1,000 versions. If the model never saw the "
    "photo, the published version has a small chance, about 1 in 80, of truly being among the very "
    "top. After every answer that chance is worked out anew. The photo is called used once the "
    "chance has grown 40-fold, to about one half. Without use this happens in at most 1 of 40 "
    "audits, and looking at the plot along the way, or stopping early, changes nothing about it."
)
with st.container(border=True):
    st.markdown(
        "**One statement an audit.** Twenty photos looked at one by one, each at 1 in 20, would "
        "accuse an innocent model in 64 of 100 audits. So every audit makes one statement, chosen "
        "before it begins: about one named photo, about all photos together, or about each photo "
        "with a chance of false alarm that covers all of them at once."
    )
    st.markdown(
        "**Every attempt counts.** Asking again until the answer pleases would be cheating. "
        "Telltale counts the attempts of a kit on a model: the first is held to half the chance "
        "you accept, the second to a quarter, and so on. All together they stay below it."
    )

st.header("What an answer means", anchor=False)
left, right = st.columns(2)
with left.container(border=True, height="stretch"):
    st.subheader("“Used”", anchor=False)
    st.markdown(
        "The model favours what you published over versions that nobody ever saw. That happens by "
        "accident at most as often as the chance you chose. It does not say who collected the "
        "photo, nor whether that was allowed."
    )
with right.container(border=True, height="stretch"):
    st.subheader("“Not shown”", anchor=False)
    st.markdown(
        "The evidence did not reach the bar. **This is never “not used”.** The model may have seen "
        "your photo once among a billion others and kept too faint a trace of it."
    )

st.header("Two grades of evidence", anchor=False)
st.markdown(
    "**Guaranteed**: the photos were marked before they were published, and the arithmetic alone "
    "bounds false alarms. *Check a model* gives this grade and no other.\n\n"
    "**Indication**: all that can be had for photos that were never marked. *Already online* gives "
    "it, in another colour, and never mixes the two. A model is asked whether it treats your "
    "pictures more like its training pictures than a reference that it cannot know "
    "([EncoderMI](https://arxiv.org/abs/2108.11023)), or which of 1,000 names it puts to a face "
    "([IDIA](https://arxiv.org/abs/2209.07341)). Nobody can say how often such an answer is wrong: "
    "nothing about the photos was drawn at random before they were published, so a model that "
    "merely knows others like them may answer the same."
)

st.header("What it cannot do", anchor=False)
st.markdown(
    "- For photos that are already published without a mark it finds an indication at most.\n"
    "- It cannot see inside a company. You need a model that answers questions about pictures.\n"
    "- A model trained before you protected your photos cannot have used them.\n"
    "- Someone who knows of such audits can try to defeat them, by hiding the use or by faking "
    "it; 17 ways to hide and 5 ways to fake have been studied.\n"
    "- Whoever has your kit knows which version is published. Keep the kit secret. If you lose it, "
    "it cannot be made again, and the photos cannot be checked any more."
)

st.header("Your photos stay yours", anchor=False)
st.markdown(
    "The app runs on this machine and listens to nobody else. It reports nothing about its use. "
    "Location, camera and other hidden data are removed from every photo you publish. A local "
    "model sees the versions on this machine only. A model behind an address is sent small copies "
    "of the photos and hidden versions it is asked about, with their captions if those are part of "
    "the question. You are told so, and how many, before anything is sent."
)

st.header("Try it yourself", anchor=False)
st.markdown(
    "*Understand* lets you play with each of these ideas, one at a time. In *the Lab* you train a "
    "small model on photos of yours, and its twin without them, and see which one is found."
)
with st.container(horizontal=True):
    st.page_link("pages/understand.py", label="Understand it", icon=":material/school:")
    st.page_link("pages/lab.py", label="Open the Lab", icon=":material/science:")

with st.expander("For those who want the mathematics"):
    st.markdown(
        "The published index is uniform on the $n$ versions and independent of everything else. "
        "Let $K_t$ be how many of the first $t$ hidden versions, drawn without replacement in an "
        "order fixed by the kit, score above the published one (ties broken by committed random "
        "priorities). If the model does not depend on the draw,"
    )
    st.latex(r"P(\text{next one beats}\mid\text{past}) = \frac{K_t+1}{t+2}.")
    st.markdown("The default test follows the martingale")
    st.latex(
        r"M_t=\frac{n}{r}\,P\big[\mathrm{Hypergeom}(n,\,r,\,t+1)\ge K_t+1\big],\qquad "
        r"r=\max(1,\mathrm{round}(np/2)),"
    )
    st.markdown(
        "which starts at 1 and, by Ville's inequality, reaches $1/p$ with probability at most "
        "$p$. Photos together: the product of an e-value a photo, each a mixture over alternatives "
        "and over the share of photos really used. Each photo with one bound for all: closed "
        "testing.\n\n"
        "Marking and auditing follow Huang, Gong and Reiter, "
        "[arXiv 2503.22413](https://arxiv.org/abs/2503.22413). Why only randomised marks give a "
        "bound: Zhang, Das, Kamath and Tramèr, "
        "[arXiv 2409.19798](https://arxiv.org/abs/2409.19798). Ways to defeat such audits: "
        "[arXiv 2507.05622](https://arxiv.org/abs/2507.05622)."
    )
