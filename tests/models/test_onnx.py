import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from PIL import Image
from skimage import data
from torchvision import transforms

from auditcore.errors import ModelError
from auditcore.models import Capability, Running, open_model
from tests.models.onnx_files import SHEET, SIZE, STEPS, save_onnx, weights, write_sheet

PICTURES = (data.chelsea(), data.coffee(), data.astronaut()[:300, :180], np.zeros((9, 40, 3), "u1"))


def by_hand(steps: dict[str, object]) -> np.ndarray:
    """Return the mean of each colour as the sheet says, shape (B, 3)."""
    shape = [steps["resize"]] * 2 if steps["resize_mode"] == "squash" else steps["resize"]
    fit = transforms.Compose(
        [
            transforms.Resize(shape, transforms.InterpolationMode(steps["interpolation"])),
            transforms.CenterCrop(steps["size"]),
        ]
    )
    rows = []
    for picture in PICTURES:
        colours = np.asarray(fit(Image.fromarray(picture)), np.float64).mean(axis=(0, 1))
        colours = colours[::-1] if steps["colours"] == "BGR" else colours
        scaled = colours / 255 * steps["range"]
        rows.append((scaled - np.array(steps["mean"])) / np.array(steps["std"]))
    return np.array(rows)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"layout": "NHWC", "colours": "BGR", "range": 255, "mean": [104, 117, 123], "std": [1] * 3},
        {"resize_mode": "squash", "interpolation": "bicubic", "resize": 16},
        {"colours": "BGR"},
    ],
)
def test_pictures_are_prepared_as_the_sheet_says(tmp_path: Path, change: dict[str, object]) -> None:
    steps = STEPS | change
    path = save_onnx(tmp_path / "small.onnx", layout=str(steps["layout"]))
    model = open_model(f"onnx:{write_sheet(path, preprocessing=steps)}")
    expected = by_hand(steps)
    np.testing.assert_allclose(model.image_features(PICTURES), expected, rtol=1e-5, atol=1e-5)
    logits = expected @ weights()
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.probabilities(PICTURES), chances, rtol=1e-4, atol=1e-6)
    assert model.predicted_labels(PICTURES).tolist() == chances.argmax(axis=1).tolist()
    assert model.labels == ("a", "b", "c", "d")


def test_logits_become_probabilities(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "small.onnx")
    whole = open_model(f"onnx:{write_sheet(path)}").probabilities(PICTURES)
    logits = open_model(f"onnx:{write_sheet(path, outputs={'logits': 'logits'})}")
    np.testing.assert_allclose(logits.probabilities(PICTURES), whole, atol=1e-6)
    assert logits.capabilities == {Capability.PROBABILITIES, Capability.LABELS}
    with pytest.raises(ModelError, match="does not give image features"):
        logits.image_features(PICTURES)


def test_an_encoder_and_classes_without_names(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "small.onnx")
    encoder = open_model(f"onnx:{write_sheet(path, outputs={'features': 'pooled'})}")
    assert encoder.capabilities == {Capability.IMAGE_FEATURES}
    with pytest.raises(ModelError, match="does not give class probabilities"):
        encoder.probabilities(PICTURES)
    assert open_model(f"onnx:{write_sheet(path, labels=None)}").labels == ("0", "1", "2", "3")


def test_the_sheet_may_be_in_the_file_itself(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "small.onnx", metadata=json.dumps(SHEET))
    inside = open_model(f"onnx:{path}")
    plain = open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'plain.onnx'))}")
    assert inside.probabilities(PICTURES).tobytes() == plain.probabilities(PICTURES).tobytes()
    write_sheet(path, labels=["w", "x", "y", "z"])
    assert open_model(f"onnx:{path}").labels == ("w", "x", "y", "z")  # the file beside goes first


