"""Whatever a provider answers is an answer or a sentence: fuzzed, for every form of every protocol.

Answers are arbitrary JSON, and proper answers of which one piece is something else.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from auditcore.errors import Cancelled, ChangedAnswer, ModelError, TelltaleError
from auditcore.models import HOSTED
from auditcore.models.base import Capability
from auditcore.models.hosted import base, connect, reading
from auditcore.models.hosted.base import Picture, Question
from auditcore.models.hosted.reading import CLASSES_MOST, LABEL_MOST, WIDTH_MOST
from auditcore.models.hosted.spec import adapter_of, parse_spec
from tests.models.hosted.provider import FakeClock, Said, access, embeddings, pictures, provider

KINDS = ("features", "probabilities", "logits", "labels")
SPECS = {
    "openai": "openai:https://api.example.org#m",
    "hf": "hf:https://api.example.org/x",
    "oip": "oip:https://api.example.org#m",
}
TWO = tuple(map(Picture, pictures(2)))
METADATA = {
    "name": "m",
    "inputs": [
        {"name": "images", "datatype": "UINT8", "shape": [-1, 16, 16, 3]},
        {"name": "texts", "datatype": "BYTES", "shape": [-1], "parameters": {"content_type": "s"}},
    ],
    "outputs": [{"name": kind, "datatype": "FP32", "shape": [-1, -1]} for kind in KINDS],
    "parameters": {"gives": {"features": "features"}, "labels": ["a", "b"], "scale": "0-1"},
}
LISTING = {"data": [{"id": "m", "input_size": 32}]}

OPENAI_AND_HF = ("data", "index", "embedding", "id", "input_size", "label", "score", "m", "a")
OIP_KEYS = ("inputs", "outputs", "name", "shape", "datatype", "parameters", "gives", "content_type")
OIP_VALUES = ("labels", "scale", "size", "features", "logits", "UINT8", "FP32", "BYTES", "0-1", "1")
WORDS = st.sampled_from(OPENAI_AND_HF + OIP_KEYS + OIP_VALUES)
TEXTS = WORDS | st.text(st.characters(), max_size=8) | st.just("x" * 100_000)
NUMBERS = (
    st.integers()
    | st.sampled_from([0, 1, 2, 10**400, -(10**400), 2**63])
    | st.floats(width=64)
    | st.sampled_from([1e308, -1e308, 5e-324])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every piece of a JSON value."""
    yield at
    pairs = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else pairs:
        yield from places(inner, (*at, key))


def spoilt(proper: Any, at: tuple[Any, ...], piece: Any) -> Any:
    """Return a proper value with another piece at a place."""
    if not at:
        return piece
    root = inner = copy.deepcopy(proper)
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = piece
    return root


def hostile(proper: Any) -> st.SearchStrategy[Any]:
    one = st.builds(spoilt, st.just(proper), st.sampled_from(list(places(proper))), JSON)
    return JSON | one | one


def question(asks: Capability, count: int = 2) -> Question:
    if asks is Capability.TEXT_FEATURES:
        return Question(asks, texts=("a", "b")[:count])
    return Question(asks, TWO[:count], ("a cat", "a dog") if asks is Capability.CHOICE else ())


def forms() -> dict[str, base.Adapter]:
    """Return every form of every protocol; the Open Inference Protocol for each kind of output."""
    assert set(SPECS) == set(HOSTED), "a protocol is missing here"
    found = {}
    for protocol, spec in SPECS.items():
        for suffix in [f";output={kind}:{kind}" for kind in KINDS] if protocol == "oip" else [""]:
            place = parse_spec(spec + suffix)
            for form in adapter_of(protocol).forms(place):
                found[type(form).__name__ + suffix] = form
    return found


def proper_answer(form: base.Adapter, asked: Question) -> Any:
    """Return what a working provider says."""
    if form.place.protocol == "openai":
        return embeddings([[0.5, 1.0, 2.0]] * len(asked)).value
    if form.place.protocol == "hf":
        return [{"label": t, "score": 0.5} for t in asked.texts or ("a", "b")]
    name, kind = form.outputs[asked.asks]  # type: ignore[attr-defined]
    data = ["a", "b"] if kind == "labels" else [0.25, 0.75, 0.25, 0.75]
    shape = [len(asked), 1 if kind == "labels" else 2]
    return {"outputs": [{"name": name, "datatype": "FP32", "shape": shape, "data": data}]}


def asked_of(form: base.Adapter) -> list[Question]:
    count = 1 if form.place.protocol == "hf" else 2
    return [question(asks, count) for asks in form.asks]


