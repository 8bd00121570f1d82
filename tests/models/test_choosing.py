"""Which way a model is computed: measured once, kept, obeyed where a person chose, no crash."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from auditcore import paths
from auditcore.errors import ModelError
from auditcore.models import Running, choosing, compiled, open_model
from auditcore.models.choosing import GAIN, Tried, candidates, preferred
from auditcore.models.local import LocalModel, TorchModel, Way
from auditcore.models.measuring import is_steady, sample
from auditcore.models.precision import AGREEMENT, noise, said, worst_noise
from auditcore.models.prepared import Prepared
from auditcore.models.running import as_told
from tests.models.architectures import save_random
from tests.models.onnx_files import save_onnx, write_sheet

EXACT = Way("torch", "float32", 8)
SHORT = Way("openvino", "bfloat16", 8)
SLOW = Tried(EXACT, 10.0, 0.0)


def opened(folder: Path, kind: str = "vit", running: Running | None = None) -> TorchModel:
    if not folder.exists():
        save_random(folder, kind)
    model = open_model(f"openclip:{folder}", running=running)
    assert isinstance(model, TorchModel)
    return model


def kept() -> list[dict[str, object]]:
    files = sorted((paths.data_dir() / "measured").glob("*.json"))
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.measured
def test_the_choice_is_measured_once_kept_and_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "SECONDS", 600.0)  # on a busy machine, too
    first = opened(tmp_path / "vit", running=Running("cpu"))
    (facts,) = kept()
    assert Way(facts["runtime"], facts["precision"], facts["calls"]) == first.way  # type: ignore[arg-type]
    tried = {(one["runtime"], one["precision"]): one for one in facts["tried"]}  # type: ignore[attr-defined]
    assert set(tried) == set(candidates(first))
    assert tried["torch", "float32"]["noise"] == 0
    assert tried["openvino", "float32"]["noise"] < 1e-4
    assert tried["onnxruntime", "float32"]["noise"] < 1e-4
    assert all(one["images_per_second"] > 0 for one in facts["tried"])  # type: ignore[attr-defined]
    details = first.identity.details
    assert (details["engine"], details["call size"]) == (facts["runtime"], str(facts["calls"]))
    monkeypatch.setattr(choosing, "_measure", lambda *_: pytest.fail("measured again"))
    again = opened(tmp_path / "vit", running=Running("cpu"))
    assert again.identity == first.identity
    pinned = opened(tmp_path / "vit", running=as_told(details))
    assert pinned.way == first.way
    pictures = list(np.random.default_rng(1).integers(0, 256, (5, 64, 64, 3)).astype(np.uint8))
    assert np.array_equal(pinned.image_features(pictures), first.image_features(pictures))


@pytest.mark.measured
def test_a_program_that_was_removed_is_chosen_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path / "vit", running=Running("cpu"))
    (file,) = (paths.data_dir() / "measured").glob("*.json")
    won = {**json.loads(file.read_text()), "runtime": "openvino", "precision": "float32"}
    file.write_text(json.dumps(won))
    there = compiled.installed
    for module in (choosing, compiled):
        monkeypatch.setattr(module, "installed", lambda name: name != "openvino" and there(name))
    found = opened(tmp_path / "vit", running=Running("cpu")).way
    assert found.runtime != "openvino"
    monkeypatch.setattr(choosing, "_measure", lambda *_: pytest.fail("measured again"))
    assert opened(tmp_path / "vit", running=Running("cpu")).way == found


@pytest.mark.measured
@pytest.mark.parametrize("kind", ["vit", "onnx"])
def test_what_had_no_memory_is_opened_with_smaller_calls(tmp_path: Path, kind: str) -> None:
    if kind == "onnx":
        spec = f"onnx:{write_sheet(save_onnx(tmp_path / 'small.onnx'))}"
    else:
        spec = f"openclip:{save_random(tmp_path / 'vit', 'vit')}"
    pinned = Running("cpu", runtime="torch" if kind == "vit" else None)
    model = open_model(spec, running=pinned)
    assert isinstance(model, LocalModel) and model.calls.size > 2
    model.calls.on_too_large(2)
    model.calls.on_too_large(4)  # by another program, a moment later
    again = open_model(spec, running=pinned)
    assert isinstance(again, LocalModel) and again.calls.size <= 2
    assert again.identity.details["call size"] == str(again.calls.size)
    as_then = open_model(spec, running=as_told(model.identity.details))  # an audit goes on
    assert as_then.identity.details == model.identity.details


@pytest.mark.measured
def test_an_onnx_files_calls_are_measured_and_kept(tmp_path: Path) -> None:
    spec = f"onnx:{write_sheet(save_onnx(tmp_path / 'small.onnx'))}"
    model = open_model(spec)
    assert isinstance(model, LocalModel)
    (facts,) = kept()
    assert facts == {"calls": model.calls.size}
    assert model.identity.details["call size"] == str(model.calls.size)
    one = open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'one.onnx', batch=1))}")
    assert one.identity.details["call size"] == "1"
    assert open_model(spec, running=Running(calls=3)).identity.details["call size"] == "3"
    with pytest.raises(ModelError, match="computed by ONNX Runtime; nothing else"):
        open_model(spec, running=Running(runtime="torch"))


@pytest.mark.measured
def test_a_chosen_number_of_pictures_is_refused_where_bits_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = f"onnx:{write_sheet(save_onnx(tmp_path / 'small.onnx'))}"
    steady = Running("cpu", "float32", "torch", 4)
    opened(tmp_path / "vit", running=steady)
    monkeypatch.setattr(choosing, "is_steady", lambda *_: False)
    assert opened(tmp_path / "vit", running=steady).way.calls == 4  # was seen to be steady
    for running in (Running("cpu", "float32", "torch", 3), Running("cpu", calls=3)):
        with pytest.raises(ModelError, match=r"where a picture stands among 3.*Choose 1"):
            opened(tmp_path / "vit", running=running)
    with pytest.raises(ModelError, match="where a picture stands among 3"):
        open_model(spec, running=Running(calls=3))


@pytest.mark.measured
def test_a_model_that_says_captions_stays_in_torch(tmp_path: Path) -> None:
    model = opened(tmp_path / "coca", "coca")
    assert {runtime for runtime, _ in candidates(model)} == {"torch"}
    with pytest.raises(ModelError, match=r"cannot be computed by OpenVINO here.*without captions"):
        opened(tmp_path / "coca", "coca", Running(runtime="openvino"))


@pytest.mark.measured
def test_without_openvino_torch_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (choosing, compiled):
        monkeypatch.setattr(module, "installed", lambda name: False)
    model = opened(tmp_path / "vit")
    assert model.way.runtime == "torch"
    with pytest.raises(ModelError, match=r"not installed \(pip install openvino\)"):
        opened(tmp_path / "vit", running=Running(runtime="openvino"))


@pytest.mark.measured
def test_a_program_that_fails_is_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("libtbb.so.12: cannot open shared object file")

    monkeypatch.setattr(compiled, "_OpenVino", fail)
    model = opened(tmp_path / "vit")
    assert model.way.runtime != "openvino"
    tried = {one["runtime"]: one["noise"] for one in kept()[0]["tried"]}  # type: ignore[attr-defined]
    assert tried["openvino"] is None
    with pytest.raises(ModelError, match="openvino cannot compute this model: libtbb"):
        opened(tmp_path / "vit", running=Running("cpu", "float32", "openvino", 8))


@pytest.mark.measured
def test_a_chosen_program_is_obeyed_and_its_precision_measured(tmp_path: Path) -> None:
    model = opened(tmp_path / "vit", running=Running(runtime="onnxruntime"))
    assert (model.way.runtime, model.way.precision) == ("onnxruntime", "float32")
    model = opened(tmp_path / "vit", running=Running(precision="bfloat16", device="cpu"))
    assert model.way.precision == "bfloat16"
    odd = opened(tmp_path / "vit", running=Running("cpu", "float16", calls=2))
    assert odd.way == Way("torch", "float16", 2)  # slow on a CPU, but that is what was wanted


def test_sixteen_bits_must_be_faster_and_every_way_must_agree() -> None:
    enough, little = Tried(SHORT, 10 * GAIN + 1, 0.05), Tried(SHORT, 10 * GAIN - 1, 0.05)
    noisy = Tried(SHORT, 99.0, AGREEMENT + 0.01)
    exact = Tried(Way("openvino", "float32", 8), 20.0, 1e-6)
    failed = Tried(Way("onnxruntime", "float32", 8), 0.0, float("inf"))
    assert preferred([SLOW, enough], obey=False) == [enough, SLOW]
    assert preferred([SLOW, little], obey=False) == [SLOW]
    assert preferred([SLOW, noisy, failed], obey=False) == [SLOW]
    assert preferred([SLOW, enough, exact], obey=False) == [exact, SLOW]
    assert preferred([noisy, little, failed], obey=True) == [little, noisy]


def test_calls_in_which_bits_move_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network whose answers depend on the first picture of a call is asked one at a time."""
    model = opened(tmp_path / "vit", running=Running("cpu", "float32", "torch", 8))
    look = model._look

    def leaning(batch: torch.Tensor) -> torch.Tensor:
        answers = look(batch)
        return answers + 1e-6 * answers[:1]

    monkeypatch.setattr(model, "_look", leaning)
    assert not is_steady(model, [model.image_features], sample(model))
    for calls, steady in ((1, True), (8, False)):
        there = model.in_way(Way("torch", "float32", calls))
        assert is_steady(there, [there.image_features], sample(model)) is steady
    trial = choosing._Trial(model, None)
    found = trial.of("torch", "float32")
    assert trial.settled([found], fixed=False).calls == 1
    with pytest.raises(ModelError, match="where a picture stands among 8"):
        trial.settled([found], fixed=True)


