import gzip
import json
import socket
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from open_clip.tokenizer import default_bpe
from PIL import Image
from safetensors.torch import save_file
from skimage import data

from auditcore.errors import ModelError
from auditcore.models import Capability, open_model
from auditcore.models.openclip_folder import folder_source
from tests.models.architectures import CONFIGS, PREPROCESSINGS, save_random

PICTURES = (data.chelsea(), data.coffee(), data.astronaut()[:300, :180], np.zeros((9, 40, 3), "u1"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("openclip")
    return {kind: save_random(root / kind, kind) for kind in CONFIGS}


@pytest.mark.parametrize("kind", CONFIGS)
def test_features_equal_open_clips_own_preprocess_and_encode(
    folders: dict[str, Path], kind: str
) -> None:
    name = f"local-dir:{folders[kind]}"
    theirs, preprocess = open_clip.create_model_from_pretrained(name)
    theirs.eval()
    tokens = open_clip.get_tokenizer(name)(["a cat", "a cup of coffee, " * 20])
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in PICTURES])
        images = theirs.encode_image(batch).numpy()
        texts = theirs.encode_text(tokens).numpy()
    ours = open_model(f"openclip:{folders[kind]}")
    np.testing.assert_allclose(ours.image_features(PICTURES), images, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        ours.text_features(["a cat", "a cup of coffee, " * 20]), texts, rtol=0, atol=1e-5
    )
    assert np.abs(images[0] - images[1]).max() > 1e-3  # the pictures are told apart at all


@pytest.mark.parametrize("kind", CONFIGS)
def test_preprocessing_is_open_clips_to_the_bit(folders: dict[str, Path], kind: str) -> None:
    _, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folders[kind]}")
    model = open_model(f"openclip:{folders[kind]}")
    size = model.input_size
    exact = data.astronaut()[:size, :size]
    for picture in (*PICTURES, exact):
        expected = preprocess(Image.fromarray(picture))
        assert torch.equal(model.preprocessing.batch([picture])[0], expected)  # type: ignore[attr-defined]


def test_answers_do_not_depend_on_earlier_calls(folders: dict[str, Path]) -> None:
    model = open_model(f"openclip:{folders['vit']}")
    first = model.image_features(PICTURES[:2])
    model.image_features(PICTURES)
    assert first.tobytes() == model.image_features(PICTURES[:2]).tobytes()
    again = open_model(f"openclip:{folders['vit']}")
    assert first.tobytes() == again.image_features(PICTURES[:2]).tobytes()


def test_many_pictures_are_answered_in_order(folders: dict[str, Path]) -> None:
    model = open_model(f"openclip:{folders['vit']}")
    many = [PICTURES[i % 3] for i in range(130)]  # more than one chunk
    expected = np.concatenate([model.image_features([p]) for p in PICTURES[:3]])
    np.testing.assert_allclose(
        model.image_features(many), expected[np.arange(130) % 3], rtol=0, atol=1e-5
    )


def test_identity_says_what_answers(folders: dict[str, Path]) -> None:
    model = open_model(f"openclip:{folders['vit']}")
    facts = model.identity
    assert (facts.kind, facts.name, facts.released) == ("openclip", "vit", None)
    assert len(facts.fingerprint) == 64
    assert {"architecture", "parameters", "preprocessing", "device"} <= set(facts.details)
    assert "64 x 64" in facts.details["preprocessing"]
    assert model.capabilities == {Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES}
    assert model.labels == ()


def test_a_file_and_its_folder_are_the_same_model(folders: dict[str, Path]) -> None:
    weights = folders["vit"] / "open_clip_model.safetensors"
    by_file = open_model(f"openclip:{weights}")
    by_folder = open_model(f"openclip:local-dir:{folders['vit']}")
    assert by_file.identity.fingerprint == by_folder.identity.fingerprint


