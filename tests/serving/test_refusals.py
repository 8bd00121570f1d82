"""What is not answered: keys, limits, wrong requests, failing models. Each gets one sentence."""

import json
import threading
import zlib
from collections.abc import Sequence
from typing import Any

import httpx2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditcore.errors import ModelError
from auditcore.photos import Pixels
from auditcore.serving import Limits
from serving.conftest import client_of, data_url, in_base64, png
from serving.live import running, served
from serving.tiny import CLASSIFIER, ENCODER, SIZE, TinyModel, pictures

IMAGE = pictures(1)[0]
ANSWERED = {"input": "a cat"}


def sentence(response: httpx2.Response) -> str:
    """The sentence of a refusal, which must have its protocol's form."""
    error = response.json()["error"]
    if response.request.url.path.startswith("/v1/"):
        assert error["code"] == response.status_code and error["type"]
        error = error["message"]
    assert isinstance(error, str) and error.endswith("."), error
    return error


QUESTIONS = [
    ("POST", "/v1/embeddings"),
    ("GET", "/v1/models"),
    ("POST", "/models/m"),
    ("GET", "/v2"),
    ("GET", "/v2/models/m"),
    ("GET", "/v2/models/m/ready"),
    ("POST", "/v2/models/m/infer"),
]


@pytest.mark.parametrize(("method", "path"), QUESTIONS)
@pytest.mark.parametrize("given_key", [None, "Bearer wrong", "Bearer", "Basic x", "Bearer ü"])
def test_without_the_key_nothing_is_answered(
    client: httpx2.Client, model: TinyModel, method: str, path: str, given_key: str | None
) -> None:
    before = model.calls
    with client_of(str(client.base_url)) as stranger:
        headers = {} if given_key is None else {"Authorization": given_key.encode()}
        response = stranger.request(method, path, headers=headers, content=b"{}")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "key" in sentence(response)
    assert model.calls == before


def test_health_needs_no_key(client: httpx2.Client) -> None:
    with client_of(str(client.base_url)) as stranger:
        assert stranger.get("/v2/health/live").status_code == 200


WRONG: list[tuple[str, Any, str]] = [
    ("/v1/embeddings", b"", "not JSON"),
    ("/v1/embeddings", b"[1]", "JSON object"),
    ("/v1/embeddings", b'{"input": [NaN]}', "not JSON"),
    ("/v1/embeddings", b"[" * 100_000, "not JSON"),
    ("/v1/embeddings", {"model": "other", "input": "a"}, "no model 'other'"),
    ("/v1/embeddings", {"model": "m"}, '"input"'),
    ("/v1/embeddings", {"input": []}, "1 to 32"),
    ("/v1/embeddings", {"input": ["a"] * 33}, "1 to 32"),
    ("/v1/embeddings", {"input": [3]}, '"input"'),
    ("/v1/embeddings", {"input": [{"image": 3}]}, '"input"'),
    ("/v1/embeddings", {"input": [{"image": "a", "text": "b"}]}, '"input"'),
    ("/v1/embeddings", {"input": "a", "modality": "audio"}, "modality"),
    ("/v1/embeddings", {"input": "a", "modality": []}, "modality"),
    ("/v1/embeddings", {"input": "a", "encoding_format": "int8"}, "float or base64"),
    ("/v1/embeddings", {"input": "a", "encoding_format": {}}, "float or base64"),
    ("/v1/embeddings", {"input": ["!"], "modality": "image"}, "not base64"),
    ("/v1/embeddings", {"input": ["data:image/png;base64,é"], "modality": "image"}, "not base64"),
    ("/v1/embeddings", {"input": ["AAAA"], "modality": "image"}, "picture 1"),
    ("/v1/embeddings", {"input": ["a" * 2001]}, "2,000 letters"),
    ("/v1/embeddings", {"messages": []}, '"messages"'),
    ("/v1/embeddings", {"messages": [{"content": [{"type": "image_url"}]}]}, '"messages"'),
    ("/models/m", b"\x89PNG\r\n\x1a\nnothing", "picture 1"),
    ("/models/m", b"", "picture 1"),
    ("/models/other", {"inputs": "AAAA"}, "no model 'other'"),
    ("/models/m", {"inputs": 3}, '"inputs"'),
    ("/models/m", {"inputs": in_base64(IMAGE), "parameters": 3}, '"parameters"'),
    ("/models/m", {"inputs": in_base64(IMAGE), "parameters": {"top_k": 0}}, "top_k"),
    ("/models/m", {"inputs": in_base64(IMAGE), "parameters": {"top_k": True}}, "top_k"),
    (
        "/models/m",
        {"inputs": in_base64(IMAGE), "parameters": {"function_to_apply": "sigmoid"}},
        "softmax",
    ),
    (
        "/models/m",
        {"inputs": in_base64(IMAGE), "parameters": {"candidate_labels": "cat"}},
        "candidate_labels",
    ),
    (
        "/models/m",
        {
            "inputs": in_base64(IMAGE),
            "parameters": {"candidate_labels": ["a"], "hypothesis_template": "none"},
        },
        "hypothesis_template",
    ),
    (
        "/models/m",
        {"inputs": in_base64(IMAGE), "parameters": {"candidate_labels": []}},
        "candidate_labels",
    ),
]


