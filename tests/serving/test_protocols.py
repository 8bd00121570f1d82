"""Each protocol gives the model's own answers, to the last bit, in the form its clients expect."""

import base64
from typing import Any

import httpx2
import numpy as np
import pytest

from auditcore.photos import Pixels
from serving.conftest import data_url, in_base64, png
from serving.tiny import LABELS, LENGTH, SIZE, TinyModel, pictures


def vectors(response: httpx2.Response) -> np.ndarray:  # type: ignore[type-arg]
    assert response.status_code == 200, response.text
    data = response.json()["data"]
    assert [one["index"] for one in data] == list(range(len(data)))
    return np.array([one["embedding"] for one in data], dtype=np.float32)


def forms(images: list[Pixels]) -> list[dict[str, Any]]:
    """The same pictures in Infinity's form (data: URLs, base64) and in Jina's."""
    return [
        {"model": "m", "input": [data_url(image) for image in images], "modality": "image"},
        {"input": [in_base64(image) for image in images], "modality": "image"},
        {"model": "m", "input": [{"image": in_base64(image)} for image in images]},
        {"model": "m", "input": [{"image": data_url(image)} for image in images]},
    ]


@pytest.mark.parametrize("form", range(4))
def test_features_of_pictures_are_the_models_to_the_bit(
    client: httpx2.Client, model: TinyModel, form: int
) -> None:
    images = pictures(5)
    found = vectors(client.post("/v1/embeddings", json=forms(images)[form]))
    assert (found == model.image_features(images)).all()


def test_one_picture_in_vllms_form(client: httpx2.Client, model: TinyModel) -> None:
    image = pictures(1)[0]
    part = {"type": "image_url", "image_url": {"url": data_url(image)}}
    request = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    found = vectors(client.post("/v1/embeddings", json=request))
    assert (found == model.image_features([image])).all()


@pytest.mark.parametrize(
    "request_form",
    [
        {"input": ["a cat", "a dog"], "modality": "text"},
        {"input": ["a cat", "a dog"]},
        {"input": [{"text": "a cat"}, {"text": "a dog"}]},
    ],
)
def test_features_of_texts(
    client: httpx2.Client, model: TinyModel, request_form: dict[str, Any]
) -> None:
    found = vectors(client.post("/v1/embeddings", json=request_form))
    assert (found == model.text_features(["a cat", "a dog"])).all()


@pytest.mark.parametrize("content", ["a cat", [{"type": "text", "text": "a cat"}]])
def test_a_text_in_vllms_form(client: httpx2.Client, model: TinyModel, content: Any) -> None:
    request = {"messages": [{"role": "user", "content": content}]}
    found = vectors(client.post("/v1/embeddings", json=request))
    assert (found == model.text_features(["a cat"])).all()


def test_pictures_and_texts_may_be_mixed_in_jinas_form(
    client: httpx2.Client, model: TinyModel
) -> None:
    images = pictures(2)
    parts = [{"image": in_base64(images[0])}, {"text": "a"}, {"image": in_base64(images[1])}]
    found = vectors(client.post("/v1/embeddings", json={"input": parts}))
    assert (found[[0, 2]] == model.image_features(images)).all()
    assert (found[1] == model.text_features(["a"])[0]).all()


def test_vectors_in_base64_and_of_unit_length(client: httpx2.Client, model: TinyModel) -> None:
    request = {"input": "a cat", "encoding_format": "base64", "normalized": True}
    said = client.post("/v1/embeddings", json=request).json()
    found = np.frombuffer(base64.b64decode(said["data"][0]["embedding"]), dtype="<f4")
    raw = model.text_features(["a cat"])[0]
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    assert np.allclose(found, raw / np.linalg.norm(raw), rtol=1e-6)


def test_the_list_of_models_tells_the_input_size(client: httpx2.Client) -> None:
    (model,) = client.get("/v1/models").json()["data"]
    assert (model["id"], model["input_size"]) == ("m", SIZE)
    assert "image features" in model["gives"]


def test_a_picture_of_another_size_is_answered_as_the_model_would(
    client: httpx2.Client, model: TinyModel
) -> None:
    large = pictures(1, size=52)[0]
    request = {"input": [data_url(large)], "modality": "image"}
    found = vectors(client.post("/v1/embeddings", json=request))
    assert (found == model.image_features([large])).all()


def test_hardly_coloured_pictures_keep_their_colours(
    client: httpx2.Client, model: TinyModel
) -> None:
    faint = np.full((SIZE, SIZE, 3), 100, np.uint8)
    faint[:, :, 0] = 103
    request = {"input": [data_url(faint)], "modality": "image"}
    found = vectors(client.post("/v1/embeddings", json=request))
    assert (found == model.image_features([faint])).all()


@pytest.mark.parametrize("how", ["bytes", "base64", "data URL", "older form"])
def test_classification(client: httpx2.Client, model: TinyModel, how: str) -> None:
    image = pictures(1)[0]
    whole = {"parameters": {"top_k": 1000}}
    said = {
        "bytes": lambda: client.post("/models/m", content=png(image)),
        "base64": lambda: client.post("/models/m", json={"inputs": in_base64(image), **whole}),
        "data URL": lambda: client.post("/models/m", json={"inputs": data_url(image), **whole}),
        "older form": lambda: client.post(
            "/models/m", json={"inputs": {"image": in_base64(image)}, **whole}
        ),
    }[how]().json()
    wanted = dict(zip(LABELS, model.probabilities([image])[0].tolist(), strict=True))
    assert len(said) == (5 if how == "bytes" else len(LABELS))
    assert said == sorted(said, key=lambda one: -one["score"])
    assert all(wanted[one["label"]] == one["score"] for one in said)


