"""Pictures a second, from a kit to scores, beside what others would write and beside the limit.

    python -m tests.benchmarks.throughput [--quick] [--before TREE] [--device cpu|cuda]

Three models: ViT-B-32 and RN50 as open_clip builds them, with random weights, and demo:with. For
each, in a process of its own and in turns: the loop a user of open_clip writes, the same through a
DataLoader (the best of 0, 1 and 2 workers), this project's Scorer, the network alone as the Scorer
runs it (best size of a call), and the network alone in PyTorch's float32 with all threads (best
batch). 16 views a version, scores are cosines to the caption. Ratios are of figures of the same
round; their median is told. --before names another version's tree, whose audits are profiled beside
this one's. On a graphics card (by itself where there is one) also the share of the card's measured
bfloat16 matrix rate. Results: results/throughput.json and .md, on a card throughput_cuda.*.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
MODELS = ("ViT-B-32", "RN50", "demo:with")
WORKERS = (0, 1, 2)
SIZES = {"cpu": (4, 8, 16, 32), "cuda": (64, 128, 256, 512, 1024)}
BATCHES = {"cpu": (8, 16, 32, 64), "cuda": (64, 128, 256, 512, 1024)}
MATRIX_SIDE = {"cpu": 2048, "cuda": 8192}
QUICK = {"rounds": 1, "seconds": 1.0, "trial": 0.3, "profile": 3.0}
FULL = {"rounds": 3, "seconds": 4.0, "trial": 1.5, "profile": 6.0}
WAYS = ("loop", "loader", "scorer", "bare", "eager")
RATIOS = (
    ("scorer", "loop"),
    ("scorer", "loader"),
    ("scorer", "bare"),
    ("scorer", "eager"),
)
TITLES = {
    "loop": "loop of open_clip, a version at a time",
    "loader": "the same through a DataLoader",
    "scorer": "this project, kit to scores",
    "bare": "network alone, as this project runs it",
    "eager": "network alone, PyTorch float32, all threads",
}


def place_model(name: str, folder: Path) -> tuple[str, Path]:
    """Return the spec and the folder of a model, made with random weights if it is not the demo."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    from auditcore import paths

    if name.startswith("demo:"):
        return name, paths.assets_dir() / "models" / name.replace(":", "-")
    place = folder / name
    place.mkdir()
    torch.manual_seed(0)
    network = open_clip.create_model(name, pretrained=None, load_weights=False)
    weights = {key: value.contiguous() for key, value in network.state_dict().items()}
    save_file(weights, place / "open_clip_model.safetensors")
    seen = network.visual.preprocess_cfg
    config = {
        "model_cfg": open_clip.get_model_config(name),
        "preprocess_cfg": {key: seen[key] for key in ("mean", "std", "interpolation")},
    }
    (place / "open_clip_config.json").write_text(json.dumps(config))
    return f"openclip:{place}", place


def measure(name: str, folder: Path, device: str, pace: dict[str, float]) -> dict[str, Any]:
    """Measure one model in all ways."""
    import torch

    from auditcore import paths
    from auditcore.kit import open_kit
    from auditcore.models import Running, open_model
    from auditcore.models.local import TorchModel
    from auditcore.models.precision import operations
    from tests.benchmarks import throughput_ways as ways

    spec, place = place_model(name, folder)
    threads = torch.get_num_threads()
    kit = open_kit(paths.assets_dir() / "sample" / "kit.zip")
    model = open_model(spec, running=Running(device=device))
    assert isinstance(model, TorchModel)
    caption = model.text_features([str(kit.photos[ways.PHOTO].caption)])
    side = model.preprocessing.size
    obvious = ways.Obvious.of(place, caption, device, threads)
    print(f"{name}: opened, {model.way}", flush=True)
    trial = pace["trial"]
    loader = fastest([ways.Loader(obvious, kit, count) for count in WORKERS], trial)
    bare = fastest([ways.Bare(model, size) for size in SIZES[device]], trial)
    eager = fastest([ways.Eager(obvious, side, size) for size in BATCHES[device]], trial)
    timed = {
        "loop": ways.Loop(obvious, kit),
        "loader": loader,
        "scorer": ways.Ours(kit, model),
        "bare": bare,
        "eager": eager,
    }
    rates = in_turns(timed, int(pace["rounds"]), pace["seconds"])
    return {
        "model": name,
        "side": side,
        "operations": operations(model.in_way(plain(model))),
        "views": ways.VIEWS,
        "way": {key: model.identity.details[key] for key in ("engine", "precision", "call size")},
        "tried": tried(model),
        "loader_workers": loader.workers,
        "bare_size": bare.size,
        "eager_batch": eager.size,
        "images_per_second": rates,
        "ratios": {f"{a} / {b}": ratio(rates[a], rates[b]) for a, b in RATIOS},
    }


