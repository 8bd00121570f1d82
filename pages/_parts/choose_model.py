"""Choosing the model: a demo model, one on this computer, or one behind an address."""

from dataclasses import dataclass, replace

import streamlit as st

from auditcore.database import LOCAL_OWNER
from auditcore.errors import ModelError, TelltaleError
from auditcore.jobs.catalogue import Catalogue, read_catalogue
from auditcore.jobs.meeting import score_for
from auditcore.jobs.orders import Choice
from auditcore.kit import Kit
from auditcore.models import Capability, ModelEntry, Running
from auditcore.models.forms import LOCAL_FORMS
from auditcore.models.pointing import spec_for
from auditcore.models.running import DEVICE_TITLES, PRECISION_TITLES, RUNTIME_TITLES
from pages._parts import connection, hosted_form, keys, model_words, phrases, session

_DEMO, _HERE, _ADDRESS = "demo", "here", "address"


@dataclass(frozen=True)
class Purpose:
    """What a page wants a model for.

    Attributes:
        name: tells this page's choice apart from another page's; "" for Check a model.
        demos: the demo models that make sense here.
        shows: what they are.
        sends: what goes to a model behind an address.
        dated: whether it matters when the model was published.
    """

    name: str
    demos: tuple[str, ...]
    shows: str
    sends: str
    dated: bool

    def key(self, widget: str) -> str:
        """Return the key of a widget whose choice must not be another page's."""
        return f"{widget}.{self.name}" if self.name else widget


AUDIT = Purpose(
    name="",
    demos=("demo:with", "demo:without"),
    shows="Two small models made for Telltale. One learned from the sample photos, one never saw "
    "them.",
    sends="Small copies of your photos are sent.",
    dated=True,
)


def _doors(purpose: Purpose) -> dict[str, tuple[str, str]]:
    return {
        _DEMO: ("One of the demo models", purpose.shows),
        _HERE: (
            "A model on this computer",
            "A file or folder you have, or a well-known model that Telltale fetches by its name. "
            "Your photos do not leave this computer.",
        ),
        _ADDRESS: (
            "A model behind an address",
            f"Somebody else runs it, or a server of yours does. {purpose.sends}",
        ),
    }


_LIST, _FILE = "From the list", "A file or folder of mine"


@dataclass(frozen=True)
class Chosen:
    """A model that a person settled on, and what is known of it.

    Attributes:
        choice: goes into the order.
        name: what to call it.
        gives: the questions it answers.
        labels: its classes, as far as known.
    """

    choice: Choice
    name: str
    gives: frozenset[Capability]
    labels: tuple[str, ...] = ()


WHICH = (
    "ChatGPT, Midjourney and other closed services cannot be asked in this way. Open models can: "
    "on this computer, take one of the list. Many learned from pictures of the web, such as those "
    "called ViT-B-32 with “laion” in their name."
)
"""Which models people who have never chosen one can take."""


def choose(purpose: Purpose = AUDIT) -> Chosen | None:
    """Choose a model; None until it is clear which, and what it gives."""
    known = read_catalogue()
    if known is None:
        _await_catalogue()
        return None
    doors = _doors(purpose)
    door = st.radio(
        "Where is the model?",
        list(doors),
        format_func=lambda name: doors[name][0],
        captions=[text for _title, text in doors.values()],
        key=purpose.key(keys.DOOR),
        persist_state="session",
        label_visibility="collapsed",
    )
    if door == _DEMO:
        return _demo(known, purpose)
    choice = _on_this_computer(known) if door == _HERE else hosted_form.fill_in()
    return None if choice is None else _met(choice, known, purpose)


@st.fragment(run_every=1.0)
def _await_catalogue() -> None:
    if read_catalogue() is not None:
        st.rerun()
    st.caption("Looking which models there are. This takes a few seconds after the start.")


def _demo(known: Catalogue, purpose: Purpose) -> Chosen | None:
    here = {entry.spec: entry for entry in known.models if entry.on_this_machine}
    entries = {spec: here[spec] for spec in purpose.demos if spec in here}
    if not entries:
        st.error("The demo models are not in this copy of Telltale.", icon=":material/error:")
        return None
    spec = st.radio(
        "Demo model",
        list(entries),
        format_func=lambda name: entries[name].title,
        key=purpose.key(keys.DEMO_MODEL),
        persist_state="session",
        label_visibility="collapsed",
    )
    return Chosen(Choice(spec), entries[spec].title, entries[spec].gives)