def test_a_folder_of_links_as_in_the_hubs_cache(tmp_path: Path) -> None:
    plain = save_random(tmp_path / "plain", "vit")
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, name in enumerate(("open_clip_model.safetensors", "open_clip_config.json")):
        (blobs / f"{number:064x}").write_bytes((plain / name).read_bytes())
        (snapshot / name).symlink_to(Path("../../blobs") / f"{number:064x}")
    expected = open_model(f"openclip:{plain}").identity
    for place in (snapshot, snapshot / "open_clip_model.safetensors"):
        found = open_model(f"openclip:{place}").identity
        assert found.fingerprint == expected.fingerprint
        assert found.details["weights"] == "open_clip_model.safetensors"
    (blobs / "small.gz").write_bytes(_merges(10))  # nor is anything else beside what is linked to
    _edit(plain, "text_cfg", tokenizer_kwargs={"bpe_path": "small.gz"})
    (blobs / f"{1:064x}").write_bytes((plain / "open_clip_config.json").read_bytes())
    with pytest.raises(ModelError, match="own folder"):
        open_model(f"openclip:{snapshot}")


def test_weights_and_preprocessing_both_change_the_fingerprint(tmp_path: Path) -> None:
    other = {**PREPROCESSINGS["vit"], "mean": [0.5, 0.5, 0.5]}
    prints = {
        open_model(f"openclip:{folder}").identity.fingerprint
        for folder in (
            save_random(tmp_path / "one", "vit"),
            save_random(tmp_path / "same", "vit"),
            save_random(tmp_path / "weights", "vit", seed=2),
            save_random(tmp_path / "steps", "vit", preprocess_cfg=other),
        )
    }
    assert len(prints) == 3


def test_a_rewritten_weights_file_has_another_fingerprint(tmp_path: Path) -> None:
    before = open_model(f"openclip:{save_random(tmp_path, 'vit')}").identity.fingerprint
    after = open_model(f"openclip:{save_random(tmp_path, 'vit', seed=2)}").identity.fingerprint
    assert before != after


