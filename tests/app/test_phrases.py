"""What comes from outside is shown as it is: a provider puts no link, picture or icon on a page."""

import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from streamlit.testing.v1 import AppTest

from auditcore.jobs.meeting import Met
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.queue import Queue
from auditcore.models import Capability
from pages._parts import model_words, phrases
from tests.app.planted import planted

HOSTILE = (
    "![](https://evil.example/s.png) [Sign in again](https://evil.example)",
    "www.evil.example",
    "WWW.evil.example",
    "a@b.example",
    "https://evil.example/x",
    "see http://evil.example",
    "&#x77;ww.evil.example",
    "a&#64;b.example",
    "<https://evil.example>",
    ":material/verified: :smile: :red[x]",
    "x\n\n1. y\n---",
    "1. x",
    "- x",
    "$x^2$ ~~x~~ `x` <b>x</b>",
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BARE = re.compile(r"(?<!\\)(?:\\\\)*[`*_{}\[\]()#+!|$~<>:&]")
_FOUND_LATER = (  # once the escapes are read (mdast-util-gfm-autolink-literal, Streamlit)
    re.compile(r"(https?://|www(?=\.))([-.\w]+)", re.IGNORECASE),
    re.compile(r"[-.\w+]+@[-\w]+(\.[-\w]+)+"),
    re.compile(r":(material/)?\w+:"),
)


def is_plain(text: str) -> bool:
    """Whether Markdown as GitHub and Streamlit know it shows a text as it is, in one paragraph."""
    if _BARE.search(text) or "\n" in text or re.match(r"([-=]|\d+\.)", text):
        return False
    return not any(form.search(_ESCAPE.sub(r"\1", text)) for form in _FOUND_LATER)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_outside_is_markdown(text: str) -> None:
    assert not is_plain(text)
    told = phrases.plain(text)
    assert is_plain(told)
    assert _ESCAPE.sub(r"\1", told).replace("\u2060", "") == " ".join(text.split())


@pytest.mark.parametrize("text", ["Demo model, with", "Looking at 3 photos. Wait.", "16 by 16"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert phrases.plain(text) == text


def test_what_a_provider_says_of_its_model_is_shown_as_it_is() -> None:
    met = Met(
        name=HOSTILE[1],
        hosted=True,
        gives=(Capability.LABELS,),
        labels=(HOSTILE[0], "y" * 1_000_000),
        input_size=16,
        details={HOSTILE[4]: HOSTILE[0], "server": "x" * 5000},
        released=None,
        seconds_per_image=0.1,
    )
    facts = model_words.facts(met)
    assert "evil.example" in facts["Name"]
    assert all(is_plain(text) for pair in facts.items() for text in pair)
    assert max(len(text) for text in facts.values()) < 700


def test_the_list_of_results_shows_an_address_as_it_is(visit: Callable[..., AppTest]) -> None:
    spec = f"hf:https://models.example.org/m;task={HOSTILE[0]}"
    submit_audit(Queue(), Order(SAMPLE_KIT, Choice(spec), "collection", None))
    app = visit("results")
    (label,) = [n.proto.label for n in app.get("page_link") if "models" in n.proto.label]
    assert is_plain(label)


def test_the_figures_of_a_verdict_show_the_model_as_it_is(
    visit: Callable[..., AppTest], work: Callable[[], None]
) -> None:
    order = Order(SAMPLE_KIT, Choice("demo:with"), "collection", Fraction(1, 20))
    with planted(0.9):
        job = submit_audit(Queue(), order)
        work()
    app = visit("results", audit=Queue().status(job).result["audit"])
    (facts,) = (t.value for t in app.table if "Started" in t.value.to_string())
    shown = facts.to_string()
    assert "demo" in shown
    assert "demo:with" not in shown, "phrases.plain was not asked"
