from pathlib import Path

import pytest

from auditcore.errors import ModelError
from auditcore.kit import open_kit
from auditcore.models import demo, list_models, open_model
from auditcore.paths import assets_dir
from auditcore.scores import Query, Scorer, default_score
from tests.models.architectures import save_random
from tests.models.timm_folders import save_timm


def test_an_installation_without_demo_models_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "assets_dir", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"python -m auditcore\.lab\.demo"):
        open_model("demo:with")
    entries = {entry.spec: entry for entry in list_models()}
    assert not entries["demo:with"].on_this_machine
    assert entries["demo:with"].size_bytes is None


@pytest.mark.parametrize("name", ["people", "encoder"])
def test_each_missing_model_names_the_command_that_makes_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "assets_dir", lambda: tmp_path)
    with pytest.raises(ModelError, match=rf"demo:{name} .* python -m auditcore\.lab\.demo_{name} "):
        open_model(f"demo:{name}")


def test_an_unknown_demo_model_is_told_all_four() -> None:
    with pytest.raises(ModelError) as told:
        open_model("demo:nobody")
    for name in ("with", "without", "people", "encoder"):
        assert f"demo:{name}" in str(told.value)


def test_the_demo_encoder_is_an_ordinary_timm_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "assets_dir", lambda: tmp_path)
    folder = save_timm(tmp_path / "models" / "demo-encoder", classes=0)
    model = open_model("demo:encoder")
    assert (model.identity.spec, model.identity.kind) == ("demo:encoder", "demo")
    assert model.identity.fingerprint == open_model(f"timm:{folder}").identity.fingerprint
    entry = next(entry for entry in list_models() if entry.spec == "demo:encoder")
    assert entry.on_this_machine
    assert entry.gives == model.capabilities


def test_a_demo_model_is_an_ordinary_open_clip_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "assets_dir", lambda: tmp_path)
    folder = save_random(tmp_path / "models" / "demo-without", "vit")
    model = open_model("demo:without")
    assert (model.identity.spec, model.identity.kind) == ("demo:without", "demo")
    same = open_model(f"openclip:{folder}")
    assert model.identity.fingerprint == same.identity.fingerprint
    entry = next(entry for entry in list_models() if entry.spec == "demo:without")
    assert entry.on_this_machine
    assert entry.gives == model.capabilities


@pytest.mark.parametrize("spec", ["demo:with", "demo:without"])
def test_the_shipped_models_open_and_can_be_asked_for_the_sample_kit(spec: str) -> None:
    kit = open_kit(assets_dir() / "sample" / "kit.zip")
    model = open_model(spec)
    assert default_score(model, kit) == "caption-cosine"
    (answer,) = Scorer(kit, model, "caption-cosine", photos=[0]).answer([Query(0, 0)])
    assert -1 < answer.score < 1


def test_the_two_shipped_models_differ_in_their_weights_alone() -> None:
    one, other = (open_model(spec).identity for spec in ("demo:with", "demo:without"))
    assert one.fingerprint != other.fingerprint
    assert one.details == other.details
