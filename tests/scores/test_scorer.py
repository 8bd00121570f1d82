import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from auditcore.errors import ModelError, ScoreError
from auditcore.models import Capability as C
from auditcore.models import open_model
from auditcore.scores import SCORES, Query, Scorer
from auditcore.scores.choices import OTHER_TEXTS
from auditcore.scores.entropy import modified_entropy_score
from auditcore.scores.scorer import probe_picture, rounded
from auditcore.scores.similarity import caption_cosine_score
from auditcore.scores.views import cut_views, draw_views
from tests.models.architectures import save_random
from tests.scores.fakes import Broken, FakeKit, FakeModel, FakePhoto

BOTH = (C.IMAGE_FEATURES, C.TEXT_FEATURES)
EVERYTHING = tuple(C)
QUERIES = [Query(photo, version) for version in range(4) for photo in (1, 0)]


@pytest.fixture
def kit() -> FakeKit:
    return FakeKit([FakePhoto("1.jpg", "a red cat", "a"), FakePhoto("2.jpg", "a dog", "b")])


@pytest.mark.parametrize("name", SCORES)
def test_each_score_answers_in_order_and_the_same_in_any_batches(kit: FakeKit, name: str) -> None:
    scorer = Scorer(kit, FakeModel(*EVERYTHING), name, views=3)
    together = scorer.answer(QUERIES)
    alone = [Scorer(kit, FakeModel(*EVERYTHING), name, views=3).answer([q])[0] for q in QUERIES]
    assert together == alone
    assert together[::-1] == scorer.answer(QUERIES[::-1])
    assert all(np.isfinite(answer.score) for answer in together)
    if name != "label-histogram-unknown":
        assert len({answer.digest for answer in together}) > 1


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_a_real_network_answers_to_the_bit_whatever_is_asked_beside(
    kit: FakeKit, tmp_path: Path, kind: str
) -> None:
    """Otherwise the batch in which the published version is asked could decide its rank."""
    model = open_model(f"openclip:{save_random(tmp_path, kind)}")
    scorer = Scorer(kit, model, "caption-cosine", views=3)
    together = scorer.answer(QUERIES)
    assert together == [scorer.answer([query])[0] for query in QUERIES]
    assert together[1:4] == scorer.answer(QUERIES[1:4])


def test_the_score_is_its_formula_on_the_views_of_the_kit(kit: FakeKit) -> None:
    model = FakeModel(*BOTH)
    (answer,) = Scorer(kit, model, "caption-cosine", views=5).answer([Query(1, 7)])
    crop = SCORES["caption-cosine"].crop
    views = draw_views(kit.stream("views", "caption-cosine", 1), 5, crop)
    features = model.image_features(cut_views(kit.version(1, 7), views, 16))
    expected = caption_cosine_score(features, model.text_features(["a dog"])[0])
    assert answer.score == pytest.approx(expected, rel=1e-5)
    raw = f"<f4{features.shape}".encode() + features.tobytes()
    assert answer.digest == hashlib.sha256(raw).hexdigest()


def test_views_are_shared_by_all_versions_of_a_photo_and_differ_between_photos(
    kit: FakeKit,
) -> None:
    flat = FakeKit(kit.photos)
    flat.version = lambda photo, version: FakeKit.version(flat, 0, 0)  # type: ignore[method-assign]
    model = FakeModel(*BOTH)
    scorer = Scorer(flat, model, "view-similarity", views=4)
    one, same, other = scorer.answer([Query(0, 1), Query(0, 2), Query(1, 1)])
    assert one == same
    assert one.digest != other.digest


def test_each_version_is_one_call_and_each_text_is_asked_once(kit: FakeKit) -> None:
    model = FakeModel(*BOTH)
    scorer = Scorer(kit, model, "caption-cosine", views=6)
    scorer.answer(QUERIES)
    scorer.answer(QUERIES)
    assert model.asked == [6] * 16
    assert model.texts == ["a dog", "a red cat"]  # when they are first needed
    assert scorer.images_per_query == 6
    assert kit.made == [(q.photo, q.version) for q in QUERIES * 2]


def test_the_probe_is_always_the_same_and_shows_another_model(kit: FakeKit) -> None:
    scorer = Scorer(kit, FakeModel(*BOTH), "caption-cosine")
    probe = scorer.probe()
    scorer.answer(QUERIES)
    assert scorer.probe() == probe
    assert kit.made == [(q.photo, q.version) for q in QUERIES]  # no version was asked for it
    changed = Broken(np.array([1.0, 2.0, 3.0]), *BOTH)
    assert Scorer(kit, changed, "caption-cosine").probe().digest != probe.digest
    assert probe_picture(kit).shape == (448, 448, 3)
    assert probe_picture(kit).std() > 30


def test_the_description_goes_into_the_plan(kit: FakeKit) -> None:
    scorer = Scorer(kit, FakeModel(*BOTH), "view-similarity", views=9)
    assert json.loads(json.dumps(scorer.description)) == scorer.description
    assert scorer.description["name"] == "view-similarity"
    assert scorer.description["views"] == 9
    assert scorer.description["crop"]["flip"] is True