def test_nothing_is_guessed_and_an_example_is_shown(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "small.onnx")
    with pytest.raises(ModelError, match=r"Write small\.json beside it") as refusal:
        open_model(f"onnx:{path}")
    example = json.loads(str(refusal.value).partition("for example: ")[2])
    changed = {**example["preprocessing"], "size": SIZE, "resize": 20}
    example |= {"preprocessing": changed, "outputs": {"logits": "logits"}, "labels": list("abcd")}
    path.with_suffix(".json").write_text(json.dumps(example))
    assert open_model(f"onnx:{path}").labels == tuple("abcd")


@pytest.mark.parametrize("key", STEPS)
def test_every_step_must_be_told(tmp_path: Path, key: str) -> None:
    steps = {name: value for name, value in STEPS.items() if name != key}
    path = write_sheet(save_onnx(tmp_path / "small.onnx"), preprocessing=steps)
    with pytest.raises(ModelError, match=f"how pictures are prepared for this model: {key} miss"):
        open_model(f"onnx:{path}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"preprocessing": STEPS | {"layout": "CHW"}}, "layout is NCHW or NHWC, not CHW"),
        ({"preprocessing": STEPS | {"range": True}}, "range is 1 or 255"),
        ({"preprocessing": STEPS | {"size": 32}}, r"not \[3, 32, 32\] as layout and size say"),
        ({"preprocessing": STEPS | {"layout": "NHWC"}}, "as layout and size say"),
        ({"preprocessing": STEPS | {"std": [1, 1]}}, "std of the preprocessing must be three"),
        ({"preprocessing": [1]}, "how pictures are prepared"),
        ({"outputs": {}}, "outputs must name"),
        ({"outputs": {"classes": "logits"}}, "outputs must name"),
        ({"outputs": {"logits": "logit"}}, r"no output 'logit'\. Did you mean logits"),
        ({"outputs": {"features": "values"}}, "One row a picture is expected"),
        ({"outputs": {"probabilities": "logits"}}, "does not hold probabilities"),
        ({"labels": ["a", "b"]}, "4 classes apart, but 2 labels"),
        ({"labels": "abcd"}, "labels must be a list"),
        ({"input": "other"}, "has the inputs pixels"),
        ({"input": 3}, "input must be the name"),
        ({"lables": []}, "lables is not known"),
    ],
)
def test_a_sheet_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    path = write_sheet(save_onnx(tmp_path / "small.onnx"), **change)
    with pytest.raises(ModelError, match=words):
        open_model(f"onnx:{path}")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x80\x04\x95", b"\x0a" * 99])
def test_another_file_is_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "small.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"not an ONNX file"):
        open_model(f"onnx:{write_sheet(path)}")


def test_weights_in_a_file_beside_it(tmp_path: Path) -> None:
    path = write_sheet(save_onnx(tmp_path / "a" / "small.onnx", external="layer.bin"))
    with pytest.raises(ModelError, match=r"layer\.bin, which is missing"):
        open_model(f"onnx:{path}")
    (path.parent / "layer.bin").write_bytes(weights().tobytes())
    model = open_model(f"onnx:{path}")
    whole = open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'b' / 'small.onnx'))}")
    assert model.probabilities(PICTURES).tobytes() == whole.probabilities(PICTURES).tobytes()
    before = model.identity.fingerprint
    (path.parent / "layer.bin").write_bytes(weights(seed=2).tobytes())
    assert open_model(f"onnx:{path}").identity.fingerprint != before


@pytest.mark.parametrize(
    "way", ["up", "absolute", "link", "nothing", "folder", "memory", "no name", "long name"]
)
def test_weights_never_leave_the_folder(tmp_path: Path, way: str) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(weights().tobytes())
    folder = tmp_path / "model"
    folder.mkdir()
    names = {"up": "../secret.bin", "absolute": str(secret), "nothing": "", "folder": "."}
    names |= {"no name": "a\0b", "long name": "a" * 300}
    if way == "link":
        (folder / "link.bin").symlink_to(secret)
    if way == "memory":  # a file of that name is there, and still ONNX Runtime takes an address
        names["memory"] = "*/_ORT_MEM_ADDR_/*"
        (folder / "*" / "_ORT_MEM_ADDR_").mkdir(parents=True)
        (folder / names["memory"]).write_bytes(weights().tobytes())
    path = save_onnx(folder / "small.onnx", external=names.get(way, "link.bin"))
    with pytest.raises(ModelError, match="outside of its own folder"):
        open_model(f"onnx:{write_sheet(path)}")


