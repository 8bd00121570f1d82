"""Three of open_clip's architectures at full size: our features are open_clip's, to 1e-5.

tests/benchmarks/fidelity.py measures more of them, and what 16 bits change.
"""

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from skimage import data

from auditcore.models import Running, open_model
from tests.models.named import random_named

PICTURES = (data.chelsea(), data.coffee(), data.astronaut()[:300, :180])
TEXTS = ["a cat", "a cup of coffee on a wooden table"]


@pytest.mark.parametrize("name", ["ViT-B-32", "RN50", "convnext_tiny"])
def test_features_equal_open_clips_own(tmp_path: Path, name: str) -> None:
    theirs, preprocess = random_named(name, tmp_path / name)
    tokens = open_clip.get_tokenizer(name)(TEXTS)
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in PICTURES])
        images, texts = theirs.encode_image(batch).numpy(), theirs.encode_text(tokens).numpy()
    ours = open_model(f"openclip:{tmp_path / name}", running=Running("cpu", "float32"))
    np.testing.assert_allclose(ours.image_features(PICTURES), images, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.text_features(TEXTS), texts, rtol=0, atol=1e-5)
    assert np.abs(images[0] - images[1]).max() > 1e-3
    assert ours.input_size == 224
