"""How a local model runs: its trial, its memory, a chosen precision, and what is remembered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skimage import data

from auditcore.errors import ModelError
from auditcore.models import Model, Running, choosing, devices, open_model
from auditcore.models.local import TorchModel
from auditcore.models.precision import operations
from auditcore.models.remembered import recall, recall_or, remember
from auditcore.models.room import CallTooLarge
from auditcore.models.trial import trial
from tests.models.architectures import save_random
from tests.models.onnx_files import save_onnx, write_sheet
from tests.models.timm_folders import save_timm

PICTURES = [data.chelsea(), data.coffee(), data.astronaut(), data.rocket(), data.chelsea()[::-1]]


@pytest.fixture
def specs(tmp_path: Path) -> list[str]:
    return [
        f"openclip:{save_random(tmp_path / 'vit', 'vit')}",
        f"openclip:{save_random(tmp_path / 'coca', 'coca')}",
        f"timm:{save_timm(tmp_path / 'timm')}",
        f"onnx:{write_sheet(save_onnx(tmp_path / 'small.onnx'))}",
        "efficientnet-lite0",
    ]


def opened(folder: Path, **changes: Any) -> TorchModel:
    model = open_model(f"openclip:{save_random(folder, 'vit')}", running=Running(**changes))
    assert isinstance(model, TorchModel)
    return model


def test_a_trial_of_every_local_kind(specs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditcore.models.trial.SECONDS", 0.01)
    for spec in specs:
        found = trial(open_model(spec))
        assert found.images_per_second > 0
        assert found.seconds >= 0.01
        assert found.batch >= 8
        assert found.memory_bytes is not None


def test_memory_is_weights_and_what_is_computed(tmp_path: Path) -> None:
    one, four = (opened(tmp_path / str(calls), calls=calls) for calls in (1, 4))
    weights = sum(p.numel() * 4 for p in one._network.parameters())
    small, large = (
        model.memory_of(lambda model=model: model.image_features(PICTURES[:1]))
        for model in (one, four)
    )
    assert small is not None and large is not None
    picture = 64 * 64 * 3 * 4
    assert small > weights + picture
    assert 3 * picture < large - small < 100 * picture * four.calls.lanes
    again = one.memory_of(lambda: one.image_features(PICTURES[:1]))
    assert again == small  # nothing of the question before is counted


def test_a_hosted_model_has_no_trial(tmp_path: Path) -> None:
    class Elsewhere(Model):
        identity = opened(tmp_path).identity
        hosted = True

    with pytest.raises(ModelError, match="does not run on this computer"):
        trial(Elsewhere())


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:119] DefaultCPUAllocator: can't allocate me"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
        MemoryError(),
    ],
)
def test_calls_without_memory_end_the_question_and_keep_their_size(
    tmp_path: Path, error: Exception
) -> None:
    """Answers of two sizes never stand beside each other under details that tell of one."""
    model = opened(tmp_path)
    expected = model.image_features(PICTURES)
    model.calls.lanes = 2  # whatever this machine has
    asked = fail_above(model, 2, error)
    if "can't allocate me" in str(error):
        error.args = ("DefaultCPUAllocator: can't allocate memory: you tried to allocate",)
    said = r"ran out of memory at 8 pictures a call\. Nothing.*go on.*at most 4 pictures"
    with pytest.raises(CallTooLarge, match=said):
        model.image_features(PICTURES)
    assert asked == [8, 8]  # the calls one by one, and no smaller ones
    assert (model.calls.size, model.identity.details["call size"]) == (8, "8")
    assert recall(model.identity.fingerprint, "cpu memory") == {"calls": 4}
    model._network.encode_image = type(model._network).encode_image.__get__(model._network)
    assert np.array_equal(model.image_features(PICTURES), expected)  # there is room again
    assert trial(model).batch == model.at_once == 16


def test_the_first_measurement_begins_with_calls_that_fit(tmp_path: Path) -> None:
    model = opened(tmp_path, calls=1)
    fail_above(model, 2, MemoryError())
    found = choosing._Trial(model, None)
    assert found.of("torch", "float32").way.calls == 2
    with pytest.raises(CallTooLarge, match="at 4 pictures"):
        choosing._Trial(model, 4)


def test_not_even_one_fits(tmp_path: Path) -> None:
    model = opened(tmp_path, calls=1)
    fail_above(model, 0, torch.OutOfMemoryError("out of memory"))
    with pytest.raises(ModelError, match=r"not even with one picture.*Nothing.*is lost"):
        model.image_features(PICTURES)


def test_an_onnx_model_keeps_its_size_as_well(tmp_path: Path) -> None:
    model = open_model(f"onnx:{write_sheet(save_onnx(tmp_path / 'small.onnx'))}")
    session = model._session  # type: ignore[attr-defined]

    class Small:
        def run(self, names: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
            if len(given["pixels"]) > 2:
                raise RuntimeError("Failed to allocate memory for requested buffer of size 99")
            answers: list[np.ndarray] = session.run(names, given)
            return answers

    model._session = Small()  # type: ignore[attr-defined]
    with pytest.raises(CallTooLarge, match="at 8 pictures a call"):
        model.image_features(PICTURES)
    assert recall(model.identity.fingerprint, "cpu memory") == {"calls": 4}


def test_another_error_is_not_taken_for_memory(tmp_path: Path) -> None:
    model = opened(tmp_path)
    asked = fail_above(model, 0, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes"):
        model.image_features(PICTURES)
    assert asked == [8]


def test_an_operation_the_processor_lacks_gets_a_sentence(tmp_path: Path) -> None:
    model = opened(tmp_path)
    fail_above(model, 0, NotImplementedError("The operator 'aten::x' is not implemented"))
    with pytest.raises(ModelError, match=r"does not run on the CPU: The operator.*Choose the CPU"):
        model.image_features(PICTURES)


def test_a_processor_that_is_not_there_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "available_devices", lambda: ("cpu",))
    with pytest.raises(ModelError, match=r"no graphics card \(CUDA\).*Choose cpu"):
        opened(tmp_path, device="cuda")
    with pytest.raises(ModelError, match=r"no processor 'gpu'\. Choose cuda, mps, cpu"):
        Running(device="gpu")
    with pytest.raises(ModelError, match="no precision 'int8'"):
        Running(precision="int8")


@pytest.mark.parametrize("kind", ["vit", "resnet", "timm", "coca"])
def test_a_chosen_precision_is_obeyed_shown_and_no_part_of_the_fingerprint(
    tmp_path: Path, kind: str
) -> None:
    spec = f"openclip:{save_random(tmp_path, kind)}"
    exact = open_model(spec, running=Running(precision="float32"))
    short = open_model(spec, running=Running(precision="bfloat16"))
    assert exact.identity.fingerprint == short.identity.fingerprint
    assert (exact.identity.details["precision"], short.identity.details["precision"]) == (
        "float32",
        "bfloat16",
    )
    assert short.identity.details["device"] == exact.identity.details["device"]
    one, other = exact.image_features(PICTURES), short.image_features(PICTURES)
    assert other.dtype == np.float32
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines = (one * other).sum(axis=1) / lengths
    assert (cosines > 0.95).all()
    assert not np.array_equal(one, other)
    assert short.text_features(["a cat"]).dtype == np.float32
    if kind == "coca":
        losses = [model.caption_losses(PICTURES, "a cat") for model in (exact, short)]
        np.testing.assert_allclose(*losses, rtol=0.01)


def test_a_classifier_in_16_bits(tmp_path: Path) -> None:
    spec = f"timm:{save_timm(tmp_path)}"
    exact, short = (open_model(spec, running=Running(precision=p)) for p in ("float32", "bfloat16"))
    chances = short.probabilities(PICTURES)
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(chances, exact.probabilities(PICTURES), atol=0.05)


def test_operations_are_counted(tmp_path: Path) -> None:
    """The linear layers of the small ViT, by hand: two operations for each weight and token."""
    tokens, width, layers, patch = 65, 64, 2, 8
    linear = layers * 12 * width * width * tokens
    first, last = width * 3 * patch * patch * 64, width * 32
    attention = layers * 2 * tokens * tokens * width
    assert operations(opened(tmp_path)) == pytest.approx(
        2 * (linear + first + last + attention), rel=0.15
    )


def test_what_is_kept_first_stays() -> None:
    assert recall("a" * 64, "NVIDIA H100 80GB") is None
    assert remember("a" * 64, "NVIDIA H100 80GB", {"precision": "float16"})["precision"] == (
        "float16"
    )
    assert remember("a" * 64, "NVIDIA H100 80GB", {"precision": "x"})["precision"] == "float16"
    assert recall("a" * 64, "cpu") is None


def test_what_is_kept_and_of_no_use_any_more_is_replaced_once() -> None:
    kept = "a" * 64, "cpu"
    remember(*kept, {"runtime": "gone"})

    def usable(facts: Mapping[str, Any]) -> bool:
        return facts.get("runtime") != "gone"

    assert recall_or(lambda: {"runtime": "first"}, *kept, usable) == {"runtime": "first"}
    assert remember(*kept, {"runtime": "second"}, usable) == {"runtime": "first"}
    assert recall_or(lambda: pytest.fail("found again"), *kept, usable) == {"runtime": "first"}


def test_a_bare_call_is_the_network_alone(tmp_path: Path) -> None:
    model = opened(tmp_path, precision="bfloat16")
    batch = torch.rand(3, 3, 64, 64)
    call = model.bare_call(batch)
    with torch.inference_mode():
        expected = model._network.encode_image(batch.to(torch.bfloat16))
        assert torch.equal(call(), expected) and torch.equal(call(), expected)


def fail_above(model: TorchModel, most: int, error: Exception) -> list[int]:
    """Make a model fail for more pictures than `most` at once; return a list of what is asked."""
    asked: list[int] = []
    encode = model._network.encode_image

    def refuse(batch: torch.Tensor) -> torch.Tensor:
        asked.append(len(batch))
        if len(batch) > most:
            raise error
        answer: torch.Tensor = encode(batch)
        return answer

    model._network.encode_image = refuse
    return asked