def tensors(**changed: Any) -> dict[str, Any]:
    tensor = {"name": "images", "datatype": "UINT8", "shape": [1, SIZE, SIZE, 3]}
    return {"inputs": [{**tensor, "data": IMAGE.ravel().tolist(), **changed}]}


WRONG += [
    ("/v2/models/m/infer", request, words)
    for request, words in [
        ({}, '"inputs"'),
        ({"inputs": []}, "one input"),
        ({"inputs": [3]}, '"inputs"'),
        ({"inputs": 2 * tensors()["inputs"]}, "one input"),
        (tensors(name="x"), "no input 'x'"),
        (tensors(datatype="FP32"), "UINT8"),
        (tensors(shape=[1, 4, SIZE, SIZE]), "[B, H, W, 3]"),
        (tensors(shape=[SIZE, SIZE, 3]), "[B, H, W, 3]"),
        (tensors(shape=[-1, SIZE, SIZE, 3]), "[B, H, W, 3]"),
        (tensors(shape=[True, SIZE, SIZE, 3]), "[B, H, W, 3]"),
        (tensors(shape="large"), "[B, H, W, 3]"),
        (tensors(shape=[2, SIZE, SIZE, 3]), "fill"),
        (tensors(data=[0.5] * IMAGE.size), "whole numbers"),
        (tensors(data=[256] * IMAGE.size), "whole numbers"),
        (tensors(data=[-1] * IMAGE.size), "whole numbers"),
        (tensors(data=[[1], [2, 3]]), "whole numbers"),
        (tensors(data=["a"] * IMAGE.size), "whole numbers"),
        (tensors(data=["1"] * IMAGE.size), "whole numbers"),
        (tensors(data=[True] * IMAGE.size), "whole numbers"),
        (tensors(data=[None] * IMAGE.size), "whole numbers"),
        (tensors(data=[{}] * IMAGE.size), "whole numbers"),
        (tensors(data=[10**400] * IMAGE.size), "whole numbers"),
        (tensors(data=[10**30] * IMAGE.size), "whole numbers"),
        (tensors(data=[]), "whole numbers"),
        (tensors(data="AAAA"), "list"),
        (tensors(name="png", datatype="BYTES", shape=[1], data=["AAAA"]), "picture 1"),
        (tensors(name="png", datatype="BYTES", shape=[2], data=["AAAA"]), "2 texts"),
        (tensors(name="texts", datatype="BYTES", shape=[1], data=[1]), "1 texts"),
        (tensors(shape=[33, 1, 1, 3]), "1 to 32"),
        (tensors() | {"outputs": [{"name": "text_features"}]}, "features, probabilities"),
        (tensors() | {"outputs": 3}, '"outputs"'),
    ]
]