def test_a_caption_can_be_part_of_the_question(kit: FakeKit) -> None:
    model = FakeModel(*EVERYTHING)
    views = draw_views(kit.stream("views", "caption-loss", 1), 3, SCORES["caption-loss"].crop)
    images = cut_views(kit.version(1, 7), views, 16)
    (loss,) = Scorer(kit, model, "caption-loss", views=3).answer([Query(1, 7)])
    assert loss.score == pytest.approx(-model.caption_losses(images, "a dog").mean(), rel=1e-5)
    views = draw_views(kit.stream("views", "caption-choice", 1), 3, SCORES["caption-choice"].crop)
    images = cut_views(kit.version(1, 7), views, 16)
    (choice,) = Scorer(kit, model, "caption-choice", views=3).answer([Query(1, 7)])
    chances = model.choices(images, ["a dog", *OTHER_TEXTS]).mean(axis=0)
    assert choice.score == pytest.approx(modified_entropy_score(chances, 0), rel=1e-5)


def test_the_probe_is_really_asked_but_not_about_the_caption(kit: FakeKit) -> None:
    model = FakeModel(*BOTH)
    Scorer(kit, model, "caption-cosine").probe()
    assert model.log == ["texts", "fresh", "images", "kept"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["caption-cosine", "view-similarity", "modified-entropy"])
def test_an_answer_that_is_no_number_is_never_a_score(kit: FakeKit, name: str, bad: float) -> None:
    model = Broken(np.array([0.5, bad, 0.5]), *EVERYTHING)
    with pytest.raises(ScoreError, match=r"not a number \(photo 2.jpg\)"):
        Scorer(kit, model, name).answer([Query(1, 0)])


def test_features_of_nothing_and_false_probabilities_are_refused(kit: FakeKit) -> None:
    with pytest.raises(ScoreError, match="all zero"):
        Scorer(kit, Broken(np.zeros(3), *BOTH), "view-similarity").answer([Query(0, 0)])
    with pytest.raises(ScoreError, match="not class probabilities"):
        Scorer(kit, Broken(np.ones(3), *EVERYTHING), "negative-entropy").answer([Query(0, 0)])


def test_a_caption_the_model_cannot_read_is_refused(kit: FakeKit) -> None:
    model = FakeModel(*BOTH)
    model.text_features = lambda texts: np.full((len(texts), 3), np.nan, np.float32)  # type: ignore[method-assign]
    with pytest.raises(ScoreError, match="for the caption 'a red cat'"):
        Scorer(kit, model, "caption-cosine").answer([Query(0, 0)])


@pytest.mark.parametrize(
    ("name", "capabilities", "words"),
    [
        ("caption-cosin", BOTH, "Did you mean caption-cosine, "),
        ("modified-entropy", BOTH, "needs class probabilities, which Fake does not give"),
        ("caption-cosine", (C.IMAGE_FEATURES,), "needs text features"),
        ("label-histogram", (), "needs predicted labels"),
    ],
)
def test_a_score_that_does_not_fit_is_refused_before_a_query(
    kit: FakeKit, name: str, capabilities: tuple[C, ...], words: str
) -> None:
    model = FakeModel(*capabilities)
    with pytest.raises(ScoreError, match=words):
        Scorer(kit, model, name)
    assert not model.asked


def test_photos_without_a_caption_or_label_are_named() -> None:
    kit = FakeKit([FakePhoto("1.jpg", "one", "a"), FakePhoto("2.jpg"), FakePhoto("3.jpg")])
    model = FakeModel(*EVERYTHING)
    with pytest.raises(ScoreError, match=r"a caption for every photo.*for 2\.jpg, 3\.jpg\."):
        Scorer(kit, model, "caption-cosine")
    with pytest.raises(ScoreError, match="a label for every photo"):
        Scorer(kit, model, "modified-entropy")
    only = Scorer(kit, model, "caption-cosine", photos=[0])
    assert len(only.answer([Query(0, 0)])) == 1
    with pytest.raises(ScoreError, match=r"the photos \[2\]"):
        only.answer([Query(2, 0)])


@pytest.mark.parametrize("views", [0, -1, 257])
def test_views_have_a_limit(kit: FakeKit, views: int) -> None:
    with pytest.raises(ScoreError, match="between 1 and 256"):
        Scorer(kit, FakeModel(*BOTH), "caption-cosine", views=views)


def test_a_failing_kit_or_model_is_not_swallowed(kit: FakeKit) -> None:
    model = FakeModel(*BOTH)

    def fail(_: object) -> None:
        raise ModelError("The model is gone.")

    model.image_features = fail  # type: ignore[assignment, method-assign]
    with pytest.raises(ModelError, match="gone"):
        Scorer(kit, model, "caption-cosine").answer(QUERIES)


def test_scores_are_rounded_so_that_the_last_bits_never_rank() -> None:
    assert rounded(0.12345649) == rounded(0.123456493) == 0.123456
    assert rounded(-1.2345678e-9) == -1.23457e-9
    assert rounded(0.1234561) != rounded(0.1234575)
    assert str(rounded(-0.0)) == "0.0"
    with pytest.raises(ScoreError):
        rounded(float("nan"))
