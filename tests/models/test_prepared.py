"""Pictures given as grey levels on the processor: the same answers as of ordinary ones."""

from pathlib import Path

import numpy as np
import pytest
import torch

from auditcore.models import open_model
from auditcore.models.local import LocalModel
from auditcore.models.prepared import Prepared
from tests.models.architectures import save_random
from tests.models.onnx_files import save_onnx, write_sheet
from tests.models.timm_folders import save_timm


def opened(folder: Path, kind: str) -> LocalModel:
    """Return a small local model of a kind."""
    if kind == "onnx":
        spec = f"onnx:{write_sheet(save_onnx(folder / 'small.onnx'))}"
    elif kind == "timm":
        spec = f"timm:{save_timm(folder)}"
    else:
        spec = f"openclip:{save_random(folder, kind)}"
    model = open_model(spec)
    assert isinstance(model, LocalModel)
    return model


@pytest.mark.parametrize("kind", ["vit", "resnet", "timm", "coca", "onnx"])
def test_prepared_pictures_are_the_same_pictures(tmp_path: Path, kind: str) -> None:
    model = opened(tmp_path, kind)
    size = model.input_size
    images = np.random.default_rng(5).integers(0, 256, (3, size, size, 3)).astype(np.uint8)
    prepared = Prepared(torch.from_numpy(images).permute(0, 3, 1, 2).float().to(model.device))
    assert model.takes_prepared
    assert len(prepared) == 3
    assert np.array_equal(model.image_features(prepared), model.image_features(list(images)))
