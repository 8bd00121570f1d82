"""The arithmetic of the throughput benchmark, and its path on a processor of this machine."""

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from tests.benchmarks import throughput
from tests.benchmarks.machine import described, sentence
from tests.benchmarks.throughput_card import fraction, matrix_rate, product_operations
from tests.benchmarks.throughput_profile import WAITING, Sampler, stage_of

CPU = torch.device("cpu")


def test_a_product_of_matrices_is_counted_as_torch_counts_it() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        torch.ones(48, 48) @ torch.ones(48, 48)
    assert counter.get_total_flops() == product_operations(48)


def test_the_matrix_rate_and_the_share_of_it() -> None:
    rate = matrix_rate(CPU, torch.float32, 64)
    assert rate > 1e6
    assert fraction(10.0, 2_000_000_000, 1e12) == 0.02


def test_ratios_are_of_the_same_round() -> None:
    assert throughput.ratio([10, 30, 20], [10, 10, 10]) == {"median": 2.0, "least": 1, "most": 3}


def test_every_way_has_its_turn_first() -> None:
    order: list[str] = []

    class Way:
        def __init__(self, name: str) -> None:
            self.name = name

        def pace(self, seconds: float) -> float:
            order.append(self.name)
            return seconds

    rates = throughput.in_turns({"a": Way("a"), "b": Way("b")}, 2, 0.5)
    assert order == ["a", "b", "b", "a"] and rates == {"a": [0.5, 0.5], "b": [0.5, 0.5]}


def test_a_stage_is_that_of_the_innermost_place_in_telltale(tmp_path: Path) -> None:
    outer = tmp_path / "auditcore" / "scores" / "scorer.py"
    inner = tmp_path / "auditcore" / "models" / "local.py"
    found: dict[str, object] = {"sys": sys}
    exec(compile("def leaf():\n    return sys._getframe()", "anywhere.py", "exec"), found)
    exec(compile("def ask():\n    return leaf()", str(inner), "exec"), found)
    exec(compile("def score():\n    return ask()", str(outer), "exec"), found)
    assert stage_of(found["score"]()) == "forward pass"  # type: ignore[operator]
    assert stage_of(found["leaf"]()) is None  # type: ignore[operator]


def test_threads_that_wait_count_as_waiting() -> None:
    over = threading.Event()
    waiting = threading.Thread(target=over.wait)
    sampler = Sampler()
    waiting.start()
    sampler.start()
    time.sleep(0.1)
    sampler.stop()
    over.set()
    assert sampler.seen[WAITING] > 0 and WAITING not in sampler.shares()


def test_the_whole_measurement_of_one_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throughput, "WORKERS", (0,))
    monkeypatch.setattr(throughput, "SIZES", {"cpu": (4,)})
    monkeypatch.setattr(throughput, "BATCHES", {"cpu": (4,)})
    pace = {"trial": 0.01, "rounds": 2, "seconds": 0.05}
    one = throughput.measure("demo:with", tmp_path, "cpu", pace)
    assert all(len(rates) == 2 and min(rates) > 0 for rates in one["images_per_second"].values())
    assert 1e8 < one["operations"] < 2e8
    one["tried"] = [{"runtime": "torch", "precision": "x", "images_per_second": 1, "noise": None}]
    one["share_of_matrix_rate"] = throughput.share_of_card(one, 1e12)
    told = {"images_per_second": 5.0, "processor_seconds_a_second": 1.0, "shares": {"views": 1.0}}
    one["profile"] = {"after": told}
    facts = {"machine": described(), "device": "cpu", "models": [one]}
    found = {**facts, "bfloat16_matrix_operations_per_second": 1e12}
    page = throughput.table(json.loads(json.dumps(found)))
    assert f"{os.cpu_count()} cores" in page and "DataLoader with 0 workers" in page
    assert sentence(facts["machine"]) in page


def test_models_with_random_weights_are_made_without_a_network(tmp_path: Path) -> None:
    from auditcore.models import Running, open_model

    spec, place = throughput.place_model("RN50", tmp_path)
    assert sorted(file.name for file in place.iterdir()) == [
        "open_clip_config.json",
        "open_clip_model.safetensors",
    ]
    model = open_model(spec, running=Running("cpu", "float32", "torch", 1))
    assert model.input_size == 224
