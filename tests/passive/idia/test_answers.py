"""What is asked of a model, how often, and what comes of it."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from auditcore.errors import Cancelled, ModelError, PassiveError
from auditcore.models import Capability
from auditcore.passive.idia.answers import TOP, ask, choose, look, sending
from auditcore.passive.idia.names import candidate_names
from auditcore.passive.idia.prompts import TEMPLATES, filled
from auditcore.photos import Pixels
from passive.idia.knowing import BOTH, KnowingModel, face

NAMES = candidate_names(["Ada Lovelace"], count=60)
PHOTOS = [face(1, number) for number in range(10)]


def test_a_known_face_is_answered_with_its_name() -> None:
    answers = ask(KnowingModel({1: "Ada Lovelace"}, strength=3), PHOTOS, NAMES)
    assert answers.top.shape == answers.cosines.shape == (21, 10, TOP)
    assert (answers.best == NAMES.index("Ada Lovelace")).all()
    assert (np.diff(answers.cosines, axis=2) <= 0).all()
    assert np.abs(answers.cosines).max() <= 1


def test_each_photo_is_looked_at_once_and_steps_are_told() -> None:
    model, photos, wordings = KnowingModel(), [], []
    choose(model, look(model, PHOTOS, photos.append), NAMES, wordings.append)
    assert set(model.looked.values()) == {1}
    assert photos == [8, 10]
    assert wordings == list(range(1, 22))


def test_the_best_names_are_those_of_the_full_matrix() -> None:
    model = KnowingModel()
    answers = ask(model, PHOTOS, NAMES)
    seen = _units(model.image_features(PHOTOS))
    for number, template in enumerate(TEMPLATES):
        texts = model.text_features([filled(template, name) for name in NAMES.everyone])
        cosines = seen @ _units(texts).T
        order = np.argsort(-cosines, axis=1)[:, :TOP]
        assert np.array_equal(answers.top[number], order)
        expected = np.take_along_axis(cosines, order, axis=1)
        assert np.allclose(answers.cosines[number], expected, atol=1e-6)


def test_answers_about_one_person_are_those_asked_alone() -> None:
    model = KnowingModel({1: "Ada Lovelace"})
    others = [face(2, number) for number in range(5)]
    together, alone = ask(model, PHOTOS + others, NAMES), ask(model, PHOTOS, NAMES)
    assert np.array_equal(together.of(slice(10)).top, alone.top)
    assert np.array_equal(together.of([3, 11]).best, together.best[:, [3, 11]])
    assert together.of(slice(10, None)).photos == 5


class Mute(KnowingModel):
    """Says the same of every text, so that all names are level."""

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 24), dtype=np.float32)


def test_a_real_name_that_is_level_with_a_decoy_is_no_answer() -> None:
    assert (ask(Mute(), PHOTOS, NAMES).best != NAMES.index("Ada Lovelace")).all()


def test_photos_are_taken_a_few_at_a_time() -> None:
    taken = []

    def reading() -> Iterator[Pixels]:
        for photo in PHOTOS * 3:
            taken.append(1)
            yield photo

    ahead = []
    look(KnowingModel(), reading(), on_photo=lambda done: ahead.append(len(taken) - done))
    assert len(taken) == 30
    assert max(ahead) == 0


def test_no_photo_is_a_sentence() -> None:
    with pytest.raises(PassiveError, match="no photo"):
        ask(KnowingModel(), [], NAMES)


def test_models_that_cannot_be_asked() -> None:
    choosing = frozenset({Capability.CHOICE})
    with pytest.raises(PassiveError, match="only chooses among texts"):
        ask(KnowingModel(gives=choosing), PHOTOS, NAMES)
    for missing in BOTH:
        model = KnowingModel(gives=BOTH - {missing})
        with pytest.raises(ModelError, match=f"does not give {missing}"):
            ask(model, PHOTOS, NAMES)
        assert not model.asked and not model.looked


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0])
def test_numbers_that_are_none_are_a_sentence(wrong: float) -> None:
    class Broken(KnowingModel):
        def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
            return np.full((len(images), 24), wrong, dtype=np.float32)

    with pytest.raises(PassiveError, match="not a number, or with zeros"):
        ask(Broken(), PHOTOS, NAMES)


def test_text_and_picture_of_two_spaces_are_a_sentence() -> None:
    class Crooked(KnowingModel):
        def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
            return np.ones((len(images), 7), dtype=np.float32)

    with pytest.raises(PassiveError, match="cannot be compared"):
        ask(Crooked(), PHOTOS, NAMES)


def test_stopping_ends_between_two_questions() -> None:
    model, done = KnowingModel(), []
    with pytest.raises(Cancelled):
        look(model, PHOTOS, done.append, lambda: bool(done))
    assert done == [8]
    seen, done = look(model, PHOTOS), []
    with pytest.raises(Cancelled):
        choose(model, seen, NAMES, done.append, lambda: len(done) >= 2)
    assert done == [1, 2]


def test_what_would_be_sent_is_counted() -> None:
    model = KnowingModel()
    choose(model, look(model, PHOTOS), NAMES)
    told = sending(photos=len(PHOTOS), people=1)
    assert told.photos == sum(model.looked.values())
    with_names = {text: times for text, times in model.asked.items() if "Ada Lovelace" in text}
    assert told.texts_with_names == sum(with_names.values())
    assert told.texts_with_decoys == sum(model.asked.values()) - sum(with_names.values())


def _units(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = rows.astype(np.float64)
    return exact / np.linalg.norm(exact, axis=1, keepdims=True)
