import pytest

from auditcore.errors import ModelError
from auditcore.models import KINDS, Capability, list_models, open_model


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("", "named by its kind first"),
        ("opnclip:ViT-B-32/openai", r"Did you mean openclip:ViT-B-32/openai\?"),
        ("onx:models/a.onnx", r"Did you mean onnx:models/a.onnx\?"),
        ("tim:resnet50.a1_in1k", r"Did you mean timm:resnet50.a1_in1k\?"),
        ("onnx:nowhere.onnx", r"no file nowhere\.onnx"),
        ("demo with", r"Did you mean demo:with"),
        ("efficientnet-lite", r"Did you mean efficientnet-lite0\?"),
        ("demo:wiht", "demo:with and demo:without"),
        ("efficientnet-lite0:x", "nothing after it"),
        ("openclip:ViT-B-32/laion2b_s34b_b79x", r"Did you mean ViT-B-32/laion2b_s34b_b79k"),
        ("openclip:ViT-B-32", r"has no model 'ViT-B-32'"),
        ("openclip:", r"has no model ''"),
        ("openclip:./nowhere", "no file or folder"),
        ("openclip:nowhere.safetensors", "no file or folder"),
    ],
)
def test_a_mistyped_spec_gets_a_sentence(spec: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        open_model(spec)


def test_a_hub_model_offline_gets_a_sentence() -> None:
    with pytest.raises(ModelError, match="not on this computer, and downloads are switched off"):
        open_model("openclip:ViT-B-32/laion2b_s34b_b79k")


def test_every_listed_model_is_spelled_as_open_model_takes_it() -> None:
    models = list_models()
    specs = [model.spec for model in models]
    assert len(set(specs)) == len(specs) > 100
    assert {spec.split(":")[0] for spec in specs} == set(KINDS) - {"onnx"}  # files have no names
    assert {"demo:with", "demo:without", "efficientnet-lite0"} <= set(specs)
    here = [model.on_this_machine for model in models]
    assert here == sorted(here, reverse=True)
    assert all(model.gives and model.title for model in models)


def test_the_list_tells_how_large_a_download_is() -> None:
    listed = {model.spec: model for model in list_models()}
    clip = listed["openclip:ViT-B-32/laion2b_s34b_b79k"]
    assert not clip.on_this_machine
    assert clip.size_bytes == pytest.approx(605e6, rel=0.01)  # the file on the hub has 605 MB
    resnet = listed["timm:resnet18.a1_in1k"]
    assert resnet.size_bytes == pytest.approx(46.8e6, rel=0.01)
    sized = [model for model in listed.values() if model.size_bytes]
    assert len(sized) > 0.95 * len(listed)


def test_the_list_agrees_with_the_model() -> None:
    entry = next(e for e in list_models() if e.spec == "efficientnet-lite0")
    model = open_model(entry.spec)
    assert entry.gives == model.capabilities
    assert entry.on_this_machine
    assert Capability.TEXT_FEATURES not in entry.gives
