import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from auditcore.errors import ModelError
from auditcore.models import open_model
from auditcore.models.checkpoints import check_safetensors
from tests.models.architectures import PREPROCESSINGS, save_random

OPENED = "opened"


class Bomb:
    """Leaves a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("name", ["model.pt", "model.bin", "model.ckpt", "model.safetensors"])
@pytest.mark.parametrize("protocol", ["zip", 2, 4])
def test_a_pickle_is_refused_unopened_whatever_its_name(
    tmp_path: Path, name: str, protocol: str | int
) -> None:
    folder = save_random(tmp_path / "model", "vit")
    trap = tmp_path / OPENED
    path = folder / name
    if protocol == "zip":
        torch.save({"state_dict": Bomb(trap)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(trap), protocol=int(protocol)))
    with pytest.raises(ModelError, match=r"pickle.*convert it") as refusal:
        open_model(f"openclip:{path}")
    assert "safetensors" in str(refusal.value)
    assert not trap.exists()


def test_a_folder_of_pickles_alone_is_refused_with_the_way_to_convert(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    (folder / "open_clip_model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin is a pickle"):
        open_model(f"openclip:{folder}")


def test_the_conversion_that_is_advised_works(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    before = open_model(f"openclip:{folder}")
    weights = load_file(folder / "open_clip_model.safetensors")
    (folder / "open_clip_model.safetensors").unlink()
    torch.save({"state_dict": {f"module.{k}": v for k, v in weights.items()}}, folder / "x.pt")
    with pytest.raises(ModelError) as refusal:
        open_model(f"openclip:{folder}")
    code = str(refusal.value).split('python -c "')[1].split('" and put')[0]
    here = Path.cwd()
    os.chdir(folder)
    try:
        exec(code, {})  # the sentence a person is told to run, word for word
    finally:
        os.chdir(here)
    after = open_model(f"openclip:{folder}")
    assert before.text_features(["cat"]).tobytes() == after.text_features(["cat"]).tobytes()


@pytest.mark.parametrize("changes", [{"preprocess_cfg": None}, {"preprocess_cfg": {"mean": [0]}}])
def test_no_preprocessing_is_refused_rather_than_guessed(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    folder = save_random(tmp_path, "vit", **changes)
    with pytest.raises(ModelError, match="how pictures are prepared"):
        open_model(f"openclip:{folder}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mean": [0.5, 0.5]}, "mean of the preprocessing must be three numbers"),
        ({"std": [0.5, 0.0, 0.5]}, "std of the preprocessing must be three positive"),
        ({"std": ["a", 1, 1]}, "std of the preprocessing must be three positive"),
        ({"interpolation": "lanczos"}, "lanczos"),
        ({"resize_mode": "fold"}, "fold"),
    ],
)
def test_an_impossible_preprocessing_is_refused(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    folder = save_random(tmp_path, "vit", preprocess_cfg={**PREPROCESSINGS["vit"], **change})
    with pytest.raises(ModelError, match=words):
        open_model(f"openclip:{folder}")


def test_old_configurations_with_mean_and_std_alone_mean_bicubic_shortest(tmp_path: Path) -> None:
    steps = PREPROCESSINGS["vit"]
    folder = save_random(
        tmp_path, "vit", preprocess_cfg={"mean": steps["mean"], "std": steps["std"]}
    )
    shown = open_model(f"openclip:{folder}").identity.details["preprocessing"]
    assert shown.startswith("centre square resized (bicubic)")


def test_weights_without_a_configuration_are_refused(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    (folder / "open_clip_config.json").unlink()
    with pytest.raises(ModelError, match=r"open_clip_config\.json is missing"):
        open_model(f"openclip:{folder}/open_clip_model.safetensors")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[1]", "JSON object"),
        (b"{}", "does not describe an open_clip model"),
        (b'{"model_cfg": {"embed_dim": 8, "vision_cfg": 3, "text_cfg": {}}}', "does not describe"),
        (b" " * 1_000_001, "too large"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_broken_configuration_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    folder = save_random(tmp_path, "vit")
    (folder / "open_clip_config.json").write_bytes(content)
    with pytest.raises(ModelError, match=words):
        open_model(f"openclip:{folder}")


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 64])
def test_a_damaged_weights_file_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = save_random(tmp_path, "vit")
    (folder / "open_clip_model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        open_model(f"openclip:{folder}")


def test_a_weights_file_cut_short_is_refused(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    path = folder / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"do not fit|not a whole"):
        open_model(f"openclip:{folder}")


@pytest.mark.parametrize("length", range(128))
def test_no_safetensors_file_is_taken_for_a_pickle(tmp_path: Path, length: int) -> None:
    """The first byte is that of the header's length, and may be a pickle's too."""
    header = json.dumps({"__metadata__": {"x": "y" * length}}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    check_safetensors(path, "model.safetensors", "config.json")


def test_two_weights_files_must_be_told_apart(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    weights = folder / "open_clip_model.safetensors"
    (folder / "b.safetensors").write_bytes(weights.read_bytes())
    weights.rename(folder / "a.safetensors")
    with pytest.raises(ModelError, match=r"a\.safetensors, b\.safetensors"):
        open_model(f"openclip:{folder}")
    assert open_model(f"openclip:{folder}/b.safetensors").input_size == 64


def test_an_empty_folder_holds_no_model(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text(json.dumps({}))
    with pytest.raises(ModelError, match="holds no model"):
        open_model(f"openclip:{tmp_path}")


def test_another_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ModelError, match=r"expected a name in \.safetensors"):
        open_model(f"openclip:{tmp_path / 'photo.jpg'}")
