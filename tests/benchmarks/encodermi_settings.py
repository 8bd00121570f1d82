"""EncoderMI in the eight settings of what is known: V, S, T, four kinds of target, 5 trials.

A trial's target encoder is trained on its own members; the attacks are trained on the shadow
encoder of the next trial, whose pictures are others. Known distribution: Fashion-MNIST, as the
target's; unknown: the captioned corpus, in grey. Recipes were chosen on pictures that are in no
trial. Run it again to go on after a stop:

    python tests/benchmarks/encodermi_settings.py --work DIR --cache DIR
"""

import argparse
import itertools
import json
import platform
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from encodermi_encoders import (
    ALGORITHMS,
    ARCHITECTURES,
    MEMBERS,
    NON_MEMBERS,
    RECIPES,
    SOURCES,
    TRIALS,
    Kind,
    done,
    folder_of,
    kinds,
    make,
    plan,
    seen,
)

from auditcore.passive.encodermi.attacks import Attacks, train_attacks
from auditcore.passive.encodermi.shape import VARIANTS
from auditcore.passive.evaluation import auc, rate, tpr_at

RESULTS = Path(__file__).parent / "results"
TOLD = "encodermi_settings"
PAPER = {
    "source": "arXiv 2108.11023: other data (colour), 10,000 members, ResNet-18, more epochs",
    "CIFAR-10, V, all known": {"accuracy": 0.914, "precision": 0.901, "recall": 0.935},
    "Tiny-ImageNet, V, all known": {"accuracy": 0.965, "precision": 0.966, "recall": 0.970},
    "Tiny-ImageNet, V, nothing known": {"accuracy": 0.887},
}


def other(value: str, values: tuple[str, ...]) -> str:
    return next(item for item in values if item != value)


def shadow_kind(target: Kind, known: tuple[bool, bool, bool]) -> Kind:
    """Return the shadow's kind when (distribution, architecture, algorithm) are known or not."""
    distribution, architecture, algorithm = known
    return Kind(
        target.source if distribution else other(target.source, SOURCES),
        target.architecture if architecture else other(target.architecture, ARCHITECTURES),
        target.algorithm if algorithm else other(target.algorithm, ALGORITHMS),
    )


class Shadows:
    """The attacks of each shadow encoder, trained once."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._made: dict[tuple[Kind, int], Attacks] = {}

    def after(self, kind: Kind, target: Kind, trial: int) -> Attacks:
        """Return the attacks of the next trial that has an encoder of that kind.

        Of the target's source another trial's, whose pictures are others.
        """
        steps = range(1, TRIALS + (kind.source != target.source))
        turns = [(trial + step) % TRIALS for step in steps]
        number = next(turn for turn in turns if done(kind, turn, self._cache))
        if (kind, number) not in self._made:
            members, others = seen(folder_of(kind, number, self._cache))
            self._made[kind, number] = train_attacks(members, others, 1 + number)
        return self._made[kind, number]


def measure(target: Kind, known: tuple[bool, bool, bool], shadows: Shadows, cache: Path) -> Any:
    """Return each variant's figures over all trials of a target."""
    scores: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in VARIANTS}
    for trial in range(TRIALS):
        if not done(target, trial, cache):
            continue
        attacks = shadows.after(shadow_kind(target, known), target, trial)
        members, others = seen(folder_of(target, trial, cache))
        for name in VARIANTS:
            scores[name].append((attacks.scores(name, members), attacks.scores(name, others)))
    return {name: figures(found) for name, found in scores.items()}


def figures(trials: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Return accuracy, precision and recall at equal numbers, by trial and of all together.

    There are more non-members than members: accuracy and precision are those that equal numbers
    of both would have on average.
    """
    each = [at_equal_numbers((m > 0).mean(), (n > 0).mean()) for m, n in trials]
    members = np.concatenate([m for m, _ in trials])
    others = np.concatenate([n for _, n in trials])
    areas = [auc(m, n).value for m, n in trials]
    low = tpr_at(members, others, 0.01)
    return {
        **at_equal_numbers((members > 0).mean(), (others > 0).mean()),
        "trials": each,
        "deviation_of_accuracy": float(np.std([one["accuracy"] for one in each], ddof=1)),
        "recall_interval": rate(int((members > 0).sum()), len(members)).to_json(),
        "false_positives": rate(int((others > 0).sum()), len(others)).to_json(),
        "auc_mean": float(np.mean(areas)),
        "auc_trials": areas,
        "tpr_at_1_percent_fpr": None if low is None else low.to_json(),
    }


def at_equal_numbers(recall: float, wrong: float) -> dict[str, float | None]:
    called = recall + wrong
    return {
        "accuracy": float((recall + 1 - wrong) / 2),
        "precision": float(recall / called) if called else None,
        "recall": float(recall),
    }


def results(cache: Path) -> dict[str, Any]:
    shadows = Shadows(cache)
    rows = []
    for target in kinds("fashion"):
        for known in itertools.product((True, False), repeat=3):
            rows.append(
                {
                    "target": asdict(target),
                    "known": dict(
                        zip(("distribution", "architecture", "algorithm"), known, strict=True)
                    ),
                    **measure(target, known, shadows, cache),
                }
            )
            print(target.name, known, {n: round(rows[-1][n]["accuracy"], 3) for n in VARIANTS})
    trained = {
        kind.name: sum(done(kind, trial, cache) for trial in range(TRIALS))
        for source in SOURCES
        for kind in kinds(source)
    }
    return {
        "made": date.today().isoformat(),
        "device": f"CPU, one core ({platform.machine()}), torch {torch.__version__}",
        "members": MEMBERS,
        "non_members": NON_MEMBERS,
        "encoders": trained,
        "recipes": {name: asdict(recipe) for name, recipe in RECIPES.items()},
        "rows": rows,
        "paper": PAPER,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for packages")
    parser.add_argument("--cache", type=Path, required=True, help="folder for encoders")
    parser.add_argument("--only-evaluate", action="store_true", help="train nothing more")
    chosen = parser.parse_args()
    if not chosen.only_evaluate:
        for kind, trial in plan():
            make(kind, trial, chosen.work, chosen.cache)
    found = results(chosen.cache)
    (RESULTS / f"{TOLD}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))


def table(found: dict[str, Any]) -> str:
    lines = [
        "| target | distribution | architecture | algorithm | "
        + " | ".join(f"{name} acc / prec / rec (AUC)" for name in VARIANTS)
        + " |",
        "|---|---|---|---|" + "---|" * len(VARIANTS),
    ]
    for row in found["rows"]:
        target = f"{row['target']['architecture']}, {row['target']['algorithm']}"
        marks = " | ".join("known" if value else "-" for value in row["known"].values())
        lines.append(f"| {target} | {marks} | " + " | ".join(cell(row[v]) for v in VARIANTS) + " |")
    return "\n".join(lines) + "\n"


def cell(one: dict[str, Any]) -> str:
    precision = "-" if one["precision"] is None else f"{100 * one['precision']:.0f}"
    return (
        f"{100 * one['accuracy']:.1f} (± {100 * one['deviation_of_accuracy']:.1f}) / {precision} / "
        f"{100 * one['recall']:.0f} ({one['auc_mean']:.2f})"
    )


if __name__ == "__main__":
    main()