def _on_this_computer(known: Catalogue) -> Choice | None:
    source = _LIST
    if session.owner() == LOCAL_OWNER:
        source = st.segmented_control(
            "Which one?",
            [_LIST, _FILE],
            default=_LIST,
            required=True,
            key=keys.SOURCE,
            persist_state="session",
            label_visibility="collapsed",
        )
    spec = _pointed_at() if source == _FILE else _listed(known)
    return None if spec is None else Choice(spec, running=_running(known.devices))


def _listed(known: Catalogue) -> str | None:
    entries = {entry.spec: entry for entry in known.models if not entry.spec.startswith("demo:")}
    if session.owner() != LOCAL_OWNER:  # who fills the disk of a shared machine is its owner
        entries = {spec: entry for spec, entry in entries.items() if entry.on_this_machine}
    spec = st.selectbox(
        f"One of {len(entries):,} models, those on this computer first",
        list(entries),
        index=None,
        format_func=lambda name: _line(entries[name]),
        placeholder="Type part of a name to search, such as ViT-B-32 or resnet",
        key=keys.LISTED_MODEL,
        persist_state="session",
    )
    if spec is None:
        return None
    entry = entries[spec]
    st.caption(f"{model_words.gives(entry.gives)} {_place(entry)}")
    return spec


def _line(entry: ModelEntry) -> str:
    size = f", {phrases.size(entry.size_bytes)}" if entry.size_bytes else ""
    return f"{entry.title} (on this computer{size})" if entry.on_this_machine else entry.title


def _place(entry: ModelEntry) -> str:
    if entry.on_this_machine:
        return "It is on this computer."
    size = f" ({phrases.size(entry.size_bytes)})" if entry.size_bytes else ""
    return (
        f"It is not on this computer yet: trying it fetches it{size} from huggingface.co first, "
        "once. Nothing about your photos is sent there."
    )


def _pointed_at() -> str | None:
    path = st.text_input(
        "Where it is on this computer",
        placeholder="/home/ada/models/my-model",
        key=keys.MODEL_PATH,
        persist_state="session",
    )
    with st.expander("What can be opened"):
        st.markdown(
            "\n".join(f"- {_sentence(form.says)}" for form in LOCAL_FORMS if form.on_disk)
            + "\n\nFiles that can run a program when they are opened (pickles: .pt, .pth, .bin, "
            ".ckpt) are refused. Convert them to safetensors where they were made."
        )
    if not path.strip():
        return None
    try:
        spec = spec_for(path)
    except ModelError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.caption(f"Found: `{spec}`")
    return spec


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _running(devices: tuple[str, ...]) -> Running:
    with st.expander("How it is calculated (chosen for you)"):
        st.caption(
            "The fastest processor is taken, the program that is fastest on it, and shorter "
            "numbers only where a measurement shows that they are faster and put pictures in the "
            "same order. It is measured once for each model. Change it if memory runs out."
        )
        left, middle, right = st.columns(3)
        device = left.selectbox(
            "Processor",
            devices,
            index=None,
            format_func=DEVICE_TITLES.__getitem__,
            placeholder=f"The fastest: {DEVICE_TITLES[devices[0]]}",
            key=keys.DEVICE,
        )
        precision = middle.selectbox(
            "Length of the numbers",
            list(PRECISION_TITLES),
            index=None,
            format_func=PRECISION_TITLES.__getitem__,
            placeholder="Measured once",
            key=keys.PRECISION,
        )
        runtime = right.selectbox(
            "Program",
            list(RUNTIME_TITLES),
            index=None,
            format_func=RUNTIME_TITLES.__getitem__,
            placeholder="Measured once",
            key=keys.RUNTIME,
        )
    return Running(device, precision, runtime)


def _met(choice: Choice, known: Catalogue, purpose: Purpose) -> Chosen | None:
    here = {entry.spec for entry in known.models if entry.on_this_machine}
    listed = {entry.spec for entry in known.models}
    fetch = choice.spec in listed - here
    found = connection.test(choice, fetch=fetch)
    if found is None:
        return None
    if choice.hosted and purpose.dated:
        choice = replace(choice, released=hosted_form.released())
    return Chosen(choice, found.name, frozenset(found.gives), found.labels)


def explain(kit: Kit, claim: str, chosen: Chosen) -> bool:
    """Say how the model will be asked about a kit, and why so; False, with the reason, if not."""
    try:
        score = score_for(kit, claim, chosen.name, chosen.gives, chosen.labels)
    except TelltaleError as error:
        st.error(phrases.plain(str(error)), icon=":material/error:")
        return False
    st.markdown(f"**How it is asked.** {model_words.asked(score, chosen.gives)}")
    return True
