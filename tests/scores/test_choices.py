import pytest

from auditcore.errors import ScoreError
from auditcore.models import Capability as C
from auditcore.randomness import derive
from auditcore.scores import SCORES, Scorer, default_score, label_index
from auditcore.scores.base import Reference
from auditcore.scores.views import draw_views
from tests.scores.fakes import FakeKit, FakeModel, FakePhoto

BOTH = (C.IMAGE_FEATURES, C.TEXT_FEATURES)
CHANCES = (C.PROBABILITIES, C.LABELS)
BARE = FakeKit([FakePhoto("1.jpg"), FakePhoto("2.jpg")])
CAPTIONED = FakeKit([FakePhoto("1.jpg", caption="one"), FakePhoto("2.jpg", caption="two")])
LABELLED = FakeKit([FakePhoto("1.jpg", label="a"), FakePhoto("2.jpg", label=" B")])
PARTLY = FakeKit([FakePhoto("1.jpg", "one", "a"), FakePhoto("2.jpg")])
ELSEWHERE = FakeKit([FakePhoto("1.jpg", label="zebra"), FakePhoto("2.jpg", label="yak")])
MISTYPED = FakeKit([FakePhoto("1.jpg", label="a"), FakePhoto("2.jpg", label="bb")])


@pytest.mark.parametrize(
    ("capabilities", "kit", "name"),
    [
        (BOTH, CAPTIONED, "caption-cosine"),
        (BOTH, BARE, "view-similarity"),
        (BOTH, PARTLY, "view-similarity"),
        ((C.IMAGE_FEATURES,), CAPTIONED, "view-similarity"),
        (CHANCES, LABELLED, "modified-entropy"),
        (CHANCES, BARE, "negative-entropy"),
        (CHANCES, PARTLY, "negative-entropy"),
        (CHANCES, ELSEWHERE, "negative-entropy"),
        ((C.LABELS,), LABELLED, "label-histogram"),
        ((C.LABELS,), BARE, "label-histogram-unknown"),
        ((*CHANCES, C.IMAGE_FEATURES), BARE, "negative-entropy"),
        ((*CHANCES, *BOTH), CAPTIONED, "caption-cosine"),
        ((*BOTH, C.CAPTION_LOSS), CAPTIONED, "caption-loss"),
        ((C.CHOICE,), CAPTIONED, "caption-choice"),
        ((C.CHOICE, C.LABELS), BARE, "label-histogram-unknown"),
    ],
)
def test_the_strongest_score_that_fits(
    capabilities: tuple[C, ...], kit: FakeKit, name: str
) -> None:
    model = FakeModel(*capabilities)
    assert default_score(model, kit) == name
    Scorer(kit, model, name)


@pytest.mark.parametrize(
    ("capabilities", "kit", "name"),
    [
        (BOTH, CAPTIONED, "caption-cosine-whole"),
        ((C.CHOICE,), CAPTIONED, "caption-choice-whole"),
        ((*BOTH, C.CAPTION_LOSS), CAPTIONED, "caption-loss-whole"),
        (CHANCES, LABELLED, "modified-entropy-whole"),
        (CHANCES, BARE, "negative-entropy-whole"),
        ((C.LABELS,), LABELLED, "label-histogram"),
        ((C.IMAGE_FEATURES,), CAPTIONED, "view-similarity"),
    ],
)
def test_a_hosted_model_is_asked_in_one_look_where_that_can_tell_anything(
    capabilities: tuple[C, ...], kit: FakeKit, name: str
) -> None:
    model = FakeModel(*capabilities)
    model.hosted = True
    assert default_score(model, kit) == name
    images = {"label-histogram": 16, "view-similarity": 32}.get(name, 1)
    assert Scorer(kit, model, name).images_per_query == images


def test_one_look_is_at_the_whole_picture() -> None:
    whole = SCORES["caption-cosine-whole"]
    (view,) = draw_views(derive(b"seed", "views"), whole.views, whole.crop)
    assert (view.left, view.top, view.right, view.bottom) == (0, 0, 1, 1)


def test_only_the_photos_to_be_audited_decide() -> None:
    assert default_score(FakeModel(*BOTH), PARTLY, photos=[0]) == "caption-cosine"
    assert default_score(FakeModel(*CHANCES), PARTLY, photos=[0]) == "modified-entropy"


def test_a_mistyped_label_is_not_passed_over() -> None:
    with pytest.raises(ScoreError, match=r"'bb' is not one of the 3.*Did you mean b\?"):
        default_score(FakeModel(*CHANCES), MISTYPED)


def test_a_model_that_does_not_list_its_labels_is_not_asked_for_them() -> None:
    model = FakeModel(C.LABELS, labels=("a",))  # what it happened to name so far
    assert default_score(model, LABELLED) == "label-histogram-unknown"


def test_a_model_that_gives_nothing() -> None:
    with pytest.raises(ScoreError, match="nothing that can be scored"):
        default_score(FakeModel(), BARE)


def test_labels_are_matched_exactly_then_without_case() -> None:
    model = FakeModel(*CHANCES, labels=("tench", "Cardigan", "cardigan", "tiger cat"))
    assert label_index(model, "Cardigan") == 1
    assert label_index(model, "cardigan") == 2
    assert label_index(model, " Tiger Cat ") == 3
    with pytest.raises(ScoreError, match="may be Cardigan and cardigan: write it exactly"):
        label_index(model, "CARDIGAN")
    with pytest.raises(ScoreError, match=r"Did you mean tiger cat\?"):
        label_index(model, "tigercat")


def test_scores_say_what_they_need() -> None:
    assert SCORES["caption-cosine"].reference is Reference.CAPTION
    assert SCORES["modified-entropy"].reference is Reference.LABEL
    assert SCORES["label-histogram"].needs == {C.LABELS}
    assert all(score.asks in score.needs and score.title for score in SCORES.values())
