import numpy as np
import pytest
from PIL import Image
from skimage import data

from auditcore.models import Capability, Model, open_model
from auditcore.models.efficientnet import centre_square


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model("efficientnet-lite0")


def test_it_knows_a_cat_and_an_espresso(model: Model) -> None:
    chances = model.probabilities([data.chelsea(), data.coffee()])
    assert [model.labels[i] for i in chances.argmax(axis=1)] == ["tiger cat", "espresso"]
    assert chances[1].max() > 0.9
    assert chances.dtype == np.float64
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-12)
    assert model.predicted_labels([data.coffee()]).tolist() == [model.labels.index("espresso")]


def test_its_thousand_labels_are_names_told_apart(model: Model) -> None:
    assert len(model.labels) == 1000
    assert len(set(model.labels)) == 1000
    assert {"Cardigan", "cardigan"} < set(model.labels)  # a dog and a garment
    assert model.labels[0] == "tench"
    assert model.labels[999] == "toilet tissue"


def test_features_lead_to_the_probabilities(model: Model) -> None:
    features = model.image_features([data.chelsea()])
    assert features.shape == (1, 1280)
    last = model._network._fc  # type: ignore[attr-defined]
    logits = features @ last.weight.detach().numpy().T + last.bias.detach().numpy()
    chances = np.exp(logits - logits.max())
    expected = chances / chances.sum()
    np.testing.assert_allclose(model.probabilities([data.chelsea()]), expected, atol=1e-5)


def test_pictures_are_scaled_as_in_the_original(model: Model) -> None:
    flat = np.full((300, 400, 3), 200, np.uint8)
    tensor = model.preprocessing.batch([flat])  # type: ignore[attr-defined]
    assert tensor.shape == (1, 3, 224, 224)
    np.testing.assert_allclose(tensor.numpy(), (200 - 127) / 128, atol=1e-6)


def test_the_centre_is_kept_and_a_picture_of_the_right_size_is_used_whole(model: Model) -> None:
    picture = data.chelsea()
    height, width = picture.shape[:2]
    side = height * 0.875
    box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    expected = Image.fromarray(picture).resize((224, 224), Image.Resampling.BICUBIC, box=box)
    assert np.array_equal(np.asarray(centre_square(Image.fromarray(picture))), np.asarray(expected))
    whole = picture[:224, :224]
    tensor = model.preprocessing.batch([whole])  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        tensor[0].permute(1, 2, 0).numpy(), (whole.astype(float) - 127) / 128, atol=1e-6
    )


def test_identity(model: Model) -> None:
    assert str(model.identity.released) == "2020-06-20"
    assert model.capabilities == {
        Capability.IMAGE_FEATURES,
        Capability.PROBABILITIES,
        Capability.LABELS,
    }