@pytest.mark.parametrize(
    ("key", "value"),
    [("location", "../secret.bin"), ("location", "layer.bin"), ("offset", "4096")],
)
def test_where_weights_are_is_said_once(tmp_path: Path, key: str, value: str) -> None:
    path = write_sheet(save_onnx(tmp_path / "small.onnx", external="layer.bin"))
    (tmp_path / "layer.bin").write_bytes(weights().tobytes())
    model = onnx.load(str(path), load_external_data=False)
    layer = model.graph.initializer[0]
    for said in ("0", value) if key == "offset" else (value,):
        layer.external_data.add(key=key, value=said)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="says twice where the weights 'layer' are"):
        open_model(f"onnx:{path}")


def test_one_picture_at_a_time_where_the_file_says_so(tmp_path: Path) -> None:
    free = open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'free.onnx'))}")
    one = open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'one.onnx', batch=1))}")
    np.testing.assert_allclose(
        one.image_features(PICTURES), free.image_features(PICTURES), rtol=1e-6
    )
    with pytest.raises(ModelError, match="exactly 3 pictures at a time"):
        open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'three.onnx', batch=3))}")


def test_bytes_go_in_untouched_or_not_at_all(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "bytes.onnx", dtype=TensorProto.UINT8)
    with pytest.raises(ModelError, match="uint8 needs range 255"):
        open_model(f"onnx:{write_sheet(path)}")
    steps = STEPS | {"range": 255, "mean": [0, 0, 0], "std": [1, 1, 1]}
    model = open_model(f"onnx:{write_sheet(path, preprocessing=steps)}")
    np.testing.assert_allclose(model.image_features(PICTURES), by_hand(steps), rtol=1e-5)


def test_identity(tmp_path: Path) -> None:
    path = write_sheet(save_onnx(tmp_path / "small.onnx"))
    model = open_model(f"onnx:{path}")
    assert (model.identity.kind, model.identity.name, model.input_size) == ("onnx", "small", SIZE)
    assert "centre cut to 16 x 16 px; RGB, 0 to 1" in model.identity.details["preprocessing"]
    assert model.identity.details["device"] == "CPU"
    prints = {model.identity.fingerprint}
    prints.add(open_model(f"onnx:{write_sheet(path, labels=None)}").identity.fingerprint)
    assert len(prints) == 1  # names change no answer
    write_sheet(path, preprocessing=STEPS | {"mean": [0, 0, 0]})
    prints.add(open_model(f"onnx:{path}").identity.fingerprint)
    prints.add(open_model(f"onnx:{write_sheet(save_onnx(path, seed=2))}").identity.fingerprint)
    assert len(prints) == 3


def test_a_mistyped_file_gets_a_sentence(tmp_path: Path) -> None:
    save_onnx(tmp_path / "small.onnx")
    with pytest.raises(ModelError, match=r"Did you mean small\.onnx"):
        open_model(f"onnx:{tmp_path / 'smal.onnx'}")
    with pytest.raises(ModelError, match="no file"):
        open_model("onnx:")


def test_a_precision_cannot_be_chosen(tmp_path: Path) -> None:
    path = write_sheet(save_onnx(tmp_path / "small.onnx"))
    with pytest.raises(ModelError, match="precision it was saved in"):
        open_model(f"onnx:{path}", running=Running(precision="bfloat16"))
    with pytest.raises(ModelError, match=r"cannot use the graphics processor \(Apple\)"):
        open_model(f"onnx:{path}", running=Running(device="mps"))
