"""The hub without a network: huggingface_hub's answers are played back, the files are real."""

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants, errors
from open_clip import factory
from open_clip.pretrained import _PRETRAINED, get_pretrained_cfg

from auditcore.errors import ModelError
from auditcore.models import hub, list_models, open_model, openclip_hub
from tests.models.architectures import CONFIGS, save_random

NAME = "small-test/openai"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Publish a small model whose weights need QuickGELU, which its architecture does not say."""
    entry = {**get_pretrained_cfg("RN50", "openai")}
    assert entry["quick_gelu"]
    monkeypatch.setitem(_PRETRAINED, "small-test", {"openai": entry})
    monkeypatch.setitem(factory._MODEL_CONFIGS, "small-test", CONFIGS["vit"])
    save_random(tmp_path, "vit")
    return tmp_path / "open_clip_model.safetensors"


def test_a_model_of_the_hub_is_open_clips_with_the_right_activation(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: str(weights))
    model = open_model(f"openclip:{NAME}")
    tokens = open_clip.get_tokenizer("small-test")(["a cat"])
    features = {}
    for quick in (True, False):
        theirs = open_clip.create_model("small-test", force_quick_gelu=quick).eval()
        open_clip.load_checkpoint(theirs, str(weights))
        with torch.inference_mode():
            features[quick] = theirs.encode_text(tokens).numpy()
    ours = model.text_features(["a cat"])
    np.testing.assert_allclose(ours, features[True], rtol=0, atol=1e-5)
    assert np.abs(ours - features[False]).max() > 1e-5
    assert model.input_size == 64
    assert model.identity.details["architecture"] == "small-test"
    entry = next(entry for entry in list_models() if entry.spec == f"openclip:{NAME}")
    assert entry.on_this_machine
    assert entry.size_bytes == weights.stat().st_size


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (errors.RemoteEntryNotFoundError, "published only as a pickle"),
        (errors.GatedRepoError, "asks for a licence"),
        (errors.LocalEntryNotFoundError, "is this computer online"),
        (errors.RepositoryNotFoundError, "could not be downloaded"),
        (ConnectionError, "is this computer online"),
    ],
)
def test_what_the_hub_cannot_give_is_said(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception], words: str
) -> None:
    def refuse(*_: object) -> str:
        raise failure.__new__(failure)

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "hf_hub_download", refuse)
    with pytest.raises(ModelError, match=words):
        open_model("openclip:RN50/openai")


def test_only_safetensors_are_ever_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def note(_repository: str, file: str) -> str:
        asked.append(file)
        raise errors.RemoteEntryNotFoundError.__new__(errors.RemoteEntryNotFoundError)

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "hf_hub_download", note)
    for name in openclip_hub.known_names():
        with pytest.raises(ModelError, match="pickle"):
            openclip_hub.hub_source(name)
    assert asked
    assert {Path(file).suffix for file in asked} == {".safetensors"}


def test_every_published_model_says_how_pictures_are_prepared(
    monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: str(weights))
    for name in openclip_hub.known_names():
        source = openclip_hub.hub_source(name)
        assert len(source.preprocess["mean"]) == 3


def test_the_day_a_model_was_published(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    """Days as open_clip's own history has them: B/32 of LAION-2B came on 15 September 2022."""
    assert str(openclip_hub.released("ViT-B-32/laion2b_s34b_b79k")) == "2022-09-15"
    assert str(openclip_hub.released("ViT-B-16-SigLIP2/webli")) == "2025-02-21"
    assert openclip_hub.released("ViT-B-32/of_my_own") is None
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: str(weights))
    assert str(openclip_hub.hub_source("RN50/openai").released) == "2022-04-03"
    unknown = [name for name in openclip_hub.known_names() if openclip_hub.released(name) is None]
    assert unknown == [NAME]