def plain(model: Any) -> Any:
    """Return the way in which operations are counted: PyTorch's float32."""
    from auditcore.models.local import Way

    return Way("torch", "float32", model.way.calls)


def tried(model: Any) -> list[dict[str, Any]]:
    """Return what the choice of the way rests on, as it is kept in the data folder."""
    from auditcore import paths

    files = (paths.data_dir() / "measured").glob(f"{model.identity.fingerprint}*.json")
    return [one for file in files for one in json.loads(file.read_text()).get("tried", [])]


def fastest(timed: Sequence[Any], seconds: float) -> Any:
    """Return what answers most pictures a second."""
    paces = [one.pace(seconds) for one in timed]
    print([round(pace, 1) for pace in paces], flush=True)
    return timed[paces.index(max(paces))]


def in_turns(timed: dict[str, Any], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Let all take turns, each round beginning with another; return pictures a second."""
    names = list(timed)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rates[name].append(round(timed[name].pace(seconds), 2))
        print({name: rate[-1] for name, rate in rates.items()}, flush=True)
    return rates


def ratio(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Return the median, least and most of the ratios of the rounds."""
    found = [a / b for a, b in zip(above, below, strict=True)]
    told = {"median": statistics.median(found), "least": min(found), "most": max(found)}
    return {name: round(value, 3) for name, value in told.items()}


def profiles(
    name: str, folder: Path, trees: dict[str, Path], pace: dict[str, float]
) -> dict[str, Any]:
    """Profile audits of a model by several versions of Telltale, each in a process of its own."""
    spec = name if name.startswith("demo:") else f"openclip:{folder / name}"
    script = str(Path(__file__).with_name("throughput_profile.py"))
    found = {}
    for label, tree in trees.items():
        data = folder / f"data-{label}"
        done = subprocess.run(
            [sys.executable, script, spec, "--seconds", str(pace["profile"])],
            env={**os.environ, "PYTHONPATH": str(tree), "TELLTALE_DATA": str(data)},
            cwd=tree,
            stdout=subprocess.PIPE,
            check=True,
        )
        found[label] = json.loads(done.stdout.splitlines()[-1])
    return found


def alone(name: str, folder: Path, given: argparse.Namespace, device: str) -> dict[str, Any]:
    """Measure a model in a process of its own, so that none finds what another has left."""
    told = ["--one", name, "--work", str(folder), "--device", device]
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.benchmarks.throughput", *told]
        + ["--quick"] * given.quick,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def share_of_card(found: dict[str, Any], rate: float) -> dict[str, float]:
    """Return which share of a matrix rate the Scorer and the network alone use."""
    from tests.benchmarks.throughput_card import fraction

    rates = found["images_per_second"]
    return {
        way: round(fraction(statistics.median(rates[way]), found["operations"], rate), 4)
        for way in ("scorer", "bare")
    }


def document(given: argparse.Namespace) -> dict[str, Any]:
    """Measure everything."""
    import torch

    from tests.benchmarks.machine import described
    from tests.benchmarks.throughput_card import matrix_rate

    device = given.device or ("cuda" if torch.cuda.is_available() else "cpu")
    pace = QUICK if given.quick else FULL
    trees = {**({"before": given.before} if given.before else {}), "after": ROOT}
    found: dict[str, Any] = {"machine": described(), "device": device, "pace": pace, "models": []}
    rate = matrix_rate(torch.device(device), torch.bfloat16, MATRIX_SIDE[device])
    found["bfloat16_matrix_operations_per_second"] = rate
    with tempfile.TemporaryDirectory() as work:
        os.environ["TELLTALE_DATA"] = str(Path(work) / "data-after")
        for name in given.models:
            one = alone(name, Path(work), given, device)
            one["share_of_matrix_rate"] = share_of_card(one, rate)
            one["profile"] = profiles(name, Path(work), trees, pace)
            found["models"].append(one)
    return found


def table(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    from tests.benchmarks.machine import sentence

    said = (__doc__ or "").strip().split("\n\n")[2]
    lines = ["# Pictures a second, from a kit to scores", "", said, "", sentence(found["machine"])]
    lines += ["", "Pictures a second: median (least to most of the rounds).", ""]
    names = [one["model"] for one in found["models"]]
    lines += [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for way in WAYS:
        cells = [_spread(one["images_per_second"][way]) for one in found["models"]]
        lines.append(f"| {TITLES[way]} | {' | '.join(cells)} |")
    for above, below in RATIOS:
        cells = [_ratio(one["ratios"][f"{above} / {below}"]) for one in found["models"]]
        lines.append(f"| **{TITLES[above]} / {TITLES[below]}** | {' | '.join(cells)} |")
    lines += ["", *(_choice(one, found) for one in found["models"]), "", *_profiles(found)]
    return "\n".join(lines) + "\n"


def _spread(rates: Sequence[float]) -> str:
    return f"{statistics.median(rates):,.1f} ({min(rates):,.1f} to {max(rates):,.1f})"


def _ratio(told: dict[str, float]) -> str:
    return f"**{told['median']:.2f}** ({told['least']:.2f} to {told['most']:.2f})"


def _choice(one: dict[str, Any], found: dict[str, Any]) -> str:
    way, share = one["way"], one["share_of_matrix_rate"]
    rate = found["bfloat16_matrix_operations_per_second"]
    seen = "; ".join(
        f"{t['runtime']} {t['precision']} {t['images_per_second']:,.0f}/s, noise "
        + ("none: it does not run" if t["noise"] is None else f"{t['noise']:.3g}")
        for t in one["tried"]
    )
    return (
        f"- {one['model']} ({one['side']} px, {one['operations'] / 1e9:.2f} GFLOP a picture): "
        f"{way['engine']}, {way['precision']}, {way['call size']} pictures a call. Tried: {seen}. "
        f"DataLoader with {one['loader_workers']} workers; network alone best with "
        f"{one['bare_size']} pictures a call, in PyTorch with {one['eager_batch']}. Of the "
        f"measured bfloat16 matrix rate ({rate / 1e12:.2f} TFLOP/s) the Scorer uses "
        f"{share['scorer']:.0%}, the network alone {share['bare']:.0%}."
    )


def _profiles(found: dict[str, Any]) -> list[str]:
    """Return where the time goes, one row a model and version."""
    rows = [
        (one["model"], label, told)
        for one in found["models"]
        for label, told in one["profile"].items()
    ]
    stages = sorted({stage for _, _, told in rows for stage in told["shares"]})
    lines = [
        "Where the time of an audit goes (each sample photo by itself, 8 views, database included):"
        " shares of the time in which threads of Python did not wait.",
        "",
        f"| model | version | pictures a second | processors at work | {' | '.join(stages)} |",
        "|---" * (4 + len(stages)) + "|",
    ]
    for model, label, told in rows:
        cells = [f"{told['shares'].get(stage, 0):.1%}" for stage in stages]
        pace, busy = told["images_per_second"], told["processor_seconds_a_second"]
        lines.append(f"| {model} | {label} | {pace:,.0f} | {busy} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure and write the results; a rehearsal writes none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rehearsal: prints, writes nothing")
    parser.add_argument("--before", type=Path, metavar="TREE")
    parser.add_argument("--device", choices=sorted(SIZES))
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--one", choices=MODELS, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # open_clip's, of weights that are random on purpose
    if given.one:
        pace = QUICK if given.quick else FULL
        print(json.dumps(measure(given.one, given.work, given.device, pace)))
        return
    found = document(given)
    if not given.quick:
        name = "throughput" if found["device"] == "cpu" else f"throughput_{found['device']}"
        (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
        (RESULTS / f"{name}.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
