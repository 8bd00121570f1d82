"""From what a person points at to a spec."""

from pathlib import Path

import pytest

from auditcore.errors import ModelError
from auditcore.models.pointing import spec_for


def made(place: Path, *names: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place / name).write_bytes(b"")
    return place


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["open_clip_config.json", "open_clip_model.safetensors"], "openclip"),
        (["open_clip_config.json", "config.json"], "openclip"),
        (["config.json", "model.safetensors"], "timm"),
    ],
)
def test_a_folder_is_known_by_its_configuration(
    tmp_path: Path, names: list[str], kind: str
) -> None:
    assert spec_for(str(made(tmp_path, *names))) == f"{kind}:{tmp_path}"


def test_files_are_known_by_name_and_neighbours(tmp_path: Path) -> None:
    clip = made(tmp_path / "clip", "open_clip_config.json", "a.safetensors") / "a.safetensors"
    timm = made(tmp_path / "timm", "config.json", "b.safetensors") / "b.safetensors"
    network = made(tmp_path / "onnx", "net.ONNX") / "net.ONNX"
    assert spec_for(str(clip)) == f"openclip:{clip}"
    assert spec_for(f' "{timm}" ') == f"timm:{timm}"
    assert spec_for(str(network)) == f"onnx:{network}"
    folder = made(tmp_path / "one", "net.onnx", "net.onnx.json")
    assert spec_for(str(folder)) == f"onnx:{folder / 'net.onnx'}"


def test_a_persons_own_folder_has_a_short_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    made(tmp_path / "mine", "config.json")
    assert spec_for("~/mine") == f"timm:{tmp_path / 'mine'}"


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing at"):
        spec_for(str(tmp_path / "gone"))
    with pytest.raises(ModelError, match="not known as a model's"):
        spec_for(str(made(tmp_path / "two", "a.onnx", "b.onnx")))