def test_zero_shot_is_the_softmax_of_100_cosines(client: httpx2.Client, model: TinyModel) -> None:
    image, texts = pictures(1)[0], ["a cat", "a dog", "a house"]
    parameters = {"candidate_labels": texts}
    request = {"inputs": in_base64(image), "parameters": parameters}
    said = client.post("/models/m", json=request).json()
    picture, words = model.image_features([image]).astype(float), model.text_features(texts)
    cosines = (words.astype(float) @ picture[0]) / np.linalg.norm(words.astype(float), axis=1)
    logits = 100 * cosines / np.linalg.norm(picture)
    shares = np.exp(logits - logits.max())
    wanted = dict(zip(texts, shares / shares.sum(), strict=True))
    assert {one["label"]: one["score"] for one in said} == pytest.approx(wanted, rel=1e-9)


def test_a_template_is_put_around_each_label(client: httpx2.Client) -> None:
    image = in_base64(pictures(1)[0])
    plain = {"candidate_labels": ["a photo of a cat", "a photo of a dog"]}
    inside = {"candidate_labels": ["cat", "dog"], "hypothesis_template": "a photo of a {}"}
    said = [
        client.post("/models/m", json={"inputs": image, "parameters": parameters}).json()
        for parameters in (plain, inside)
    ]
    assert [one["score"] for one in said[0]] == [one["score"] for one in said[1]]


def test_hugging_faces_own_client_is_answered(
    client: httpx2.Client, model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import InferenceClient, constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    key = client.headers["authorization"].removeprefix("Bearer ")
    own = InferenceClient(model=f"{client.base_url}/models/m".replace("//m", "/m"), token=key)
    image = pictures(1)[0]
    said = own.image_classification(png(image), top_k=3)
    best = model.probabilities([image])[0]
    assert [one.label for one in said] == [LABELS[index] for index in np.argsort(-best)[:3]]
    chosen = own.zero_shot_image_classification(png(image), ["a cat", "a dog"])
    assert sum(one.score for one in chosen) == pytest.approx(1)


def tensor(name: str, datatype: str, shape: list[int], data: Any) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def outputs(response: httpx2.Response) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    assert response.status_code == 200, response.text
    types = {"FP32": np.float32, "FP64": np.float64}
    return {
        one["name"]: np.array(one["data"], types[one["datatype"]]).reshape(one["shape"])
        for one in response.json()["outputs"]
    }


@pytest.mark.parametrize("how", ["flat", "nested", "png"])
def test_tensors(client: httpx2.Client, model: TinyModel, how: str) -> None:
    images = pictures(3)
    stacked = np.stack(images)
    given = {
        "flat": tensor("images", "UINT8", [3, SIZE, SIZE, 3], stacked.ravel().tolist()),
        "nested": tensor("images", "UINT8", [3, SIZE, SIZE, 3], stacked.tolist()),
        "png": tensor("png", "BYTES", [3], [in_base64(image) for image in images]),
    }[how]
    found = outputs(client.post("/v2/models/m/infer", json={"inputs": [given]}))
    assert set(found) == {"features", "probabilities"}
    assert (found["features"] == model.image_features(images)).all()
    assert (found["probabilities"] == model.probabilities(images)).all()


def test_named_outputs_only_and_the_id_comes_back(client: httpx2.Client, model: TinyModel) -> None:
    images = np.stack(pictures(1))
    inputs = [
        tensor("images", "UINT8", list(images.shape), images.ravel().tolist()),
        tensor("texts", "BYTES", [2], ["a cat", "a dog"]),
    ]
    wanted = [{"name": "text_features"}, {"name": "features"}]
    request = {"id": "7", "inputs": inputs, "outputs": wanted}
    response = client.post("/v2/models/m/infer", json=request)
    assert response.json()["id"] == "7"
    found = outputs(response)
    assert list(found) == ["text_features", "features"]
    assert (found["text_features"] == model.text_features(["a cat", "a dog"])).all()


def test_metadata_tell_what_to_send_and_what_comes_back(client: httpx2.Client) -> None:
    said = client.get("/v2/models/m").json()
    images = next(one for one in said["inputs"] if one["name"] == "images")
    assert (images["datatype"], images["shape"]) == ("UINT8", [-1, SIZE, SIZE, 3])
    lengths = {one["name"]: one["shape"][1] for one in said["outputs"]}
    assert lengths == {"features": LENGTH, "text_features": LENGTH, "probabilities": len(LABELS)}
    assert said["parameters"]["gives"] == {name: name for name in lengths}
    assert said["parameters"]["size"] == SIZE
    assert said["parameters"]["labels"] == list(LABELS)


def test_health_and_readiness(client: httpx2.Client) -> None:
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2/models/m/ready").json() == {"name": "m", "ready": True}
    assert client.get("/v2").json()["name"] == "telltale"