def is_well_formed(rows: NDArray[Any], count: int) -> bool:
    if rows.ndim != 2 or len(rows) != count or not rows.size:
        return False
    if rows.dtype.kind == "U":
        return rows.shape[1] == 1 and all(0 < len(x) <= LABEL_MOST for x in rows[:, 0])
    return rows.dtype.kind == "f" and bool(np.isfinite(rows).all()) and rows.shape[1] <= WIDTH_MOST


FORMS = forms()


@pytest.mark.parametrize("name", FORMS)
def test_a_proper_answer_is_read(name: str) -> None:
    form = FORMS[name]
    form.meet(lambda path: METADATA if "v2" in path else LISTING)
    for asked in asked_of(form):
        said = proper_answer(form, asked)
        asks = form.learn(asked.asks, said)
        rows = form.answer(Question(asks, asked.images, asked.texts), said)
        assert is_well_formed(rows, len(asked))


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_answer_is_more_than_a_sentence(name: str, data: st.DataObject) -> None:
    form = FORMS[name]
    form.meet(lambda path: METADATA if "v2" in path else LISTING)
    asked = data.draw(st.sampled_from(asked_of(form)))
    proper = proper_answer(form, asked)
    first, said = data.draw(st.just(proper) | hostile(proper)), data.draw(hostile(proper))
    try:
        asked = Question(form.learn(asked.asks, first), asked.images, asked.texts)
        assert all(0 < len(label) <= LABEL_MOST for label in form.labels)
        rows = form.answer(asked, said)
    except ModelError as error:
        assert 20 < len(str(error)) < 1500
    else:
        assert is_well_formed(rows, len(asked))


@pytest.mark.parametrize("spec", SPECS.values())
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_nothing_a_provider_tells_of_itself_is_more_than_a_sentence(
    spec: str, data: st.DataObject
) -> None:
    place = parse_spec(spec)
    told = data.draw(hostile(METADATA if place.protocol == "oip" else LISTING))
    for form in adapter_of(place.protocol).forms(place):
        try:
            form.meet(lambda _: told)
            for asked in asked_of(form):
                assert form.request(asked).body
                form.answer(asked, told)
        except ModelError as error:
            assert 20 < len(str(error)) < 1500
        assert all(0 < len(label) <= LABEL_MOST for label in form.labels)


def opened(spec: str, said: Any, told: Any = METADATA) -> Any:
    """Connect to a provider that always says the same."""
    with provider(lambda asked: Said(told if asked.method == "GET" else said)) as running:
        return connect(spec.format(running.url), access(), FakeClock().clock())


OIP = "oip:{}#m;output=features:features"


def tensor(name: str = "features", **changes: Any) -> dict[str, Any]:
    return {"outputs": [{"name": name, "shape": [1, 2], "data": [1.0, 2.0], **changes}]}


@pytest.mark.parametrize(
    "shape", [[[1, 2]], 2, 1.0, {}, [1, 2.5], [0, 2], [-1, -2], [2] * 5000, [1] * 65, [True, 2]]
)
def test_a_shape_that_is_none_gets_a_sentence(shape: Any) -> None:
    with pytest.raises(ChangedAnswer, match=r"does not fit the shape|no list"):
        opened(OIP, tensor(shape=shape))


@pytest.mark.parametrize("kind", [["features"], {"a": 1}, None, 1, 1.5, True])
def test_a_kind_of_output_that_is_none_gets_a_sentence(kind: Any) -> None:
    told = {**METADATA, "parameters": {"gives": {"features": kind}}}
    with pytest.raises(ModelError, match="nothing tells what their numbers mean"):
        opened("oip:{}#m", tensor(), told)


BAD_LABELS = ["x" * 201, "", "a\x1b[31mb", "a\nb", "a\u202eb", "a\x00", "a\ud800"]


@pytest.mark.parametrize("label", BAD_LABELS, ids=ascii)
@pytest.mark.parametrize("where", ["hf", "metadata", "output"])
def test_a_label_that_cannot_be_shown_gets_a_sentence(where: str, label: str) -> None:
    with pytest.raises(ChangedAnswer, match=r"longer than 200 letters|no list of labels"):
        if where == "hf":
            opened("hf:{}", [{"label": label, "score": 0.5}, {"label": "b", "score": 0.5}])
        if where == "metadata":
            labels = {**METADATA, "parameters": {"labels": ["a", label]}}
            opened("oip:{}#m;output=probabilities:probabilities", tensor(), labels)
        if where == "output":
            opened("oip:{}#m;output=labels:labels", tensor("labels", shape=[1], data=[label]))


@pytest.mark.parametrize("label", ["x" * 200, "tabby, tabby cat", "Eisbär", "![a](b)", "北極熊"])
def test_a_label_that_can_be_shown_is_taken(label: str) -> None:
    model = opened("hf:{}", [{"label": label, "score": 0.5}, {"label": "b", "score": 0.5}])
    assert set(model.labels) == {label, "b"}


