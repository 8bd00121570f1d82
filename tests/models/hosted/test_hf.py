"""Hugging Face Inference, over real HTTP."""

from typing import Any

import numpy as np
import pytest

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.base import Capability
from auditcore.models.hosted import HostedModel, connect
from tests.models.hosted.provider import (
    Answering,
    Asked,
    FakeClock,
    Said,
    access,
    features_of,
    pictures,
    provider,
    seen,
    unpacked,
)

LABELS = ("tabby, tabby cat", "Eisbär", "teapot", "crane")
CLASSIFIER = {Capability.PROBABILITIES, Capability.LABELS}


def shares(pixels: Any, count: int) -> list[float]:
    """Return the test model's probabilities for a picture."""
    base = np.array([1.0, *features_of(pixels)])[:count]
    base = np.resize(base, count) * np.arange(1, count + 1)
    return [float(x) for x in base / base.sum()]


def ranked(labels: Any, scores: list[float], top: int | None = None) -> Said:
    pairs = sorted(zip(labels, scores, strict=True), key=lambda pair: -pair[1])[:top]
    return Said([{"label": label, "score": score} for label, score in pairs])


def classifier(asked: Asked) -> Said:
    """Answer as the image-classification pipeline does: the best five unless told otherwise."""
    if asked.headers["content-type"] == "application/json":
        parameters = asked.json.get("parameters", {})
        if "candidate_labels" in parameters:
            return Said({"error": "unexpected candidate_labels"}, status=400)
        pixels, top = unpacked(asked.json["inputs"]), parameters.get("top_k", 2)
    else:
        pixels, top = seen(asked.body), 2
    return ranked(LABELS, shares(pixels, len(LABELS)), top)


def zero_shot(asked: Asked) -> Said:
    """Answer as the zero-shot pipeline does."""
    if asked.headers["content-type"] != "application/json":
        return Said({"error": "JSON please"}, status=415)
    parameters = asked.json["parameters"]
    if "candidate_labels" not in parameters:
        return Said({"error": ["Error in `parameters.candidate_labels`: field required"]}, 400)
    assert parameters["hypothesis_template"] == "{}"
    labels = parameters["candidate_labels"]
    return ranked(labels, shares(unpacked(asked.json["inputs"]), len(labels)))


def opened(url: str, settings: str = "") -> HostedModel:
    return connect(f"hf:{url}/models/x;size=16{settings}", access(), FakeClock().clock())


def test_all_labels_come_as_probabilities() -> None:
    images = pictures(6)
    with provider(classifier) as running:
        model = opened(running.url)
        rows = model.probabilities(images)
        best = model.predicted_labels(images)
    assert model.capabilities == CLASSIFIER
    assert set(model.labels) == set(LABELS)
    wanted = [dict(zip(LABELS, shares(image, 4), strict=True)) for image in images]
    assert np.allclose(rows, [[row[label] for label in model.labels] for row in wanted])
    assert [model.labels[i] for i in best] == [max(row, key=lambda x: row[x]) for row in wanted]
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-12)
    assert {asked.path for asked in running.posts} == {"/models/x"}
    assert np.array_equal(unpacked(running.posts[-1].json["inputs"]).shape, (16, 16, 3))


def test_the_order_of_labels_is_the_same_in_the_next_session() -> None:
    with provider(classifier) as running:
        assert opened(running.url).labels == opened(running.url).labels == tuple(sorted(LABELS))


def test_an_endpoint_at_the_root() -> None:
    with provider(classifier) as running:
        connect(f"hf:{running.url};size=16", access(), FakeClock().clock())
    assert {asked.path for asked in running.posts} == {"/"}


def test_a_server_that_takes_bytes_alone_gives_its_best_labels() -> None:
    def bytes_alone(asked: Asked) -> Said:
        if asked.headers["content-type"] != "image/png":
            return Said({"error": "Content type not supported"}, status=415)
        return classifier(asked)

    with provider(bytes_alone) as running:
        model = opened(running.url)
        images = pictures(8)
        best = model.predicted_labels(images)
    assert model.capabilities == {Capability.LABELS}
    assert "bytes alone" in model.identity.details["protocol"]
    named = [LABELS[int(np.argmax(shares(image, 4)))] for image in images]
    assert [model.labels[i] for i in best] == named
    with pytest.raises(ModelError, match="does not give class probabilities"):
        model.probabilities(images)


def test_labels_first_named_later_are_added_at_the_end() -> None:
    turns = iter(["teapot", "crane", "teapot", "Eisbär", "crane"])
    with provider(lambda _: Said([{"label": next(turns), "score": 0.4}])) as running:
        model = opened(running.url, ";batch=1")
        model.begin("audit", lambda: False)
        assert model.labels == ("teapot",)
        one, two, three, four = pictures(4)
        first = model.predicted_labels([one])
        known = model.labels
        model.predicted_labels([two])
        model.predicted_labels([three])
        model.predicted_labels([four])
    assert known == ("teapot", "crane")
    assert first[0] == 1
    assert model.labels == ("teapot", "crane", "Eisbär")


