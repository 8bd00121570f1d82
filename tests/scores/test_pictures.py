"""Models on this machine are asked about many versions at a time; answers stay in order."""

import threading
import time

import numpy as np
import pytest

from auditcore.errors import ModelError
from auditcore.models import Capability as C
from auditcore.scores import Answer, Query, Scorer, pictures
from tests.scores.fakes import FakeKit, FakeLocalModel, FakeModel, FakePhoto

QUERIES = [Query(photo, version) for version in range(9) for photo in (1, 0, 0)]
GIVES = (C.IMAGE_FEATURES, C.TEXT_FEATURES, C.CAPTION_LOSS)


@pytest.fixture
def kit() -> FakeKit:
    return FakeKit([FakePhoto("1.jpg", "a red cat"), FakePhoto("2.jpg", "a dog")])


def answers(kit: FakeKit, model: FakeModel, score: str, views: int = 3) -> list[Answer]:
    return Scorer(kit, model, score, views=views).answer(QUERIES)


@pytest.mark.parametrize("score", ["caption-cosine", "view-similarity", "caption-loss"])
def test_how_many_are_asked_at_a_time_changes_no_bit(kit: FakeKit, score: str) -> None:
    expected = answers(kit, FakeLocalModel(*GIVES), score)
    for at_once in (1, 3, 7, 100):
        model = FakeLocalModel(*GIVES)
        model.pictures_at_once = at_once
        assert answers(kit, model, score) == expected
    alone = Scorer(kit, FakeLocalModel(*GIVES), score, views=3)
    assert [alone.answer([query])[0] for query in QUERIES] == expected


def test_composed_views_say_what_cut_ones_do(kit: FakeKit) -> None:
    composed = answers(kit, FakeLocalModel(*GIVES), "caption-cosine")
    cut = answers(kit, FakeModel(*GIVES), "caption-cosine")
    for one, other in zip(composed, cut, strict=True):
        assert one.score == pytest.approx(other.score, abs=2e-4)
    assert {answer.digest for answer in composed}.isdisjoint(answer.digest for answer in cut)


def test_the_plan_tells_composed_from_cut(kit: FakeKit) -> None:
    made = [
        Scorer(kit, model, "view-similarity").description["made"]
        for model in (FakeLocalModel(*GIVES), FakeModel(*GIVES))
    ]
    assert made == ["composed", "cut"]


def test_many_versions_are_one_question_but_a_caption_is_about_one_photo(kit: FakeKit) -> None:
    model = FakeLocalModel(*GIVES)
    answers(kit, model, "view-similarity")
    assert sum(model.asked) == 3 * len(QUERIES)
    assert model.asked[0] == 12
    assert len(model.asked) < len(QUERIES) / 3
    answers(kit, model, "caption-loss")
    told = [caption for caption, count in model.questions for _ in range(count // 3)]
    assert told == [kit.photos[query.photo].caption for query in QUERIES]
    assert ("a red cat", 6) in model.questions  # two versions of one photo


def test_a_version_larger_than_memory_allows_is_composed_call_by_call(
    kit: FakeKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = answers(kit, FakeLocalModel(*GIVES), "view-similarity", views=20)
    monkeypatch.setattr(pictures, "PART_BYTES", 7 * 12 * 16 * 16)
    largest: list[int] = []
    compose = pictures.Composer.compose

    def composing(self: pictures.Composer, queries: object, first: int, behind: int) -> object:
        largest.append(behind - first)
        return compose(self, queries, first, behind)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures.Composer, "compose", composing)
    assert answers(kit, FakeLocalModel(*GIVES), "view-similarity", views=20) == expected
    assert max(largest) == 3  # what the model takes a call


def test_parts_grow_while_they_are_short_and_shrink_when_they_are_long(
    kit: FakeKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [Query(0, version) for version in range(600)]
    model = FakeLocalModel(*GIVES)
    scorer = Scorer(kit, model, "view-similarity", views=3)
    scorer.answer(many)
    assert max(model.asked) > 4 * model.at_once
    monkeypatch.setattr(pictures, "_LONG", 0.0)
    monkeypatch.setattr(pictures, "_SHORT", -1.0)
    for _ in range(8):
        model.asked.clear()
        scorer.answer(many[:100])
    assert max(model.asked) == model.at_once


def test_answers_come_as_they_are_given_and_breaking_off_leaves_nothing_running(
    kit: FakeKit,
) -> None:
    model = FakeLocalModel(*GIVES)
    told = Scorer(kit, model, "view-similarity", views=3).answers(QUERIES)
    next(told)
    assert sum(model.asked) < 3 * len(QUERIES)
    told.close()  # type: ignore[attr-defined]
    asked = list(model.asked)
    time.sleep(0.05)
    assert model.asked == asked
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("asking")]


def test_a_failing_model_is_heard_of_after_the_answers_before(kit: FakeKit) -> None:
    model = FakeLocalModel(*GIVES)
    ask = model.image_features

    def fail(images: object) -> np.ndarray:
        if len(model.asked) == 2:
            raise ModelError("The model is gone.")
        return ask(images)  # type: ignore[arg-type]

    model.image_features = fail  # type: ignore[assignment, method-assign]
    told = Scorer(kit, model, "view-similarity", views=6).answers(QUERIES)
    heard = []
    with pytest.raises(ModelError, match="gone"):
        for answer in told:
            heard.append(answer)
    assert 6 * len(heard) == sum(model.asked) > 0


def test_the_time_of_a_version_is_that_of_the_usual_question(
    kit: FakeKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditcore.scores.scorer.perf_counter", iter([10.0, 14.0] * 9).__next__)
    local = FakeLocalModel(*GIVES)
    assert Scorer(kit, local, "view-similarity", views=3).seconds_per_query() == 1.0
    assert local.asked == [12, 12]  # four versions in 4 seconds
    many = Scorer(kit, local, "view-similarity", views=100).seconds_per_query()
    assert many == pytest.approx(4 * 100 / 12)
    model = FakeModel(*GIVES)
    assert Scorer(kit, model, "view-similarity", views=3).seconds_per_query() == 4.0
    model.seconds_per_image = 0.25
    assert Scorer(kit, model, "view-similarity", views=3).seconds_per_query() == 0.75
    assert model.asked == [3, 3]
    assert not kit.made  # no version is shown for it


def test_the_probe_is_the_same_however_many_are_asked(kit: FakeKit) -> None:
    probes = set()
    for at_once in (1, 12):
        model = FakeLocalModel(*GIVES)
        model.pictures_at_once = at_once
        probes.add(Scorer(kit, model, "caption-cosine", views=9).probe())
    assert len(probes) == 1
