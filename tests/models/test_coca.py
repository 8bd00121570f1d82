"""A CoCa of random weights: what a caption costs, against open_clip's own forward and loss."""

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from open_clip.loss import CoCaLoss
from PIL import Image
from skimage import data

from auditcore.errors import ModelError
from auditcore.models import Capability, Model, list_models, open_model
from tests.models.architectures import save_random

PICTURES = (data.chelsea(), data.coffee(), data.astronaut())
CAPTIONS = ("a cat", "a cup of coffee on a wooden table, seen from above!!", "x " * 40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(tmp_path_factory.mktemp("coca"), "coca")


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return open_model(f"openclip:{folder}")


@pytest.mark.parametrize("caption", CAPTIONS)
def test_a_captions_loss_is_open_clips_own(folder: Path, model: Model, caption: str) -> None:
    """open_clip's forward on the padded caption and its CoCaLoss, one picture at a time."""
    name = f"local-dir:{folder}"
    theirs, preprocess = open_clip.create_model_from_pretrained(name)
    theirs.eval()
    loss = CoCaLoss(caption_loss_weight=1.0, clip_loss_weight=0.0)
    tokens = open_clip.get_tokenizer(name)([caption])
    expected = []
    with torch.inference_mode():
        for picture in PICTURES:
            said = theirs(preprocess(Image.fromarray(picture))[None], tokens)
            said["logit_scale"] = theirs.logit_scale
            expected.append(float(loss(**said)[1]))
    losses = model.caption_losses(PICTURES, caption)
    assert losses.dtype == np.float64
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-5)
    assert np.ptp(losses) > 1e-4  # the pictures matter


def test_the_loss_by_hand(folder: Path, model: Model) -> None:
    """Minus the log-probability of each next word, each asked with the words before it alone."""
    theirs, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    theirs.eval()
    words = open_clip.get_tokenizer(f"local-dir:{folder}")([CAPTIONS[0]])[0]
    words = words[: int((words != 0).sum())]  # start, a, cat, end
    image = preprocess(Image.fromarray(PICTURES[0]))[None]
    surprises = []
    with torch.inference_mode():
        for place in range(1, len(words)):
            said = theirs(image, words[None, :place], output_labels=False)["logits"][0, place - 1]
            surprises.append(-float(said.log_softmax(dim=0)[words[place]]))
    assert len(surprises) == 3
    assert model.caption_losses(PICTURES[:1], CAPTIONS[0])[0] == pytest.approx(
        np.mean(surprises), abs=1e-5
    )


def test_it_also_gives_features(model: Model) -> None:
    assert model.capabilities == {
        Capability.IMAGE_FEATURES,
        Capability.TEXT_FEATURES,
        Capability.CAPTION_LOSS,
    }
    assert model.image_features(PICTURES).shape == (3, 32)
    assert model.text_features(["a cat"]).shape == (1, 32)


def test_a_clip_without_a_decoder_has_no_captions_loss(tmp_path: Path) -> None:
    clip = open_model(f"openclip:{save_random(tmp_path, 'vit')}")
    assert Capability.CAPTION_LOSS not in clip.capabilities
    with pytest.raises(ModelError, match="does not give caption loss"):
        clip.caption_losses(PICTURES, "a cat")


def test_the_list_knows_which_models_caption() -> None:
    captioners = {e.spec for e in list_models() if Capability.CAPTION_LOSS in e.gives}
    assert "openclip:coca_ViT-B-32/laion2b_s13b_b90k" in captioners
    assert all("coca" in spec for spec in captioners)