def test_kept_labels_do_not_depend_on_the_order_in_which_they_were_met() -> None:
    named = {0: "teapot", 1: "crane", 2: "Eisbär"}
    images = pictures(3)

    def answering(asked: Asked) -> Said:
        pixels = unpacked(asked.json["inputs"])
        found = [i for i, image in enumerate(images) if np.array_equal(image, pixels)]
        return Said([{"label": named[found[0]] if found else "teapot", "score": 0.4}])

    with provider(answering) as running:
        before = opened(running.url)
        before.begin("audit", lambda: False)
        before.predicted_labels(images)
        after = opened(running.url)
        after.begin("audit", lambda: False)
        sent = len(running.posts)
        rows = after.predicted_labels(images[::-1])
        assert len(running.posts) == sent
    assert [after.labels[i] for i in rows] == ["Eisbär", "crane", "teapot"]


@pytest.mark.parametrize("settings", [";output=labels", ";task=classification;output=labels"])
def test_labels_alone_can_be_chosen(settings: str) -> None:
    with provider(classifier) as running:
        model = opened(running.url, settings)
        model.predicted_labels(pictures(1))
    assert model.capabilities == {Capability.LABELS}
    assert set(model.labels) == set(LABELS)


def test_classes_judged_for_themselves_give_labels_alone() -> None:
    each = Said([{"label": "cat", "score": 0.9}, {"label": "indoors", "score": 0.8}])
    with provider(lambda _: each) as running:
        model = opened(running.url)
    assert model.capabilities == {Capability.LABELS}
    assert model.labels == ("cat", "indoors")


def test_two_classes_of_one_name_give_labels_alone() -> None:
    twice = Said([{"label": "crane", "score": 0.6}, {"label": "crane", "score": 0.4}])
    with provider(lambda _: twice) as running:
        model = opened(running.url)
    assert model.capabilities == {Capability.LABELS}
    assert model.labels == ("crane",)


def test_probabilities_rounded_to_three_digits_still_sum_to_one() -> None:
    def rounding(asked: Asked) -> Said:
        said = classifier(asked)
        for item in said.value:
            item["score"] = round(item["score"], 3)
        return said

    with provider(rounding) as running:
        rows = opened(running.url).probabilities(pictures(5))
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("settings", ["", ";task=zero-shot"])
def test_zero_shot_is_found_or_chosen(settings: str) -> None:
    texts = ["a bear, white", "a teapot", "a bear, white"]
    images = pictures(3)
    with provider(zero_shot) as running:
        model = opened(running.url, settings)
        rows = model.choices(images, texts)
    assert model.capabilities == {Capability.CHOICE}
    assert rows.shape == (3, 3)
    assert np.allclose(rows.sum(axis=1), 1)
    for row, image in zip(rows, images, strict=True):
        first, teapot, second = shares(image, 3)
        assert row[1] == pytest.approx(teapot)
        assert sorted(row[[0, 2]]) == pytest.approx(sorted([first, second]))
    assert running.posts[-1].json["parameters"]["candidate_labels"] == texts


def test_zero_shot_scores_of_their_own_are_made_shares() -> None:
    def sigmoid(asked: Asked) -> Said:
        labels = asked.json["parameters"].get("candidate_labels")
        return ranked(labels, [0.2] * len(labels)) if labels else Said({}, status=400)

    with provider(sigmoid) as running:
        rows = opened(running.url, ";task=zero-shot").choices(pictures(1), ["a", "b", "c", "d"])
    assert np.allclose(rows, 0.25)


def test_a_wrapped_list_is_read() -> None:
    def wrapped(asked: Asked) -> Said:
        return Said([classifier(asked).value])

    with provider(wrapped) as running:
        assert opened(running.url).capabilities == CLASSIFIER


FAULTS: dict[str, Any] = {
    "one less": lambda said: said[:-1],
    "one twice": lambda said: [*said[:-1], said[0]],
    "one more": lambda said: [*said, {"label": "new", "score": 0.0}],
    "other label": lambda said: [said[0] | {"label": "new"}, *said[1:]],
    "not a number": lambda said: [said[0] | {"score": float("nan")}, *said[1:]],
    "null": lambda said: [said[0] | {"score": None}, *said[1:]],
    "negative": lambda said: [said[0] | {"score": -0.1}, *said[1:]],
    "too much": lambda said: [said[0] | {"score": 1.0}, *said[1:]],
    "label a number": lambda said: [said[0] | {"label": 3}, *said[1:]],
    "label empty": lambda said: [said[0] | {"label": ""}, *said[1:]],
    "scores are lists": lambda said: [item | {"score": [0.1]} for item in said],
    "an error": lambda said: {"error": "x"},
    "empty": lambda said: [],
    "texts": lambda said: ["cat"],
    "null alone": lambda said: None,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["classes", "choice"])
def test_a_changed_answer_stops_with_a_sentence(fault: str, kind: str) -> None:
    broken = [False]
    answering: Answering = classifier if kind == "classes" else zero_shot

    def sometimes(asked: Asked) -> Said:
        said = answering(asked)
        if broken[0]:
            said.value = FAULTS[fault](said.value)
        return said

    def ask(model: HostedModel) -> Any:
        if kind == "classes":
            return model.probabilities(pictures(1))
        return model.choices(pictures(1), ["a", "b", "c", "d"])

    with provider(sometimes) as running:
        model = opened(running.url, "" if kind == "classes" else ";task=zero-shot")
        ask(model)
        broken[0] = True
        if kind == "choice" and fault == "too much":
            return  # scores of a choice are shares of their sum, whatever that is
        with pytest.raises(ChangedAnswer):
            ask(model)
