"""Configurations that nobody wrote on purpose: each is read, or refused with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from auditcore.errors import ModelError
from auditcore.models.onnx_sheet import read_sheet
from auditcore.models.timm_folder import folder_source
from tests.models.onnx_files import SHEET
from tests.models.timm_folders import STEPS

TIMM: dict[str, Any] = {
    "architecture": "test_resnet",
    "num_classes": 2,
    "label_names": ["a", "b"],
    "label_descriptions": {"a": "one", "b": "two"},
    "model_args": {"act_layer": "relu"},
    "pretrained_cfg": {
        "input_size": [3, 160, 160],
        "interpolation": "bicubic",
        "crop_pct": 0.95,
        "crop_mode": "center",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    },
}
TORCHVISION: dict[str, Any] = {
    "architecture": "torchvision/resnet18",
    "num_classes": 2,
    "labels": ["a", "b"],
    "preprocessing": STEPS,
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def places(config: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the paths to every value of a configuration, inner objects included."""
    inner = [
        (key, *rest)
        for key, value in config.items()
        if isinstance(value, dict)
        for rest in places(value)
    ]
    return [(key,) for key in config] + inner


def replaced(config: dict[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    key, *rest = place
    return {**config, key: replaced(config[key], tuple(rest), value) if rest else value}


@pytest.mark.parametrize("config", [TIMM, TORCHVISION], ids=["timm", "torchvision"])
@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_folder(tmp_path: Path, config: dict[str, Any], data: st.DataObject) -> None:
    (tmp_path / "model.safetensors").write_bytes(save({}))
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert folder_source(tmp_path).classes == 2
    place = data.draw(st.sampled_from(places(config)))
    changed = replaced(config, place, data.draw(ANYTHING))
    (tmp_path / "config.json").write_text(json.dumps(changed))
    try:
        folder_source(tmp_path)
    except ModelError as refusal:
        assert str(refusal).endswith((".", "?"))


@settings(max_examples=40, deadline=None, database=None)
@given(data=st.data())
def test_a_sheet_of_an_onnx_file(data: st.DataObject) -> None:
    assert read_sheet(Path("none.onnx"), {"telltale": json.dumps(SHEET)}).size == 16
    place = data.draw(st.sampled_from(places(SHEET)))
    changed = replaced(SHEET, place, data.draw(ANYTHING))
    try:
        read_sheet(Path("none.onnx"), {"telltale": json.dumps(changed)})
    except ModelError as refusal:
        assert str(refusal).endswith((".", "?", "}"))
