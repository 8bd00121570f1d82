"""How fast each program computes a model on this machine's CPU, and which one is taken.

For every model: each way that is tried at first use (PyTorch, OpenVINO, ONNX Runtime, in 32 and in
16 bits), with all lanes at work on pictures that lie there prepared. The ways take turns, several
times each, and the best turn of each counts. Beside it the noise of `auditcore.models.precision`
(a way is taken only at 0.1 or less), whether a picture keeps its bits in every place, and what the
choice costs: the seconds to open the model for the first time, measuring included, and again.
ViT-B-32 and RN50 have random weights.

    python -m tests.benchmarks.runtimes [--seconds 3] [--turns 3]

Results: results/runtimes.json and results/runtimes.md.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from auditcore.models import Running, open_model
from auditcore.models.choosing import candidates
from auditcore.models.local import TorchModel
from auditcore.models.measuring import is_steady, sample
from auditcore.models.precision import AGREEMENT, said, worst_noise
from auditcore.models.prepared import Prepared
from tests.benchmarks import machine
from tests.models.named import random_named

RESULTS = Path(__file__).parent / "results"
NAMED = ("ViT-B-32", "RN50")
PACKAGED = ("demo:with", "efficientnet-lite0")


def measured(spec: str, seconds: float, turns: int) -> dict[str, Any]:
    """Return how one model is opened, and each of its ways."""
    opening = []
    for _ in range(2):
        start = time.perf_counter()
        model = _opened(spec, Running("cpu"))
        opening.append(round(time.perf_counter() - start, 2))
    exact = _opened(spec, Running("cpu", "float32", "torch", model.way.calls))
    ways = [
        _opened(spec, Running("cpu", precision, runtime, model.way.calls))
        for runtime, precision in candidates(exact)
    ]
    paces = [[_pace(way, seconds) for way in ways] for _ in range(turns)]
    return {
        "first_opening_s": opening[0],
        "second_opening_s": opening[1],
        "chosen": [model.way.runtime, model.way.precision],
        "calls": model.way.calls,
        "lanes": model.calls.lanes,
        "ways": [
            _row(exact, way, max(turn[place] for turn in paces)) for place, way in enumerate(ways)
        ],
    }


def _opened(spec: str, running: Running) -> TorchModel:
    model = open_model(spec, running=running)
    assert isinstance(model, TorchModel)
    return model


def _row(exact: TorchModel, way: TorchModel, pace: float) -> dict[str, Any]:
    versions = sample(exact)
    return {
        "runtime": way.way.runtime,
        "precision": way.way.precision,
        "images_per_second": round(pace, 1),
        "noise": worst_noise(said(exact, versions), said(way, versions)),
        "steady": is_steady(way, [way.image_features], versions),
    }


def _pace(model: TorchModel, seconds: float) -> float:
    """Return pictures a second of wall time, a few at_once long questions after one to warm up."""
    versions = sample(model).levels
    count = 2 * model.at_once
    pictures = Prepared(versions.repeat(-(-count // len(versions)), 1, 1, 1)[:count])
    model.image_features(pictures)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        model.image_features(pictures)
        done += count
    return done / (time.perf_counter() - start)


def report(results: dict[str, Any]) -> str:
    """Return the results as a table."""
    lines = [
        "# Programs that compute a model on a CPU",
        "",
        *(line for line in str(__doc__).splitlines()[2:8]),
        "",
        machine.sentence(results["machine"]),
        "",
        "| model | program | numbers | images/s | times PyTorch's 32 bits | noise | same bits "
        "| taken |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in results["models"].items():
        exact = found["ways"][0]["images_per_second"]
        for way in found["ways"]:
            taken = [way["runtime"], way["precision"]] == found["chosen"]
            lines.append(
                f"| {name} | {way['runtime']} | {way['precision']} | "
                f"{way['images_per_second']:,.1f} | {way['images_per_second'] / exact:.2f} | "
                f"{way['noise']:.1e} | {'yes' if way['steady'] else 'no'} | "
                f"{'yes' if taken else ''} |"
            )
    lines += ["", "| model | opened first (measuring), s | again, s | pictures a call | lanes |"]
    lines += ["|---|---|---|---|---|"]
    for name, found in results["models"].items():
        lines.append(
            f"| {name} | {found['first_opening_s']:.1f} | {found['second_opening_s']:.1f} | "
            f"{found['calls']} | {found['lanes']} |"
        )
    lines += ["", f"Noise may be {AGREEMENT:g} at most."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all models and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of a turn")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    results: dict[str, Any] = {"machine": machine.described(), "models": {}}
    with tempfile.TemporaryDirectory() as place:
        os.environ["TELLTALE_DATA"] = str(Path(place) / "data")
        folders = {name: Path(place) / name for name in NAMED}
        for name, folder in folders.items():
            random_named(name, folder)
        specs = {name: f"openclip:{folder}" for name, folder in folders.items()}
        for name, spec in {**specs, **{spec: spec for spec in PACKAGED}}.items():
            print(name, flush=True)
            results["models"][name] = measured(spec, arguments.seconds, arguments.turns)
    (RESULTS / "runtimes.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "runtimes.md").write_text(report(results))


if __name__ == "__main__":
    main()