def test_noise_is_what_rounding_does_to_ranks() -> None:
    draw = np.random.default_rng(1)
    exact = draw.normal(size=(1000, 5))
    assert noise(exact, exact + draw.normal(size=5)) < 1e-12  # the same for all moves no rank
    assert noise(exact, exact + 0.1 * draw.normal(size=exact.shape)) == pytest.approx(0.1, rel=0.1)
    assert noise(exact, exact * np.nan) == float("inf")
    assert noise(exact[:1], exact[:1]) == float("inf")  # nothing to tell apart


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_the_demo_model_keeps_its_ranks_in_16_bits(runtime: str) -> None:
    exact = open_model("demo:with", running=Running("cpu", "float32", "torch", 8))
    short = open_model("demo:with", running=Running("cpu", "bfloat16", runtime, 8))
    assert isinstance(exact, TorchModel) and isinstance(short, TorchModel)
    versions = sample(exact)
    found = worst_noise(said(exact, versions), said(short, versions))
    assert 0.005 < found < AGREEMENT


def test_what_fails_in_16_bits_is_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(tmp_path / "vit")
    forward: Callable[[torch.Tensor], torch.Tensor] = type(model)._look.__get__(model)

    def refuse(_self: TorchModel, batch: torch.Tensor) -> torch.Tensor:
        if batch.dtype != torch.float32:
            raise RuntimeError('"conv" not implemented for BFloat16')
        return forward(batch)

    monkeypatch.setattr(type(model), "_look", refuse)
    found = choosing._Trial(model, 8).of("torch", "bfloat16")
    assert (found.images_per_second, found.noise) == (0.0, float("inf"))
    assert found.to_json()["noise"] is None


def test_how_a_model_ran_is_read_back_from_its_details() -> None:
    details = {"precision": "bfloat16", "engine": "openvino", "call size": "16", "device": "CPU"}
    assert as_told(details) == Running(None, "bfloat16", "openvino", 16)
    assert as_told({"precision": "as in the file"}) == Running()
    with pytest.raises(ModelError, match="no runtime 'jax'"):
        Running(runtime="jax")
    with pytest.raises(ModelError, match="1 to 4096 pictures, not 0"):
        Running(calls=0)


def test_texts_are_the_same_whatever_computes_pictures(tmp_path: Path) -> None:
    exact = opened(tmp_path / "vit", running=Running("cpu", "float32", "torch", 8))
    other = opened(tmp_path / "vit", running=Running("cpu", "bfloat16", "openvino", 8))
    assert np.array_equal(exact.text_features(["a cat"]), other.text_features(["a cat"]))
    levels = Prepared(torch.full((1, 3, 64, 64), 99.5))
    assert other.image_features(levels).dtype == np.float32
    assert exact.identity.fingerprint == other.identity.fingerprint
