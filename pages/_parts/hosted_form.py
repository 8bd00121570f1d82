"""A model behind an address: what to type, checked as it is typed, and what it may cost."""

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auditcore.database import LOCAL_OWNER
from auditcore.jobs.orders import Choice
from auditcore.jobs.spending import ceiling
from auditcore.models import HOSTED, Budget
from auditcore.models.access import private_allowed
from auditcore.models.hosted.spec import adapter_of, check_spec, host_of, parse_spec
from pages._parts import key_in, keys, phrases, session


@dataclass(frozen=True)
class _Words:
    """How a protocol is called where nobody knows protocols, with an example."""

    title: str
    about: str
    address: str
    model: str


_KINDS = {
    "openai": _Words(
        "A service that turns pictures into numbers",
        "Called “embeddings”. Jina, Infinity, vLLM and others offer it, at an address such as "
        "`https://api.jina.ai/v1`",
        "https://api.jina.ai/v1",
        "jina-clip-v2",
    ),
    "hf": _Words(
        "A model at Hugging Face that names what is in a picture",
        "By its name there, such as `google/vit-base-patch16-224`, or the address of an endpoint "
        "that was set up for you.",
        "google/vit-base-patch16-224",
        "",
    ),
    "oip": _Words(
        "A model server of a company, a laboratory or a class",
        "Triton, KServe or MLServer, at an address such as `https://models.example.org`. Whoever "
        "runs it knows it.",
        "https://models.example.org",
        "resnet50",
    ),
}
_SETTINGS = {
    "size": "Side of a picture in pixels",
    "batch": "Pictures in one request",
    "form": "Dialect of the service",
    "scale": "Numbers that stand for colours",
    "input": "Name of the input for pictures",
    "output": "What to read from the answer",
    "task": "What it was made for",
}


def fill_in() -> Choice | None:
    """Ask for address and key; None until the address can be called."""
    protocol = st.radio(
        "What kind of address is it?",
        list(HOSTED),
        format_func=lambda name: _words(name).title,
        captions=[_words(name).about for name in HOSTED],
        key=keys.PROTOCOL,
        persist_state="session",
    )
    spec = _spec(protocol)
    if spec is None:
        return None
    private = session.owner() == LOCAL_OWNER and private_allowed()
    problem = check_spec(spec, private)
    if problem is not None:
        told = problem.replace(f"After {protocol}: comes", "Type")  # nobody types that part here
        st.error(phrases.plain(told), icon=":material/error:")
        return None
    host = host_of(parse_spec(spec))
    key_in.field(host)
    return Choice(spec, keyed=key_in.has_key(host))


def released() -> str | None:
    """Ask when the model was published; return the day (ISO date), None if unknown."""
    day = st.date_input(
        "When was the model published, if you know?",
        value=None,
        key=keys.RELEASED,
        persist_state="session",
        help="A model that is older than your kit cannot have used its photos.",
    )
    return day.isoformat() if day else None


def _words(protocol: str) -> _Words:
    title = adapter_of(protocol).title
    return _KINDS.get(protocol, _Words(title, "", "https://api.example.org", "my-model"))


def _spec(protocol: str) -> str | None:
    """Put the spec together from its fields; None while a field that must be filled is empty."""
    adapter, words = adapter_of(protocol), _words(protocol)
    left, right = st.columns([3, 2])
    typed = left.text_input(
        "Address",
        placeholder=f"Such as {words.address}",
        key=keys.ADDRESS,
        live=True,
        persist_state="session",
    ).strip()
    model = ""
    if adapter.needs_model:
        model = right.text_input(
            "Name of the model there",
            placeholder=f"Such as {words.model}",
            key=keys.MODEL_NAME,
            live=True,
            persist_state="session",
        ).strip()
    settings = _settings(protocol)
    if not typed:
        return None
    if adapter.needs_model and not model:
        st.caption("Now the name of the model, as the provider writes it.")
        return None
    if protocol != "hf" and "://" not in typed:
        st.error(
            f"An address begins with https://, such as {words.address}.", icon=":material/error:"
        )
        return None
    return f"{protocol}:{typed}{'#' if model else ''}{model}{settings}"


def _settings(protocol: str) -> str:
    """Offer what most people need not touch; return it as a spec has it."""
    said = ""
    with st.expander("Settings, for when the test says that one is needed"):
        known = {"size": (), "batch": (), **adapter_of(protocol).settings}
        for name, allowed in known.items():
            label, key = _SETTINGS.get(name, name), f"{keys.SETTING}.{protocol}.{name}"
            if allowed:
                value = st.selectbox(
                    label,
                    allowed,
                    index=None,
                    placeholder="Found out",
                    key=key,
                    persist_state="session",
                )
            else:
                value = st.text_input(
                    label, placeholder="Found out", key=key, persist_state="session"
                ).strip()
            said += f";{name}={value}" if value else ""
    return said


def price(place: DeltaGenerator, label: str) -> Decimal | None:
    """Ask in a column what the provider asks for a thousand; None if that is not known."""
    typed = place.number_input(
        label,
        min_value=0.0,
        value=None,
        format="%.4f",
        key=keys.PRICE,
        persist_state="session",
        help="In your currency, from the provider's price list.",
    )
    return None if typed is None else Decimal(str(typed))


def pace(place: DeltaGenerator) -> int | None:
    """Ask in a column how many a minute the provider allows; None for no limit."""
    return place.number_input(
        "Pictures a minute that the provider allows",
        min_value=1,
        value=None,
        step=10,
        key=keys.PER_MINUTE,
        persist_state="session",
    )


def budget() -> Budget:
    """Ask for price, ceiling and pace."""
    st.markdown("**What may it cost?** Leave empty what you do not know or do not mind.")
    left, right = st.columns(2)
    exact = price(left, "Price of 1,000 pictures")
    money = right.number_input(
        "Spend at most",
        min_value=0.0,
        value=None,
        format="%.2f",
        key=keys.MOST_MONEY,
        persist_state="session",
        disabled=not exact,
        help="In the same currency. Needs the price.",
    )
    left, right = st.columns(2)  # a second row, so that a phone keeps the order
    pictures = left.number_input(
        "Send at most so many pictures",
        min_value=1,
        value=None,
        step=100,
        key=keys.MOST_PICTURES,
        persist_state="session",
    )
    per_minute = pace(right)
    most = ceiling(exact, None if money is None else Decimal(str(money)), pictures)
    if most is not None:
        st.caption(
            f"The check stops at {phrases.count(most, 'picture')}, test pictures included. "
            "Then you can raise that and go on; nothing is lost."
        )
    return Budget(exact, most, per_minute)
