"""A picture's answer has the same bits in every place, beside any other, on any number of lanes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from auditcore.errors import ModelError
from auditcore.models import Capability, Running, lanes, open_model
from auditcore.models.calls import Calls, filled
from auditcore.models.lanes import cores
from auditcore.models.local import LocalModel
from auditcore.models.prepared import Prepared
from auditcore.models.room import CallTooLarge
from tests.models.architectures import save_random
from tests.models.onnx_files import save_onnx, write_sheet
from tests.models.timm_folders import save_timm, save_torchvision

CALLS = 4
WAYS = [
    Running("cpu", "float32", "torch", CALLS),
    Running("cpu", "bfloat16", "torch", CALLS),
    Running("cpu", "float32", "torch-channels-last", CALLS),
    Running("cpu", "float32", "openvino", CALLS),
    Running("cpu", "bfloat16", "openvino", CALLS),
    Running("cpu", "float32", "onnxruntime", CALLS),
]


def spec_of(folder: Path, kind: str) -> str:
    makers: dict[str, Callable[[], str]] = {
        "vit": lambda: f"openclip:{save_random(folder, 'vit')}",
        "resnet": lambda: f"openclip:{save_random(folder, 'resnet')}",
        "coca": lambda: f"openclip:{save_random(folder, 'coca')}",
        "timm": lambda: f"timm:{save_timm(folder)}",
        "torchvision": lambda: f"timm:{save_torchvision(folder)}",
        "onnx": lambda: f"onnx:{write_sheet(save_onnx(folder / 'small.onnx'))}",
    }
    return makers[kind]() if kind in makers else kind


def opened(folder: Path, kind: str, running: Running) -> LocalModel:
    model = open_model(spec_of(folder, kind), running=running)
    assert isinstance(model, LocalModel)
    assert model.calls.size == CALLS
    return model


def questions(model: LocalModel) -> list[Callable[[Prepared], NDArray[np.generic]]]:
    asked: list[Callable[[Prepared], NDArray[np.generic]]] = [model.image_features]
    if Capability.PROBABILITIES in model.capabilities:
        asked.append(model.probabilities)
    if Capability.CAPTION_LOSS in model.capabilities:
        asked.append(lambda pictures: model.caption_losses(pictures, "a cat"))
    return asked


def check_bits(model: LocalModel) -> None:
    """Ask about eleven pictures in many arrangements, and want the same bits each time."""
    size, draw = model.input_size, np.random.default_rng(2)
    levels = torch.from_numpy(draw.uniform(0, 255, (11, 3, size, size)).astype(np.float32))
    order = draw.permutation(11)
    for ask in questions(model):
        model.calls.lanes = 2
        rows = ask(Prepared(levels))
        assert np.isfinite(rows).all()
        assert not np.array_equal(rows[0], rows[1])
        assert np.array_equal(ask(Prepared(levels[order])), rows[order])
        for place in (0, 3, 7, 10):
            assert np.array_equal(ask(Prepared(levels[place : place + 1]))[0], rows[place])
            assert np.array_equal(ask(Prepared(levels[: place + 1])), rows[: place + 1])
        other = levels.flip(3)
        other[5] = levels[5]
        assert np.array_equal(ask(Prepared(other))[5], rows[5])
        model.calls.lanes = 1
        assert np.array_equal(ask(Prepared(levels)), rows)


@pytest.mark.parametrize("running", WAYS, ids=lambda way: f"{way.runtime}-{way.precision}")
@pytest.mark.parametrize("kind", ["vit", "resnet", "timm", "torchvision", "demo:with"])
def test_bits_hold_still(tmp_path: Path, kind: str, running: Running) -> None:
    check_bits(opened(tmp_path, kind, running))


@pytest.mark.parametrize("kind", ["coca", "onnx", "efficientnet-lite0", "demo:encoder"])
def test_bits_of_the_other_kinds_hold_still(tmp_path: Path, kind: str) -> None:
    check_bits(opened(tmp_path, kind, Running("cpu", calls=CALLS)))


def test_more_cores_give_the_same_bits(tmp_path: Path) -> None:
    """Whole processes that may use one thread and two."""
    folder = save_random(tmp_path / "vit", "vit")
    program = (
        "import sys, numpy as np, torch\n"
        "from auditcore.models import Running, open_model\n"
        "from auditcore.models.lanes import cores, lanes\n"
        "draw = np.random.default_rng(1)\n"
        "pictures = list(draw.integers(0, 256, (21, 64, 64, 3)).astype(np.uint8))\n"
        "for runtime in ('torch', 'openvino', 'onnxruntime'):\n"
        f"    model = open_model('openclip:{folder}',"
        " running=Running('cpu', 'float32', runtime, 4))\n"
        "    print(model.image_features(pictures).tobytes().hex())\n"
        "inside = lanes().submit(torch.get_num_threads).result()\n"
        "print(cores(), inside, torch.get_num_threads(), file=sys.stderr)\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            capture_output=True,
            text=True,
            check=True,
        )
        for threads in (1, 2)
    ]
    assert said[0].stdout == said[1].stdout
    there = min(2, len(os.sched_getaffinity(0)))
    assert said[1].stderr.split()[-3:] == [str(there), "1", "2"]  # lanes alone are held to one


def test_calls_are_filled_up_and_cut_off_again() -> None:
    seen: list[tuple[int, int]] = []

    def answer(part: Prepared, size: int) -> torch.Tensor:
        seen.append((len(part), size))
        return filled(part.levels, size).sum(dim=(1, 2, 3))

    levels = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 3, 2, 2)
    calls = Calls("it", torch.device("cpu"), 3)
    assert calls.rows(Prepared(levels), answer).tolist() == [0, 12, 24, 36, 48]
    assert sorted(seen) == [(2, 3), (3, 3)]
    assert calls.at_once == 6 * cores()


def test_an_error_waits_for_the_calls_under_way() -> None:
    done: list[int] = []

    def answer(part: Prepared, size: int) -> torch.Tensor:
        if int(part.levels[0, 0, 0, 0]) == 0:
            raise ValueError("the first")
        done.append(len(part))
        return torch.zeros(size, 1)

    levels = torch.arange(6.0).view(6, 1, 1, 1)
    calls = Calls("it", torch.device("cpu"), 1)
    calls.lanes = 3
    with pytest.raises(ValueError, match="the first"):
        calls.rows(Prepared(levels), answer)
    before = len(done)
    lanes.lanes().submit(lambda: None).result()
    assert len(done) == before


def test_no_room_says_so() -> None:
    def answer(part: Prepared, size: int) -> torch.Tensor:
        raise MemoryError

    calls = Calls("The model", torch.device("cpu"), 1)
    with pytest.raises(ModelError, match="The model does not fit"):
        calls.rows(Prepared(torch.zeros(2, 3, 2, 2)), answer)
    assert calls.lanes == 1


def test_too_large_a_call_is_told_and_none_is_made_smaller() -> None:
    told: list[int] = []

    def answer(part: Prepared, size: int) -> torch.Tensor:
        raise MemoryError

    calls = Calls("The model", torch.device("cpu"), 4)
    calls.on_too_large = told.append
    for _ in range(2):
        with pytest.raises(CallTooLarge, match="The model ran out of memory at 4 pictures"):
            calls.rows(Prepared(torch.zeros(2, 3, 2, 2)), answer)
    assert (calls.size, calls.lanes, told) == (4, 1, [2, 2])
