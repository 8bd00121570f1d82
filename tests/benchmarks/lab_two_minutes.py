"""How long the Lab's default experiment takes on two processor cores, and what it finds.

    python -m tests.benchmarks.lab_two_minutes --work DIR [--runs 10] [--kind clip]

Each run is a whole experiment as a person starts it: a kit drawn afresh, both twins trained side by
side, both audited, with another seed of the training each time. Nothing else may run meanwhile.
Results: results/lab_two_minutes.json and .md. A finished run is not done again.
"""

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import torch

from auditcore.audit.words import chance
from auditcore.lab.experiments import (
    DEFAULT_KIND,
    KINDS,
    TWINS,
    Experiment,
    changed,
    create,
    default_setup,
    expected_seconds,
)
from auditcore.lab.experiments.running import train
from auditcore.passive.evaluation import rate

RESULTS = Path(__file__).parent / "results" / "lab_two_minutes"


def measure(folder: Path, kind: str, seed: int) -> dict[str, Any]:
    """Do one experiment in one go, or read what it was when it was done before."""
    experiment, told = Experiment(folder), folder / "measured.json"
    if not told.is_file():
        experiment.delete()
        load, began = os.getloadavg()[0], time.monotonic()
        train(create(folder, changed(default_setup(kind), seed=seed)))
        wall = time.monotonic() - began
        told.write_text(json.dumps({"wall_seconds": wall, "load_before": load}))
    return {"seed": seed, **json.loads(told.read_text()), **figures(experiment)}


def figures(experiment: Experiment) -> dict[str, Any]:
    """Return what one experiment found."""
    found: dict[str, Any] = {}
    for name in TWINS:
        outcome, audited = experiment.outcome(name), experiment.audit(name)
        assert outcome is not None and audited is not None and audited.verdict is not None
        found[name] = {
            "decision": audited.verdict.decision.value,
            "queries": audited.verdict.queries,
            "utility": outcome.utility,
            "training_seconds": outcome.seconds,
        }
    return found


def summary(kind: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of all runs of a kind together."""
    setup = default_setup(kind)
    walls = [run["wall_seconds"] for run in runs]
    detected = {name: sum(run[name]["decision"] == "used" for run in runs) for name in TWINS}
    return {
        "kind": kind,
        "setup": setup.to_json(),
        "photos": 24,
        "expected_seconds": expected_seconds(setup),
        "wall_seconds": {
            "mean": statistics.mean(walls),
            "least": min(walls),
            "most": max(walls),
        },
        "used": {name: rate(count, len(runs)).to_json() for name, count in detected.items()},
        "runs": runs,
    }


def machine() -> dict[str, Any]:
    """Return what it ran on."""
    return {
        "cpus": os.cpu_count(),
        "gpu": torch.cuda.is_available(),
        "machine": platform.machine(),
        "torch": torch.__version__,
    }


def write(found: dict[str, Any]) -> None:
    """Write the figures as JSON and as a table."""
    RESULTS.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
    lines = [
        "# The Lab's default experiment: time and verdicts",
        "",
        f"{found['machine']['cpus']} CPU cores, "
        f"{'a GPU' if found['machine']['gpu'] else 'no GPU'}, torch {found['machine']['torch']}. "
        "A whole experiment: kit sealed, two trainings side by side, two audits.",
        "Made by `python -m tests.benchmarks.lab_two_minutes --work DIR`.",
        "",
        "| kind | accepted false alarms | runs | seconds: mean (least to most) | trained with the "
        "photos: used | twin: used | queries: with / twin | utility: with / twin |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(one) for one in found["kinds"].values()),
        "",
        "“Used” is counted with its exact 95 % interval (Clopper-Pearson). The audit is about the "
        "24 sample photos together, at half the accepted rate, as every first attempt.",
    ]
    RESULTS.with_suffix(".md").write_text("\n".join(lines) + "\n")


def _row(one: dict[str, Any]) -> str:
    wall, runs, used = one["wall_seconds"], one["runs"], one["used"]
    means = [
        " / ".join(f"{statistics.mean(run[n][what] for run in runs):{form}}" for n in TWINS)
        for what, form in (("queries", ".0f"), ("utility", ".2f"))
    ]
    seconds = f"{wall['mean']:.0f} ({wall['least']:.0f} to {wall['most']:.0f})"
    p = chance(default_setup(one["kind"]).p)
    rates = [_rate(used[name]) for name in TWINS]
    cells = [one["kind"], p, str(len(runs)), seconds, *rates, *means]
    return f"| {' | '.join(cells)} |"


def _rate(told: dict[str, Any]) -> str:
    return f"{told['count']} of {told['of']} ({told['low']:.2f} to {told['high']:.2f})"


def main() -> None:
    """Do all runs of one kind and write the figures beside those of the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--kind", choices=KINDS, default=DEFAULT_KIND)
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    runs = []
    for seed in range(1, chosen.runs + 1):
        runs.append(measure(chosen.work / f"{chosen.kind}-{seed}", chosen.kind, seed))
        print(json.dumps(runs[-1]), flush=True)
    file = RESULTS.with_suffix(".json")
    before = json.loads(file.read_text())["kinds"] if file.is_file() else {}
    kinds = before | {chosen.kind: summary(chosen.kind, runs)}
    write({"machine": machine(), "kinds": kinds})


if __name__ == "__main__":
    main()
