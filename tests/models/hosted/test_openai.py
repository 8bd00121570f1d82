"""The three forms of OpenAI-style embeddings, over real HTTP."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.base import Capability
from auditcore.models.hosted import connect
from auditcore.models.hosted.base import Unsuited
from tests.models.hosted.provider import (
    Answering,
    Asked,
    FakeClock,
    Said,
    access,
    embeddings,
    features_of,
    infinity,
    pictures,
    provider,
    text_features,
    unpacked,
)

BOTH = {Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES}


def vllm(asked: Asked) -> Said:
    """Answer as vLLM does: `messages`, one embedding a request; `input` is text whatever it is."""
    if asked.method == "GET":
        return Said({"data": [{"id": "clip"}]})
    body = asked.json
    if "messages" in body:
        ((message,), content) = body["messages"], body["messages"][0]["content"]
        assert message["role"] == "user"
        (part,) = content
        if part["type"] == "text":
            return embeddings([text_features(part["text"])])
        return embeddings([features_of(unpacked(part["image_url"]["url"]))])
    inputs = body["input"]
    if not all(isinstance(one, str) for one in inputs):
        return Said({"error": {"message": "input must be text"}}, status=400)
    return embeddings([text_features(one) for one in inputs])


def jina(asked: Asked) -> Said:
    """Answer as Jina does: objects with an image (base64) or a text."""
    if asked.method == "GET":
        return Said({"detail": "Not Found"}, status=404)
    body = asked.json
    assert body["embedding_type"] == "float"
    if not all(isinstance(one, dict) for one in body["input"]):
        return Said({"detail": "input: need objects"}, status=422)
    return embeddings(
        [
            features_of(unpacked(one["image"])) if "image" in one else text_features(one["text"])
            for one in body["input"]
        ]
    )


@pytest.mark.parametrize(
    ("answering", "form"),
    [(infinity, "Infinity's form"), (vllm, "vLLM's form"), (jina, "Jina's form")],
)
@pytest.mark.parametrize("chosen", [False, True])
def test_the_form_is_found_or_chosen(answering: Answering, form: str, chosen: bool) -> None:
    setting = ";form=" + form.partition("'")[0].lower() if chosen else ""
    images = pictures(5)
    with provider(answering) as running:
        model = connect(f"openai:{running.url}#clip;size=16{setting}", access())
        features = model.image_features(images)
        texts = model.text_features(["a cat", "a banana"])
    assert form in model.identity.details["protocol"]
    assert model.capabilities == BOTH
    assert features.dtype == texts.dtype == np.float32
    assert np.allclose(features, [features_of(image) for image in images], atol=1e-6)
    assert np.allclose(texts, [text_features("a cat"), text_features("a banana")], atol=1e-6)
    assert all(asked.json["model"] == "clip" for asked in running.posts)


def test_a_server_that_reads_pictures_as_text_is_found_out() -> None:
    def only_text(asked: Asked) -> Said:
        if asked.method == "GET" or "input" not in asked.json:
            return Said({}, status=404)
        if not all(isinstance(one, str) for one in asked.json["input"]):
            return Said({}, status=400)
        return embeddings([text_features(one) for one in asked.json["input"]])

    with (
        provider(only_text) as running,
        pytest.raises(Unsuited, match="reads pictures as if they were text"),
    ):
        connect(f"openai:{running.url}#text;size=16;form=infinity", access())
    with provider(only_text) as running, pytest.raises(ModelError):
        connect(f"openai:{running.url}#text;size=16", access())


def test_a_server_that_breaks_on_the_control_question_reads_pictures() -> None:
    def breaks(asked: Asked) -> Said:
        texts = asked.method == "POST" and asked.json.get("modality") == "text"
        if texts and asked.json["input"][0].startswith("data:"):
            return Said({"error": "too many tokens"}, status=500)
        return infinity(asked)

    with provider(breaks) as running:
        spec = f"openai:{running.url}#clip;size=16;form=infinity"
        assert connect(spec, access(), FakeClock().clock()).capabilities == BOTH


@pytest.mark.parametrize(
    ("path", "posted"),
    [
        ("", "/v1/embeddings"),
        ("/", "/v1/embeddings"),
        ("/v1", "/v1/embeddings"),
        ("/v1/embeddings", "/v1/embeddings"),
        ("/embeddings", "/embeddings"),
        ("/some/api", "/some/api/v1/embeddings"),
        ("/some/v1/", "/some/v1/embeddings"),
    ],
)
def test_the_address_may_be_written_at_any_length(path: str, posted: str) -> None:
    with provider(infinity) as running:
        connect(f"openai:{running.url}{path}#clip;size=16;form=infinity", access())
        connect(f"openai:{running.url}{path}#clip;form=infinity", access())
    assert {asked.path for asked in running.posts} == {posted}
    (listed,) = [asked for asked in running.asked if asked.method == "GET"]
    assert listed.path == posted.replace("embeddings", "models")


def test_what_infinity_is_sent() -> None:
    images = pictures(40)
    with provider(infinity) as running:
        model = connect(f"openai:{running.url}#clip;size=16;form=infinity", access())
        before = len(running.posts)
        model.image_features(images)
    sizes = sorted(len(asked.json["input"]) for asked in running.posts[before:])
    assert sizes == [8, 32]
    assert np.array_equal(unpacked(running.posts[before].json["input"][0]), images[0]) or (
        np.array_equal(unpacked(running.posts[before].json["input"][0]), images[32])
    )


def test_a_batch_can_be_made_smaller() -> None:
    with provider(infinity) as running:
        model = connect(f"openai:{running.url}#clip;size=16;form=infinity;batch=2", access())
        before = len(running.posts)
        model.image_features(pictures(6))
    assert [len(asked.json["input"]) for asked in running.posts[before:]] == [2, 2, 2]


def test_the_list_of_models_tells_the_size() -> None:
    def answering(asked: Asked) -> Said:
        if asked.method == "GET":
            lines = [{"id": "other", "input_size": 96}, {"id": "clip", "input_size": 48}]
            return Said({"data": lines})
        return infinity(asked)

    with provider(answering) as running:
        model = connect(f"openai:{running.url}#clip;form=infinity", access())
        larger = connect(f"openai:{running.url}#clip;form=infinity;size=64", access())
    assert (model.input_size, larger.input_size) == (48, 64)
    assert "assumed" not in str(model.identity.details)


@pytest.mark.parametrize(
    "list_said",
    [
        Said({"data": [{"id": "clip", "input_size": "big"}]}),
        Said({"data": [{"id": "clip", "input_size": 10**9}]}),
        Said({"data": [{"id": "clip", "input_size": True}]}),
        Said({"data": {"id": "clip"}}),
        Said({"data": ["clip", None]}),
        Said([]),
        Said("models"),
        Said({}, status=401),
        Said(raw=b"<html>", headers={"Content-Type": "text/html"}),
    ],
    ids=range(9),
)
def test_a_strange_list_of_models_does_not_matter(list_said: Said) -> None:
    def answering(asked: Asked) -> Said:
        return list_said if asked.method == "GET" else infinity(asked)

    with provider(answering) as running:
        model = connect(f"openai:{running.url}#clip;form=infinity", access())
    assert model.input_size == 224
    assert "assumed" in model.identity.details["pictures"]
    assert "may resize" in model.identity.details["note"]


def test_jinas_models_are_known_by_name() -> None:
    with provider(jina) as running:
        model = connect(f"openai:{running.url}#jina-clip-v2;form=jina", access())
        sent = running.posts[0].json
    assert model.input_size == 512
    assert unpacked(sent["input"][0]["image"]).shape == (512, 512, 3)
    assert base64.b64decode(sent["input"][0]["image"])  # bare base64, as Jina documents it


def test_texts_of_another_length_are_not_in_the_pictures_space() -> None:
    def answering(asked: Asked) -> Said:
        said = infinity(asked)
        if asked.method == "POST" and asked.json.get("modality") == "text":
            return embeddings([[1.0, 2.0]])
        return said

    with provider(answering) as running:
        model = connect(f"openai:{running.url}#clip;size=16;form=infinity", access())
    assert model.capabilities == {Capability.IMAGE_FEATURES}
    with pytest.raises(ModelError, match="does not give text features"):
        model.text_features(["a cat"])


Change = Callable[[list[dict[str, Any]]], Any]


@pytest.mark.parametrize("stripped", [False, True])
def test_answers_are_put_in_order_by_their_index(stripped: bool) -> None:
    def answering(asked: Asked) -> Said:
        said = infinity(asked)
        if said.status == 200:
            said.value["data"].reverse()
            for item in said.value["data"] if stripped else ():
                del item["object"]
        return said

    images = pictures(7)
    with provider(answering) as running:
        model = connect(f"openai:{running.url}#clip;size=16;form=infinity", access())
        features = model.image_features(images)
    assert np.allclose(features, [features_of(image) for image in images], atol=1e-6)


FAULTS: dict[str, Change] = {
    "one less": lambda data: data[:-1],
    "one more": lambda data: [*data, data[0]],
    "none": lambda data: [],
    "no list": lambda data: {"embedding": data},
    "index twice": lambda data: [data[0] | {"index": 1}, *data[1:]],
    "index from 1": lambda data: [item | {"index": item["index"] + 1} for item in data],
    "index a text": lambda data: [item | {"index": str(item["index"])} for item in data],
    "index true": lambda data: [data[0], data[1] | {"index": True}, *data[2:]],
    "one index missing": lambda data: [
        {"embedding": item["embedding"]} if item is data[0] else item for item in data
    ],
    "no embedding": lambda data: [{"index": item["index"]} for item in data],
    "shorter": lambda data: [item | {"embedding": item["embedding"][:-1]} for item in data],
    "one shorter": lambda data: [data[0] | {"embedding": [1.0]}, *data[1:]],
    "one empty": lambda data: [data[0] | {"embedding": []}, *data[1:]],
    "nested": lambda data: [item | {"embedding": [item["embedding"]]} for item in data],
    "not a number": lambda data: [data[0] | {"embedding": [float("nan"), 0, 0]}, *data[1:]],
    "infinite": lambda data: [data[0] | {"embedding": [float("inf"), 0, 0]}, *data[1:]],
    "too large": lambda data: [data[0] | {"embedding": [1e300, 0, 0]}, *data[1:]],
    "larger than any": lambda data: [data[0] | {"embedding": [10**400, 0, 0]}, *data[1:]],
    "null": lambda data: [data[0] | {"embedding": [None, 0, 0]}, *data[1:]],
    "texts": lambda data: [data[0] | {"embedding": ["a", "b", "c"]}, *data[1:]],
    "one text": lambda data: [data[0] | {"embedding": "AAAA"}, *data[1:]],
    "items are null": lambda data: [None for _ in data],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_changed_answer_stops_with_a_sentence_and_is_not_kept(fault: str) -> None:
    broken = [False]

    def answering(asked: Asked) -> Said:
        said = infinity(asked)
        if broken[0]:
            said.value["data"] = FAULTS[fault](said.value["data"])
        return said

    images = pictures(4)
    with provider(answering) as running:
        clock = FakeClock().clock()
        model = connect(f"openai:{running.url}#clip;size=16;form=infinity", access(), clock)
        model.begin("audit", lambda: False)
        broken[0] = True
        before = len(running.posts)
        with pytest.raises(ChangedAnswer, match=r"[Nn]othing is concluded|is kept"):
            model.image_features(images)
        assert len(running.posts) == before + 1  # not asked again by itself
        broken[0] = False
        features = model.image_features(images)
    assert np.allclose(features, [features_of(image) for image in images], atol=1e-6)


def test_a_classifier_is_no_embedding() -> None:
    refuses = Said({"error": {"message": "The model gives no features."}}, status=400)
    with (
        provider(lambda _: refuses) as running,
        pytest.raises(ModelError, match='It says: "The model gives no features'),
    ):
        connect(f"openai:{running.url}#lite;size=16", access())
    assert len(running.posts) == 3  # each form once, no more
