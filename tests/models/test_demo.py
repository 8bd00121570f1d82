from pathlib import Path

import pytest

from auditcore.errors import ModelError
from auditcore.models import demo, list_models, open_model
from tests.models.architectures import save_random


def test_an_installation_without_demo_models_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "assets_dir", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"python -m auditcore\.lab\.demo"):
        open_model("demo:with")
    entries = {entry.spec: entry for entry in list_models()}
    assert not entries["demo:with"].on_this_machine
    assert entries["demo:with"].size_bytes is None


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
