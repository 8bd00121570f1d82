"""What a model gives and how it is asked, in words for people who never met one."""

from collections.abc import Iterable, Mapping
from typing import Any

from auditcore.jobs.meeting import Met
from auditcore.models import Capability
from auditcore.models.running import PRECISION_TITLES, RUNTIME_TITLES
from pages._parts import phrases

_GIVES = {
    Capability.IMAGE_FEATURES: "describes a picture by a list of numbers (its features)",
    Capability.TEXT_FEATURES: "describes a text by such a list too",
    Capability.PROBABILITIES: "says what is in a picture and how sure it is",
    Capability.LABELS: "says what is in a picture",
    Capability.CAPTION_LOSS: "says how well a caption fits a picture, word by word",
    Capability.CHOICE: "chooses which of several texts fits a picture",
}
_ASKED = {
    "caption-loss": (
        "This model can say captions, and your photos have captions: it is asked how easily it "
        "says each picture's own caption. A caption that it learned comes easier."
    ),
    "caption-cosine": (
        "This model answers with features of pictures and texts, and your photos have captions: it "
        "is asked how near it puts each picture to its caption."
    ),
    "caption-choice": (
        "This model chooses among texts, and your photos have captions: it is asked how sure it is "
        "of each picture's own caption among other texts."
    ),
    "modified-entropy": (
        "This model names what is in a picture and how sure it is, and it knows the labels of your "
        "photos: it is asked how sure it is of each picture's true label."
    ),
    "negative-entropy": (
        "This model names what is in a picture and how sure it is. Your photos have no label that "
        "it knows, so it is asked how sure it is of its answer, whatever the answer is."
    ),
    "label-histogram": (
        "This model names what is in a picture and nothing else, and it knows the labels of your "
        "photos: it is asked how often it names the true label when it sees parts of the picture."
    ),
    "label-histogram-unknown": (
        "This model names what is in a picture and nothing else. Your photos have no label that it "
        "knows, so it is asked how often it names the same thing when it sees parts of the "
        "picture. That is the faintest of all traces: expect many questions."
    ),
    "view-similarity": (
        "This model answers with features of pictures, and {lacks}: it is asked how alike it finds "
        "different parts of each picture. Parts of a picture that it learned look more alike to it."
    ),
}
_LONGEST = 300
_NO_TEXTS = "it understands no texts"
_NO_CAPTIONS = "not all of the photos asked about have a caption"
_DETAILS = {
    "preprocessing": "How a picture is prepared",
    "parameters": "Numbers in the network",
    "device": "Runs on",
    "precision": "Calculates with",
    "engine": "Calculated by",
    "call size": "Pictures calculated together",
}
_TITLES: Mapping[str, Mapping[str, str]] = {
    "precision": PRECISION_TITLES,
    "engine": RUNTIME_TITLES,
}


def gives(capabilities: Iterable[Capability]) -> str:
    """Say in one sentence what a model answers."""
    said = [words for capability, words in _GIVES.items() if capability in set(capabilities)]
    if Capability.PROBABILITIES in set(capabilities):
        said = [words for words in said if words != _GIVES[Capability.LABELS]]
    return f"It {phrases.listed(said)}." if said else ""


def asked(score: str, capabilities: Iterable[Capability]) -> str:
    """Say how a model is asked with a score, and why with that one."""
    texts = Capability.TEXT_FEATURES in set(capabilities)
    return _ASKED[score].format(lacks=_NO_CAPTIONS if texts else _NO_TEXTS)


def facts(met: Met) -> Mapping[str, Any]:
    """Return what a test found, under short names, ready for Markdown: a provider words some."""
    pace = 1 / met.seconds_per_image if met.seconds_per_image else 0
    speed = f"{pace:,.0f} pictures a second" if pace >= 2 else _slow(met.seconds_per_image)
    named = ", ".join(met.labels[:4]) + (", ..." if len(met.labels) > 4 else "")
    found = {
        "Name": met.name,
        "What it does": gives(met.gives),
        "Things it can name": f"{len(met.labels):,}: {named}" if met.labels else "",
        "Looks at": f"pictures of {met.input_size} by {met.input_size} pixels",
        "Speed": speed,
        "Memory": phrases.size(met.memory_bytes) if met.memory_bytes else "",
        "Published": met.released or "",
    }
    for name, text in met.details.items():
        shown = _TITLES.get(name, {}).get(text, text)
        found[_DETAILS.get(name, name.capitalize())] = shown
    return {phrases.plain(name): _shown(text) for name, text in found.items() if text}


def _shown(text: str) -> str:
    return phrases.plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ...")


def _slow(seconds: float) -> str:
    return f"{seconds:.1f} seconds a picture"
