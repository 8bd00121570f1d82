"""The Open Inference Protocol v2, over real HTTP."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from open_clip import constants

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.base import Capability
from auditcore.models.hosted import HostedModel, connect
from auditcore.models.hosted.oip_input import SCALES
from tests.models.hosted.provider import (
    Asked,
    FakeClock,
    Provider,
    Said,
    access,
    features_of,
    pictures,
    provider,
    unpacked,
)

CLASSIFIER = {Capability.PROBABILITIES, Capability.LABELS}
UINT8_LAST = {"name": "images", "datatype": "UINT8", "shape": [-1, 16, 16, 3]}
FP32_FIRST = {"name": "input__0", "datatype": "FP32", "shape": [-1, 3, 16, 16]}
PNG = {
    "name": "png",
    "datatype": "BYTES",
    "shape": [-1],
    "parameters": {"content_type": "base64"},
}
TEXTS = {"name": "texts", "datatype": "BYTES", "shape": [-1]}


def read_tensor(tensor: dict[str, Any]) -> list[Any]:
    """Return the pictures of an input as the test's model sees them: (H, W, 3) each."""
    if tensor["datatype"] == "BYTES":
        assert tensor["shape"] == [len(tensor["data"])]
        return [unpacked(one) for one in tensor["data"]]
    values = np.array(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
    values = values if values.ndim == 4 else values[None]
    return list(values.transpose(0, 2, 3, 1) if values.shape[1] == 3 else values)


class Server:
    """A v2 server with one model."""

    def __init__(
        self,
        *inputs: dict[str, Any],
        outputs: dict[str, Callable[[Any], list[float]]] | None = None,
        **parameters: Any,
    ) -> None:
        self.inputs = list(inputs) or [UINT8_LAST]
        self.outputs = outputs or {"features": features_of}
        self.parameters = parameters
        self.change: Callable[[dict[str, Any]], Any] = lambda said: said

    def __call__(self, asked: Asked) -> Said:
        if asked.method == "GET":
            assert asked.path == "/v2/models/m"
            outputs = [
                {"name": name, "datatype": "FP32", "shape": [-1, -1]} for name in self.outputs
            ]
            told = {"name": "m", "versions": ["1"], "platform": "x", "inputs": self.inputs}
            return Said({**told, "outputs": outputs, "parameters": self.parameters})
        assert asked.path == "/v2/models/m/infer"
        (tensor,) = asked.json["inputs"]
        if tensor["name"] == "texts":
            rows = [[float(len(text)), 1.0, 2.0] for text in tensor["data"]]
        else:
            wanted = asked.json["outputs"][0]["name"]
            rows = [self.outputs[wanted](picture) for picture in read_tensor(tensor)]
        name = asked.json["outputs"][0]["name"]
        data = [x for row in rows for x in row]
        output = {"name": name, "datatype": "FP32", "shape": [len(rows), len(rows[0])]}
        return Said(self.change({"model_name": "m", "outputs": [{**output, "data": data}]}))


def opened(running: Provider, settings: str = "") -> HostedModel:
    return connect(f"oip:{running.url}#m{settings}", access(), FakeClock().clock())


@pytest.mark.parametrize(
    ("tensor", "settings"),
    [
        (UINT8_LAST, ""),
        (UINT8_LAST | {"shape": [-1, 3, 16, 16]}, ""),
        (UINT8_LAST | {"shape": [1, 16, 16, 3]}, ""),
        (UINT8_LAST | {"shape": [3, 16, 16]}, ""),
        (UINT8_LAST | {"shape": [-1, -1, -1, 3]}, ";size=16"),
        (FP32_FIRST, ";scale=0-255"),
        (FP32_FIRST | {"datatype": "FP64", "shape": [16, 16, 3]}, ";scale=0-255"),
        (PNG, ";size=16"),
    ],
    ids=str,
)
def test_every_layout_reaches_the_model_as_the_same_picture(
    tensor: dict[str, Any], settings: str
) -> None:
    images = pictures(5)
    with provider(Server(tensor)) as running:
        model = opened(running, f"{settings};output=features")
        rows = model.image_features(images)
    assert model.input_size == 16
    assert np.allclose(rows, [features_of(image) for image in images], atol=1e-5)


@pytest.mark.parametrize("scale", SCALES)
def test_scales(scale: str) -> None:
    image = pictures(1)[0]
    mean, deviation = (np.array(part) for part in SCALES[scale])
    exact = ((image / 255 - mean) / deviation).astype(np.float32)
    with provider(Server(FP32_FIRST)) as running:
        model = opened(running, f";scale={scale};output=features")
        model.image_features([image])
        (tensor,) = running.posts[-1].json["inputs"]
    sent = np.array(tensor["data"], np.float32).reshape(3, 16, 16).transpose(1, 2, 0)
    assert np.array_equal(sent, exact)
    assert f"FP32 colours first on the scale {scale}" in model.identity.details["pictures"]


def test_clip_and_imagenet_scales_are_those_of_their_makers() -> None:
    assert SCALES["clip"] == (constants.OPENAI_DATASET_MEAN, constants.OPENAI_DATASET_STD)
    assert SCALES["imagenet"] == (constants.IMAGENET_MEAN, constants.IMAGENET_STD)


def test_metadata_may_tell_everything() -> None:
    server = Server(
        FP32_FIRST | {"shape": [-1, 3, -1, -1]},
        outputs={"out": lambda picture: [3.0, *features_of(picture)]},
        scale="0-255",
        size=16,
        gives={"out": "logits"},
        labels=["a", "b", "c", "d"],
    )
    images = pictures(3)
    with provider(server) as running:
        model = opened(running)
        rows = model.probabilities(images)
    logits = np.array([[3.0, *features_of(image)] for image in images])
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert model.capabilities == CLASSIFIER
    assert model.labels == ("a", "b", "c", "d")
    assert np.allclose(rows, wanted, atol=1e-6)


def test_what_the_person_says_goes_before_metadata() -> None:
    server = Server(FP32_FIRST, scale="imagenet", gives={"features": "logits"})
    with provider(server) as running:
        model = opened(running, ";scale=0-255;output=features")
        rows = model.image_features(pictures(1))
    assert np.allclose(rows, [features_of(pictures(1)[0])], atol=1e-5)


def test_huge_logits_become_probabilities_without_overflow() -> None:
    server = Server(outputs={"o": lambda _: [1e4, 1e4, -1e4]}, gives={"o": "logits"})
    with provider(server) as running:
        rows = opened(running).probabilities(pictures(1))
    assert np.array_equal(rows, [[0.5, 0.5, 0.0]])


def test_classes_without_names_are_numbered() -> None:
    server = Server(outputs={"o": lambda _: [0.5, 0.25, 0.25]})
    with provider(server) as running:
        model = opened(running, ";output=probabilities")
        assert model.predicted_labels(pictures(2)).tolist() == [0, 0]
    assert model.labels == ("0", "1", "2")


@pytest.mark.parametrize(
    ("value", "labels", "named"),
    [(1.0, ["x", "y"], "y"), (1, ["x", "y"], "y"), (7, ["x"], "7"), ("crane", None, "crane")],
)
def test_labels_alone(value: Any, labels: Any, named: str) -> None:
    known = {"labels": labels} if labels else {}
    server = Server(outputs={"best": lambda _: [value]}, gives={"best": "labels"}, **known)
    with provider(server) as running:
        model = opened(running)
        (index,) = model.predicted_labels(pictures(1))
    assert model.capabilities == {Capability.LABELS}
    assert model.labels[index] == named


def test_texts_and_pictures_and_two_kinds_of_answers() -> None:
    server = Server(
        UINT8_LAST,
        PNG,
        TEXTS,
        outputs={
            "features": features_of,
            "probabilities": lambda _: [0.5, 0.5],
            "text_features": features_of,
        },
        gives={
            "features": "features",
            "probabilities": "probabilities",
            "text_features": "text_features",
        },
    )
    with provider(server) as running:
        model = opened(running)
        texts = model.text_features(["a cat", "dog"])
        opened(running, ";input=png").image_features(pictures(1))
        last = running.posts[-1].json["inputs"][0]
    assert model.capabilities == {
        Capability.IMAGE_FEATURES,
        Capability.TEXT_FEATURES,
        Capability.PROBABILITIES,
        Capability.LABELS,
    }
    assert texts.tolist() == [[5.0, 1.0, 2.0], [3.0, 1.0, 2.0]]
    assert last["name"] == "png"


@pytest.mark.parametrize(
    ("server", "settings", "words"),
    [
        (Server(FP32_FIRST), ";output=features", "nothing tells how pixels .* Add ;scale="),
        (Server(FP32_FIRST, scale="odd"), ";output=features", "Add ;scale="),
        (Server(), "", "outputs are “features”, and nothing tells .* ;output=features:NAME"),
        (Server(), ";output=logits:other", "outputs are “features”"),
        (
            Server(outputs={"a": features_of, "b": features_of}),
            ";output=features",
            "outputs are “a”, “b”",
        ),
        (Server(gives={"features": "wisdom"}), "", "nothing tells"),
        (Server(gives={"features": "text_features"}), "", "nothing tells"),
        (Server(UINT8_LAST | {"datatype": "INT64"}), ";output=features", "of type “INT64”"),
        (Server(UINT8_LAST | {"shape": [-1, 16, 20, 3]}), ";output=features", "square colour"),
        (Server(UINT8_LAST | {"shape": [-1, 16, 16, 1]}), ";output=features", "square colour"),
        (Server(UINT8_LAST | {"shape": [-1, 768]}), ";output=features", "square colour"),
        (Server(UINT8_LAST | {"shape": [-1, 9000, 9000, 3]}), ";output=features", "square"),
        (Server(UINT8_LAST, FP32_FIRST), ";output=features", "Add ;input="),
        (Server(UINT8_LAST), ";output=features;input=other", "Add ;input="),
        (
            Server(outputs={"o": lambda _: [0.9, 0.9]}),
            ";output=probabilities",
            "no set of probabilities",
        ),
        (Server(gives={"features": "logits"}, labels=["a"]), "", "names 1 classes but gives 3"),
    ],
)
def test_what_nothing_tells_is_asked_for(server: Server, settings: str, words: str) -> None:
    with provider(server) as running, pytest.raises(ModelError, match=words):
        opened(running, settings)


@pytest.mark.parametrize(
    "told",
    [None, [], "x", {}, {"inputs": [], "outputs": []}, {"inputs": [{}], "outputs": [{}]}],
    ids=str,
)
def test_strange_metadata_gets_a_sentence(told: Any) -> None:
    with provider(lambda _: Said(told)) as running, pytest.raises(ModelError):
        opened(running, ";output=features")


def test_a_model_that_is_not_described_gets_a_sentence() -> None:
    told = Said({"name": "m", "inputs": [], "outputs": []})
    with provider(lambda _: told) as running, pytest.raises(ModelError, match="does not describe"):
        opened(running, ";output=features")


def test_names_that_a_provider_chose_are_shown_short_and_on_one_line() -> None:
    outputs = {f"out\n{number}" + "x" * 500: features_of for number in range(40)}
    with provider(Server(outputs=outputs)) as running, pytest.raises(ModelError) as told:
        opened(running)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 1500


def test_a_prefix_and_v2_in_the_address() -> None:
    def answering(asked: Asked) -> Said:
        path = asked.path.removeprefix("/team")
        assert path != asked.path
        return Server()(Asked(asked.method, path, asked.headers, asked.body))

    with provider(answering) as running:
        for path in ("/team", "/team/", "/team/v2", "/team/v2/"):
            connect(f"oip:{running.url}{path}#m;output=features", access(), FakeClock().clock())


def _changed(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda said: {**said, "outputs": [said["outputs"][0] | changes]}


FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no outputs": lambda said: {"model_name": "m"},
    "outputs empty": lambda said: {**said, "outputs": []},
    "other name": _changed(name="other"),
    "twice": lambda said: {**said, "outputs": said["outputs"] * 2},
    "fewer numbers": _changed(data=[0.1, 0.2, 0.3]),
    "another shape": _changed(shape=[3, 2]),
    "no shape": _changed(shape=[]),
    "shape of texts": _changed(shape=["a"]),
    "not a number": _changed(data=[float("nan")] + [0.0] * 5),
    "null": _changed(data=[None] + [0.0] * 5),
    "texts": _changed(data=["a"] * 6),
    "no data": _changed(data=None),
    "wider": _changed(data=[0.1] * 8, shape=[2, 4]),
    "transposed": _changed(data=[0.1] * 6, shape=[6]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_changed_answer_stops_with_a_sentence(fault: str) -> None:
    server = Server()
    with provider(server) as running:
        model = opened(running, ";output=features")
        server.change = FAULTS[fault]
        with pytest.raises(ChangedAnswer):
            model.image_features(pictures(2))
