import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import torchvision
from huggingface_hub import constants
from PIL import Image
from safetensors.torch import load_file
from skimage import data
from timm.data import create_transform, resolve_model_data_config
from torchvision import transforms

from auditcore.errors import ModelError
from auditcore.models import Capability, hub, list_models, open_model, timm_hub
from tests.models.timm_folders import STEPS, edit, edit_steps, save_timm, save_torchvision

PICTURES = (data.chelsea(), data.coffee(), data.astronaut()[:300, :180], np.zeros((9, 40, 3), "u1"))
CLASSIFIER = {Capability.IMAGE_FEATURES, Capability.PROBABILITIES, Capability.LABELS}


@pytest.mark.parametrize("architecture", ["test_resnet", "test_vit", "test_convnext"])
@pytest.mark.parametrize("classes", [0, 5])
def test_answers_equal_timms_own(tmp_path: Path, architecture: str, classes: int) -> None:
    folder = save_timm(tmp_path / "model", architecture, classes)
    theirs = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    preprocess = create_transform(**resolve_model_data_config(theirs), is_training=False)
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in PICTURES])
        logits = theirs(batch)
        pooled = theirs.forward_head(theirs.forward_features(batch), pre_logits=True).numpy()
    ours = open_model(f"timm:{folder}")
    np.testing.assert_allclose(ours.image_features(PICTURES), pooled, rtol=0, atol=1e-5)
    assert np.abs(pooled[0] - pooled[1]).max() > 1e-3
    if classes:
        chances = logits.double().softmax(dim=1).numpy()
        np.testing.assert_allclose(ours.probabilities(PICTURES), chances, rtol=0, atol=1e-6)
        assert ours.labels == ("0", "1", "2", "3", "4")
        assert ours.capabilities == CLASSIFIER
    else:
        assert ours.capabilities == {Capability.IMAGE_FEATURES}
        assert ours.labels == ()
        with pytest.raises(ModelError, match="does not give class probabilities"):
            ours.probabilities(PICTURES)


@pytest.mark.parametrize(
    "steps",
    [
        {"crop_mode": "center", "crop_pct": 0.875, "interpolation": "bilinear"},
        {"crop_mode": "squash", "crop_pct": 1.0, "interpolation": "bicubic"},
        {"crop_mode": "border", "crop_pct": 0.95, "interpolation": "bicubic"},
    ],
)
def test_preprocessing_is_timms_to_the_last_digit(tmp_path: Path, steps: dict[str, object]) -> None:
    folder = save_timm(tmp_path / "model", **steps)
    theirs = timm.create_model(f"local-dir:{folder}", pretrained=True)
    preprocess = create_transform(**resolve_model_data_config(theirs), is_training=False)
    model = open_model(f"timm:{folder}")
    for picture in PICTURES:
        batch = model.preprocessing.batch([picture])  # type: ignore[attr-defined]
        np.testing.assert_allclose(
            batch[0].numpy(), preprocess(Image.fromarray(picture)).numpy(), rtol=0, atol=1e-6
        )
    assert str(steps["interpolation"]) in model.identity.details["preprocessing"]
    assert "160 x 160 px" in model.identity.details["preprocessing"]


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small", "efficientnet_b0"])
def test_torchvisions_classifiers_answer_as_torchvision_does(
    tmp_path: Path, architecture: str
) -> None:
    folder = save_torchvision(tmp_path, architecture)
    theirs = torchvision.models.get_model(architecture, weights=None, num_classes=5).eval()
    theirs.load_state_dict(load_file(folder / "model.safetensors"))
    preprocess = transforms.Compose(
        [
            transforms.Resize(72),
            transforms.CenterCrop(64),
            transforms.ToTensor(),
            transforms.Normalize(STEPS["mean"], STEPS["std"]),
        ]
    )
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in PICTURES])
        logits = theirs(batch).double()
    ours = open_model(f"timm:{folder}")
    np.testing.assert_allclose(
        ours.probabilities(PICTURES), logits.softmax(dim=1).numpy(), rtol=0, atol=1e-6
    )
    assert ours.labels == tuple(f"kind {index}" for index in range(5))
    last = [m for m in theirs.modules() if isinstance(m, torch.nn.Linear)][-1]
    with torch.inference_mode():
        again = last(torch.from_numpy(ours.image_features(PICTURES)))
    np.testing.assert_allclose(again.numpy(), logits.numpy(), rtol=0, atol=1e-4)