@pytest.mark.parametrize("value", [[], {}, None, ["a"]])
def test_a_label_that_is_no_text_gets_a_sentence(value: Any) -> None:
    with pytest.raises(ChangedAnswer, match="by something else than a text"):
        opened(OIP, tensor(), {**METADATA, "parameters": {"labels": [value]}})


def test_captions_of_the_kit_may_be_longer_than_labels() -> None:
    form = adapter_of("hf").forms(parse_spec("hf:https://a.example.org/x;task=zero-shot"))[0]
    texts = ("a dog " * 100, "a\ncat")
    said = [{"label": text, "score": 0.5} for text in texts]
    assert form.answer(Question(Capability.CHOICE, TWO[:1], texts), said).tolist() == [[0.5, 0.5]]


def test_more_classes_than_there_are_get_a_sentence() -> None:
    assert len(reading.labels(["a"] * CLASSES_MOST)) == CLASSES_MOST
    with pytest.raises(ChangedAnswer, match="200,001 classes, more than the 200,000"):
        reading.labels(["a"] * (CLASSES_MOST + 1))
    share = 1 / (CLASSES_MOST + 1)
    said = tensor("probabilities", shape=[1, CLASSES_MOST + 1], data=[share] * (CLASSES_MOST + 1))
    with pytest.raises(ChangedAnswer, match="200,001 numbers, more than the 200,000"):
        opened("oip:{}#m;output=probabilities:probabilities", said)


def test_a_vector_that_is_too_long_gets_a_sentence() -> None:
    most = opened(OIP, tensor(shape=[1, WIDTH_MOST], data=[0.5] * WIDTH_MOST))
    assert most.widths[Capability.IMAGE_FEATURES] == WIDTH_MOST
    with pytest.raises(ChangedAnswer, match="65,537 numbers, more than the 65,536"):
        opened(OIP, tensor(shape=[1, WIDTH_MOST + 1], data=[0.5] * (WIDTH_MOST + 1)))


def reading_as(raised: Callable[[], Any]) -> base.Adapter:
    """Return a form, as somebody may add it, whose reading of answers fails."""

    class Failing(base.Adapter):
        title = "failing"

        def meet(self, read: base.Read) -> None:
            raised()

        def learn(self, asks: Capability, said: Any) -> Capability:
            raised()
            return asks

        def answer(self, question: Question, said: Any) -> NDArray[Any]:
            return np.asarray(raised())

    return Failing(parse_spec(SPECS["openai"]))


def each_reading(form: base.Adapter) -> list[Callable[[], Any]]:
    asked = question(Capability.IMAGE_FEATURES)
    return [
        lambda: form.meet(lambda _: {}),
        lambda: form.learn(asked.asks, {}),
        lambda: form.answer(asked, {}),
    ]


def deep() -> Any:
    return deep()


TRIPS: dict[str, Callable[[], Any]] = {
    "ValueError": lambda: int("x"),
    "TypeError": lambda: len(1),  # type: ignore[arg-type]
    "IndexError": lambda: [][0],
    "KeyError": lambda: {}[0],
    "OverflowError": lambda: int(float("inf")),
    "ZeroDivisionError": lambda: 1 // 0,
    "AttributeError": lambda: None.x,  # type: ignore[attr-defined]
    "StopIteration": lambda: next(iter(())),
    "RecursionError": deep,
    "UnicodeEncodeError": lambda: "\ud800".encode(),
    "JSONDecodeError": lambda: json.loads("{"),
}


@pytest.mark.parametrize("trip", TRIPS)
def test_whatever_reading_trips_over_is_a_sentence(trip: str) -> None:
    for read in each_reading(reading_as(TRIPS[trip])):
        with pytest.raises(ChangedAnswer, match="not the form that its protocol asks for") as told:
            read()
        assert type(told.value.__cause__).__name__ == trip


@pytest.mark.parametrize("kind", [Cancelled, ModelError, TelltaleError, OSError, KeyboardInterrupt])
def test_what_is_not_about_the_answer_goes_through(kind: type[BaseException]) -> None:
    def stop() -> None:
        raise kind("as it was")

    for read in each_reading(reading_as(stop)):
        with pytest.raises(kind, match="as it was"):
            read()


@pytest.mark.parametrize(
    "rows",
    [
        [1.0, 2.0],
        [[[1.0]]],
        [],
        [[]],
        [[1]],
        [[None]],
        [[np.inf]],
        [["a", "b"]],
        [["x" * 201]],
        [[0.5] * (WIDTH_MOST + 1)],
    ],
    ids=lambda rows: str(rows)[:20],
)
def test_rows_of_a_further_protocol_are_looked_at(rows: Any) -> None:
    with pytest.raises(ChangedAnswer):
        reading_as(lambda: rows).answer(question(Capability.IMAGE_FEATURES), {})