@pytest.mark.parametrize(("path", "body", "words"), WRONG)
def test_a_wrong_request_is_told_what_is_wrong(
    client: httpx2.Client, model: TinyModel, path: str, body: Any, words: str
) -> None:
    before = model.calls
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    response = client.post(path, **sent)
    assert response.status_code == (404 if "no model" in words else 400), response.text
    assert words in sentence(response)
    assert model.calls == before


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/chat/completions", "/v2/models", "/models"])
def test_an_unknown_address_says_so(client: httpx2.Client, path: str) -> None:
    assert "nothing at this address" in sentence(client.get(path))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = (
    "input", "model", "modality", "messages", "inputs", "parameters", "outputs", "top_k",
    "candidate_labels", "encoding_format", "content", "type", "name", "shape", "datatype", "data",
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(["/v1/embeddings", "/models/m", "/v2/models/m/infer"]),
    body=st.dictionaries(
        st.sampled_from(FIELDS),
        JSON | st.dictionaries(st.sampled_from(FIELDS), JSON),
        max_size=4,
    ),
)
def test_no_request_makes_the_server_stumble(
    client: httpx2.Client, path: str, body: dict[str, Any]
) -> None:
    response = client.post(path, json=body)
    assert response.status_code in (200, 400, 404)
    if response.status_code != 200:
        sentence(response)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/models/m", "/v2/models/m/infer"])
def test_an_address_of_a_picture_is_never_fetched(client: httpx2.Client, path: str) -> None:
    called = []

    async def trap(scope: Any, receive: Any, send: Any) -> None:
        called.append(scope["path"])

    with running(trap) as url:
        place = f"{url}/cat.png"
        bodies = {
            "/v1/embeddings": [
                {"input": [place], "modality": "image"},
                {"input": [{"image": place}]},
                {"messages": [{"content": [{"type": "image_url", "image_url": {"url": place}}]}]},
            ],
            "/models/m": [{"inputs": place}],
            "/v2/models/m/infer": [tensors(name="png", datatype="BYTES", shape=[1], data=[place])],
        }
        for body in bodies[path]:
            assert "never fetched" in sentence(client.post(path, json=body))
    assert called == []


def test_a_request_that_is_too_large_is_not_read() -> None:
    with served(TinyModel(), limits=Limits(body_bytes=1000)) as url, client_of(url) as client:
        whole = client.post("/v1/embeddings", content=b" " * 1001)
        assert whole.status_code == 413 and "1,000 bytes" in sentence(whole)
        parts = client.post("/models/m", content=iter([b" " * 600] * 3))
        assert parts.status_code == 413 and "1,000 bytes" in sentence(parts)
        assert client.post("/v1/embeddings", json=ANSWERED).status_code == 200


def test_pixels_are_counted_before_anything_is_decoded() -> None:
    limits = Limits(pixels=3 * SIZE * SIZE)
    three, four = pictures(3), pictures(4)
    with served(TinyModel(), limits=limits) as url, client_of(url) as client:
        for images, status in ((three, 200), (four, 413)):
            asked = {"input": [data_url(image) for image in images], "modality": "image"}
            assert client.post("/v1/embeddings", json=asked).status_code == status
            shape = [len(images), SIZE, SIZE, 3]
            raw = tensors(shape=shape, data=np.stack(images).ravel().tolist())
            assert client.post("/v2/models/m/infer", json=raw).status_code == status
        bomb = bytearray(png(IMAGE))
        bomb[16:24] = (6_000).to_bytes(4, "big") * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
        assert "36,000,000 pixels" in sentence(client.post("/models/m", content=bytes(bomb)))


def test_the_rate_is_kept_and_says_when_to_ask_again() -> None:
    with served(TinyModel(), limits=Limits(per_minute=60)) as url, client_of(url) as client:
        for _ in range(2):
            assert client.post("/v1/embeddings", json={"input": ["a"] * 30}).status_code == 200
        refused = client.post("/v1/embeddings", json={"input": ["a"] * 30})
        assert refused.status_code == 429
        assert 28 <= int(refused.headers["retry-after"]) <= 30
        assert "60 pictures and texts" in sentence(refused)
        assert client.get("/v1/models").status_code == 200