def test_a_torchvision_encoder_has_no_last_layer(tmp_path: Path) -> None:
    encoder = open_model(f"timm:{save_torchvision(tmp_path / 'a', classes=0)}")
    classifier = open_model(f"timm:{save_torchvision(tmp_path / 'b')}")
    assert encoder.capabilities == {Capability.IMAGE_FEATURES}
    np.testing.assert_allclose(
        encoder.image_features(PICTURES), classifier.image_features(PICTURES), rtol=0, atol=1e-5
    )


def test_identity(tmp_path: Path) -> None:
    folder = save_timm(tmp_path / "mine", labels=["a", "b", "c", "d", "e"])
    model = open_model(f"timm:{folder}")
    assert (model.identity.kind, model.identity.name) == ("timm", "mine")
    assert model.identity.details["architecture"] == "test_resnet (timm)"
    assert model.labels == ("a", "b", "c", "d", "e")
    by_file = open_model(f"timm:{folder}/model.safetensors")
    assert by_file.identity.fingerprint == model.identity.fingerprint
    prints = {model.identity.fingerprint}
    prints.add(open_model(f"timm:{save_timm(tmp_path / 'x', seed=2)}").identity.fingerprint)
    edit_steps(folder, crop_pct=0.8)
    prints.add(open_model(f"timm:{folder}").identity.fingerprint)
    assert len(prints) == 3


@pytest.mark.parametrize("key", ["mean", "std", "input_size", "interpolation", "crop_pct"])
def test_no_preprocessing_is_refused_rather_than_guessed(tmp_path: Path, key: str) -> None:
    folder = save_timm(tmp_path)
    edit_steps(folder, **{key: None})
    with pytest.raises(ModelError, match=f"how pictures are prepared for this model: {key}"):
        open_model(f"timm:{folder}")


@pytest.mark.parametrize("steps", [None, {}, {**STEPS, "resize": None}])
def test_a_torchvision_folder_without_preprocessing_is_refused(
    tmp_path: Path, steps: dict[str, object] | None
) -> None:
    folder = save_torchvision(tmp_path, preprocessing=steps)
    with pytest.raises(ModelError, match="how pictures are prepared"):
        open_model(f"timm:{folder}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"interpolation": "random"}, "interpolation is one of"),
        ({"crop_mode": "fold"}, "crop_mode is one of"),
        ({"crop_pct": 0}, "crop_pct must be a number"),
        ({"crop_pct": "1"}, "crop_pct must be a number"),
        ({"mean": [0.5]}, "mean of the preprocessing must be three numbers"),
        ({"std": [0.5, 0, 0.5]}, "std of the preprocessing must be three positive"),
        ({"input_size": [3, 224, 160]}, "only square ones"),
        ({"input_size": [1, 28, 28]}, "only square ones"),
        ({"input_size": [3, 1e9, 1e9]}, "whole number from 8"),
        ({"input_size": 224}, "three numbers"),
    ],
)
def test_an_impossible_preprocessing_is_refused(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    folder = save_timm(tmp_path)
    edit_steps(folder, **change)
    with pytest.raises(ModelError, match=words):
        open_model(f"timm:{folder}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"architecture": 3}, "does not name an architecture"),
        ({"architecture": "test_resnett"}, r"Did you mean test_resnet"),
        ({"architecture": "hf-hub:someone/model"}, "has no architecture"),
        ({"architecture": "torchvision/resnet81"}, r"Did you mean resnet18"),
        ({"architecture": "torchvision/fasterrcnn_resnet50_fpn"}, "no image classifier"),
        ({"num_classes": "ten"}, "num_classes must say"),
        ({"num_classes": 10**9}, "num_classes must say"),
        ({"label_names": ["one"]}, "names 1 classes, but says that there are 5"),
        ({"label_names": [1, 2, 3, 4, 5]}, "must be a list of texts"),
        ({"model_args": {"checkpoint_path": "/etc/passwd"}}, "checkpoint_path"),
        ({"model_args": {"pretrained": True}}, "arguments pretrained"),
        ({"model_args": {"in_chans": 1}}, "arguments in_chans"),
        ({"model_args": {"act_layer": {"a": 1}}}, "arguments act_layer"),
        ({"model_args": [1]}, "model_args must be"),
        ({"model_args": {"wings": 2}}, "do not fit"),
        ({"model_args": {"global_pool": ""}}, "pooling is switched off"),
        ({"num_classes": 6, "label_names": None}, "do not fit"),
    ],
)
def test_a_strangers_configuration_is_bounded(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    folder = save_timm(tmp_path)
    edit(folder, **change)
    with pytest.raises(ModelError, match=words):
        open_model(f"timm:{folder}")


def test_harmless_arguments_reach_the_architecture(tmp_path: Path) -> None:
    folder = save_timm(tmp_path, "test_vit")
    edit(folder, model_args={"act_layer": "relu", "in_chans": 3})
    plain = open_model(f"timm:{save_timm(tmp_path / 'plain', 'test_vit')}")
    model = open_model(f"timm:{folder}")
    assert np.abs(model.image_features(PICTURES) - plain.image_features(PICTURES)).max() > 1e-4
    assert model.identity.fingerprint != plain.identity.fingerprint


class Bomb:
    """Leaves a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pth", "model.safetensors"])
def test_a_pickle_is_refused_unopened(tmp_path: Path, name: str) -> None:
    folder = save_timm(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Bomb(tmp_path / "opened")))
    for spec in (f"timm:{folder}", f"timm:{folder / name}"):
        with pytest.raises(ModelError, match=r"pickle.*convert it.*config\.json"):
            open_model(spec)
    assert not (tmp_path / "opened").exists()


def test_weights_without_a_configuration_are_refused(tmp_path: Path) -> None:
    folder = save_timm(tmp_path)
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        open_model(f"timm:{folder}")


def test_older_files_without_an_inner_part_are_read(tmp_path: Path) -> None:
    folder = save_timm(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    flat = {**config.pop("pretrained_cfg"), **config, "labels": list("abcde")}
    (folder / "config.json").write_text(json.dumps(flat))
    assert open_model(f"timm:{folder}").labels == tuple("abcde")


def test_a_folder_of_links_as_in_the_hubs_cache(tmp_path: Path) -> None:
    plain, blobs = save_timm(tmp_path / "plain"), tmp_path / "blobs"
    snapshot = tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, name in enumerate(("model.safetensors", "config.json")):
        (blobs / f"{number:064x}").write_bytes((plain / name).read_bytes())
        (snapshot / name).symlink_to(Path("../../blobs") / f"{number:064x}")
    expected = open_model(f"timm:{plain}").identity
    for place in (snapshot, snapshot / "model.safetensors"):
        found = open_model(f"timm:{place}").identity
        assert found.fingerprint == expected.fingerprint
        assert found.details["weights"] == "model.safetensors"


def test_a_named_model_is_opened_as_timm_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub's answer is played back with weights of our own; timm loads the same file."""
    name = "test_resnet.r160_in1k"
    weights = save_timm(tmp_path, classes=1000) / "model.safetensors"
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: str(weights))
    theirs = timm.create_model(
        name, pretrained=True, pretrained_cfg_overlay={"file": str(weights)}
    ).eval()
    preprocess = create_transform(**resolve_model_data_config(theirs), is_training=False)
    with torch.inference_mode():
        logits = theirs(preprocess(Image.fromarray(PICTURES[0]))[None]).double()
    for spec in (f"timm:{name}", "timm:test_resnet"):  # timm's first tag when none is named
        model = open_model(spec)
        assert model.identity.name == name
        np.testing.assert_allclose(
            model.probabilities(PICTURES[:1]), logits.softmax(dim=1).numpy(), rtol=0, atol=1e-7
        )
    assert len(set(model.labels)) == 1000
    assert model.labels[0] == "tench, Tinca tinca"