def test_a_models_own_vocabulary_is_used(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    small = _with_small_vocabulary(folder, merges=100)
    model = open_model(f"openclip:{folder}")
    assert model.text_features(["a cat"]).shape == (1, 32)
    assert model._tokenizer.vocab_size == 512 + 100 + 2  # type: ignore[attr-defined]
    before = model.identity.fingerprint
    small.write_bytes(_merges(90))
    assert open_model(f"openclip:{folder}").identity.fingerprint != before


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"bpe_path": "../elsewhere.txt.gz"}, "own folder"),
        ({"bpe_path": "/etc/hostname"}, "own folder"),
        ({"bpe_path": "missing.gz"}, "own folder"),
        ({"bpe_path": "a\0b"}, "own folder"),
        ({"trust_remote_code": True}, "trust_remote_code"),
    ],
)
def test_a_strangers_tokenizer_options_are_bounded(
    tmp_path: Path, option: dict[str, object], words: str
) -> None:
    folder = save_random(tmp_path / "model", "vit")
    (tmp_path / "elsewhere.txt.gz").write_bytes(_merges(10))
    _edit(folder, "text_cfg", tokenizer_kwargs=option)
    with pytest.raises(ModelError, match=words):
        open_model(f"openclip:{folder}")


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that is looked up in the network; none is let through."""
    seen: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> None:
        seen.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "not let through")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return seen


@pytest.mark.parametrize("way", ["hub", "old hub", "elsewhere", "tagged", "list", "typo"])
def test_a_strangers_vision_tower_is_timms_own(
    tmp_path: Path, reached: list[str], way: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.json").write_text(
        json.dumps({"architecture": "test_vit", "pretrained_cfg": {"input_size": [3, 160, 160]}})
    )
    names: dict[str, object] = {
        "hub": "hf-hub:somebody/model",
        "old hub": "hf_hub:somebody/model",
        "elsewhere": f"local-dir:{elsewhere}",
        "tagged": "test_vit.hf-hub:somebody/model",
        "list": ["test_vit"],
        "typo": "test_vitt",
    }
    folder = save_random(tmp_path / "model", "timm")
    _edit(folder, "vision_cfg", timm_model_name=names[way])
    with pytest.raises(ModelError, match="timm has no architecture"):
        open_model(f"openclip:{folder}")
    assert reached == []


@pytest.mark.parametrize("name", ["somebody/model", "tokenizer", ".", 3])
def test_a_strangers_text_tower_is_never_fetched(
    tmp_path: Path, reached: list[str], name: object
) -> None:
    folder = save_random(tmp_path, "vit")
    (folder / "tokenizer").mkdir()  # transformers would look for it beside the program, or online
    _edit(folder, "text_cfg", hf_model_name=name)
    with pytest.raises(ModelError, match="hf_model_name"):
        open_model(f"openclip:{folder}")
    assert reached == []


@pytest.mark.parametrize(
    "name", ["somebody/model", "../elsewhere", "/etc", "link", ["."], "a\0b", "a" * 300]
)
def test_a_strangers_tokenizer_is_in_the_folder(
    tmp_path: Path, reached: list[str], name: object
) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = save_random(tmp_path / "model", "vit")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    _edit(folder, "text_cfg", hf_tokenizer_name=name)
    with pytest.raises(ModelError, match="no folder inside"):
        open_model(f"openclip:{folder}")
    assert reached == []


def test_a_tokenizer_in_the_folder_brings_no_program(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    _edit(folder, "text_cfg", hf_tokenizer_name=".")
    assert folder_source(folder).model_config["text_cfg"]["hf_tokenizer_name"] == "."
    (folder / "tokenizer_config.json").write_text(
        '{"auto_map": {"AutoTokenizer": ["a--b.C", null]}}'
    )
    with pytest.raises(ModelError, match="auto_map"):
        folder_source(folder)


def test_a_vocabulary_larger_than_the_text_model_is_refused(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["vocab_size"] = 600
    network = open_clip.CLIP(**config["model_cfg"])
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="do not belong together"):
        open_model(f"openclip:{folder}")


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit")
    other = save_random(tmp_path / "other", "resnet")
    (folder / "open_clip_model.safetensors").write_bytes(
        (other / "open_clip_model.safetensors").read_bytes()
    )
    with pytest.raises(ModelError, match="do not fit the architecture"):
        open_model(f"openclip:{folder}")


def test_an_architecture_open_clip_cannot_build_is_refused(tmp_path: Path) -> None:
    folder = save_random(tmp_path, "vit", model_cfg={**CONFIGS["vit"], "wings": 2})
    with pytest.raises(ModelError, match="cannot build"):
        open_model(f"openclip:{folder}")


def test_asking_what_it_does_not_give(folders: dict[str, Path]) -> None:
    model = open_model(f"openclip:{folders['vit']}")
    with pytest.raises(ModelError, match="does not give class probabilities"):
        model.probabilities(PICTURES)
    with pytest.raises(ModelError, match="does not give predicted labels"):
        model.predicted_labels(PICTURES)
    with pytest.raises(ModelError, match="No picture"):
        model.image_features([])


def _merges(count: int) -> bytes:
    lines = gzip.decompress(Path(default_bpe()).read_bytes()).decode().split("\n")
    return gzip.compress("\n".join(lines[: 1 + count]).encode())


def _with_small_vocabulary(folder: Path, merges: int) -> Path:
    path = folder / "small.txt.gz"
    path.write_bytes(_merges(merges))
    _edit(folder, "text_cfg", tokenizer_kwargs={"bpe_path": path.name})
    return path


def _edit(folder: Path, tower: str, **changes: object) -> None:
    path = folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["model_cfg"][tower].update(changes)
    path.write_text(json.dumps(config))