class Slow(TinyModel):
    """Answers texts only once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def text_features(self, texts: Sequence[str]) -> Any:
        self.asked.set()
        assert self.go.wait(20)
        return super().text_features(texts)


def test_while_the_model_works_health_is_answered_and_who_is_too_many_is_told() -> None:
    model, found = Slow(), []
    with served(model, limits=Limits(waiting=1)) as url, client_of(url) as client:

        def ask() -> None:
            with client_of(url) as own:
                found.append(own.post("/v1/embeddings", json=ANSWERED).status_code)

        asker = threading.Thread(target=ask)
        asker.start()
        assert model.asked.wait(20)
        assert client.get("/v2/health/live").status_code == 200
        crowded = client.get("/v1/models")
        assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "1")
        assert "Too many" in sentence(crowded)
        model.go.set()
        asker.join(20)
    assert found == [200]


def test_questions_at_once_reach_the_model_one_by_one() -> None:
    model = TinyModel()
    asked = {"input": [data_url(image) for image in pictures(20)], "modality": "image"}
    with served(model) as url:
        codes = []

        def ask() -> None:
            with client_of(url) as client:
                codes.extend(
                    client.post("/v1/embeddings", json=asked).status_code for _ in range(10)
                )

        askers = [threading.Thread(target=ask) for _ in range(6)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
    assert codes == [200] * 60
    assert not model.overlapped


class Broken(TinyModel):
    """Fails in the way that the text names."""

    def text_features(self, texts: Sequence[str]) -> Any:
        if texts[0] == "known":
            raise ModelError("The card is on fire.")
        if texts[0] == "unknown":
            raise RuntimeError("secret detail")
        return np.full((len(texts), 4), np.nan, np.float32)


@pytest.mark.parametrize(
    ("how", "words"),
    [("known", "The card is on fire."), ("unknown", "failed on"), ("nan", "not a number")],
)
def test_a_model_that_fails_is_a_500_with_a_sentence(how: str, words: str) -> None:
    with served(Broken()) as url, client_of(url) as client:
        response = client.post("/v1/embeddings", json={"input": how})
        assert response.status_code == 500
        assert words in sentence(response)
        assert "secret" not in response.text
        assert client.get("/v1/models").status_code == 200


def ask_all(client: httpx2.Client, image: Pixels) -> dict[str, httpx2.Response]:
    coded = in_base64(image)
    zero_shot = {"inputs": coded, "parameters": {"candidate_labels": ["a", "b"]}}
    return {
        "embeddings": client.post("/v1/embeddings", json={"input": [coded], "modality": "image"}),
        "classes": client.post("/models/m", content=png(image)),
        "zero-shot": client.post("/models/m", json=zero_shot),
        "features": client.post(
            "/v2/models/m/infer", json=tensors() | {"outputs": [{"name": "features"}]}
        ),
    }


def test_what_a_model_does_not_give_is_said() -> None:
    with served(TinyModel(CLASSIFIER)) as url, client_of(url) as client:
        said = ask_all(client, IMAGE)
        assert {name: one.status_code for name, one in said.items()} == {
            "embeddings": 400, "classes": 200, "zero-shot": 400, "features": 400,
        }  # fmt: skip
        assert "class probabilities" in sentence(said["embeddings"])
        assert "cannot choose among texts" in sentence(said["zero-shot"])
        assert "probabilities" in sentence(said["features"])
    with served(TinyModel(ENCODER)) as url, client_of(url) as client:
        said = ask_all(client, IMAGE)
        assert said["classes"].status_code == 400
        assert "no probabilities of labels" in sentence(said["classes"])


def test_half_a_letter_is_refused_wherever_it_stands(client: httpx2.Client) -> None:
    for field in ("model", "input", "modality", "encoding_format"):
        body = json.dumps({"input": "a", field: "\u2028\ud83d"}).encode()  # half a letter
        response = client.post("/v1/embeddings", content=body)
        assert response.status_code in (400, 404)
        sentence(response)