def test_the_list_shows_what_is_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = save_timm(tmp_path) / "model.safetensors"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "hub" / "models--timm--test_resnet.r160_in1k").mkdir(parents=True)
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: str(weights))
    listed = [entry for entry in list_models() if entry.spec.startswith("timm:")]
    assert [entry.spec for entry in listed if entry.on_this_machine] == [
        "timm:test_resnet.r160_in1k"
    ]
    assert listed[0].size_bytes == weights.stat().st_size
    gives = {entry.spec: entry.gives for entry in listed}
    assert gives["timm:resnet50.a1_in1k"] == CLASSIFIER
    assert gives["timm:vit_small_patch14_dinov2.lvd142m"] == {Capability.IMAGE_FEATURES}
    assert gives["timm:vit_base_patch32_clip_224.laion2b"] == {Capability.IMAGE_FEATURES}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("timm:resnet50.a1_in1", r"Did you mean resnet50\.a1_in1k"),
        ("timm:resnet50.a1_in1k", "downloads are switched off"),
        ("timm:", "no model '' to download"),
        ("timm:./nowhere", "no file or folder"),
        ("timm:torchvision/resnet18", r"timm:resnet18\.tv_in1k"),
        ("timm:torchvision/regnet_x_16gf", "in tv: look for"),
        ("timm:vit_b_16", "only as pickles"),
    ],
)
def test_a_name_that_cannot_be_had_gets_a_sentence(spec: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        open_model(spec)


def test_every_published_model_says_how_pictures_are_prepared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weights = save_timm(tmp_path) / "model.safetensors"
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: str(weights))
    for name in timm_hub.known_names():
        assert timm_hub.hub_source(name).preprocessing.words
