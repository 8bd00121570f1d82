"""Early stopping against EncoderMI: what it takes from the attack and from the encoder's use.

The encoders that encodermi_settings.py kept at several epochs: attacked with a shadow encoder
stopped at the same epoch (everything known), and used as features of a linear classifier of
Fashion-MNIST. Then the same trainings four times as long, from the start. Run after it:

    python tests/benchmarks/encodermi_stopping.py --work DIR --cache DIR
"""

import argparse
import json
import platform
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from encodermi_encoders import (
    CHECKPOINTS,
    MEMBERS,
    NON_MEMBERS,
    RECIPES,
    STOPPED,
    TRIALS,
    done,
    folder_of,
    see,
    seen,
    split,
)
from encodermi_settings import figures
from torch.nn.functional import cross_entropy

from auditcore.lab.encoders import save_encoder, train_encoder
from auditcore.lab.pictures import Pictures, fashion_mnist
from auditcore.models import open_model
from auditcore.passive.encodermi.attacks import train_attacks
from auditcore.passive.encodermi.shape import VARIANTS

RESULTS = Path(__file__).parent / "results"
TOLD = "encodermi_stopping"
PROBED = 2000
LAST = RECIPES[STOPPED.algorithm].epochs


LONGER = replace(RECIPES[STOPPED.algorithm], epochs=4 * LAST)


def stopped(trial: int, epoch: int, cache: Path) -> Path:
    folder = folder_of(STOPPED, trial, cache)
    return folder if epoch == LAST else folder / f"epoch-{epoch}"


def train_longer(trial: int, work: Path, cache: Path) -> None:
    """Train one encoder with a schedule of LONGER.epochs, unless that was done before."""
    folder = stopped(trial, LONGER.epochs, cache)
    if not (folder / "model.safetensors").exists():
        members, _ = split(STOPPED.source, trial, work)
        network = train_encoder(
            members, STOPPED.algorithm, STOPPED.architecture, LONGER, 1000 + trial
        )
        save_encoder(network, STOPPED.architecture, folder)


def look(trial: int, epoch: int, work: Path, cache: Path) -> None:
    """Keep what EncoderMI sees of one stopped encoder, and its use, unless that was done before."""
    folder = stopped(trial, epoch, cache)
    if not (folder / "similarities.npz").exists():
        see(folder, folder, *split(STOPPED.source, trial, work))
    if not (folder / "use.json").exists():
        pictures = fashion_mnist(work, train=False)
        (folder / "use.json").write_text(json.dumps(use(folder, pictures)))


def use(encoder: Path, pictures: Pictures) -> float:
    """Return the accuracy of a linear classifier on the encoder's features.

    Learnt from PROBED pictures of Fashion-MNIST's test part, tried on PROBED others of it.
    """
    model = open_model(f"timm:{encoder}")
    parts = np.array_split(pictures.pixels[: 2 * PROBED], 2 * PROBED // 250)
    features = np.concatenate([model.image_features(list(part)) for part in parts])
    mean, deviation = features[:PROBED].mean(axis=0), features[:PROBED].std(axis=0) + 1e-6
    x = torch.from_numpy((features - mean) / deviation).float()
    y = torch.from_numpy(pictures.labels[: 2 * PROBED])
    weights = fit(x[:PROBED], y[:PROBED])
    right = (_logits(x[PROBED:], weights).argmax(dim=1) == y[PROBED:]).float().mean()
    return float(right)


def fit(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return a softmax regression's weights, shape (D + 1, 10), L2 of 1e-3, to convergence."""
    weights = torch.zeros(x.shape[1] + 1, 10, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(_logits(x, weights), y) + 1e-3 * (weights[:-1] ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weights.detach()


def _logits(x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return x @ weights[:-1] + weights[-1]


def measure(epoch: int, trials: list[int], cache: Path) -> dict[str, Any]:
    found: dict[str, Any] = {name: [] for name in VARIANTS}
    for place, trial in enumerate(trials):
        shadow = trials[(place + 1) % len(trials)]
        attacks = train_attacks(*seen(stopped(shadow, epoch, cache)), 1 + shadow)
        inside, outside = seen(stopped(trial, epoch, cache))
        for name in VARIANTS:
            found[name].append((attacks.scores(name, inside), attacks.scores(name, outside)))
    uses = [json.loads((stopped(t, epoch, cache) / "use.json").read_text()) for t in trials]
    return {
        "epochs": epoch,
        "downstream_accuracy": float(np.mean(uses)),
        "downstream_trials": uses,
        **{name: figures(scores) for name, scores in found.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for packages")
    parser.add_argument("--cache", type=Path, required=True, help="folder for encoders")
    chosen = parser.parse_args()
    trials = [trial for trial in range(TRIALS) if done(STOPPED, trial, chosen.cache)]
    epochs = (*CHECKPOINTS, LAST, LONGER.epochs)
    for trial in trials:
        train_longer(trial, chosen.work, chosen.cache)
        for epoch in epochs:
            look(trial, epoch, chosen.work, chosen.cache)
    rows = [measure(epoch, trials, chosen.cache) for epoch in epochs]
    found = {
        "made": date.today().isoformat(),
        "device": f"CPU, one core ({platform.machine()}), torch {torch.__version__}",
        "encoder": STOPPED.name,
        "members": MEMBERS,
        "non_members": NON_MEMBERS,
        "trials": len(trials),
        "probed": {"learnt_from": PROBED, "tried_on": PROBED},
        "rows": rows,
    }
    (RESULTS / f"{TOLD}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(table(rows))


def table(rows: list[dict[str, Any]]) -> str:
    heads = " | ".join(f"{name} accuracy (AUC)" for name in VARIANTS)
    lines = [f"| epochs | {heads} | linear classifier |", "|---|" + "---|" * (len(VARIANTS) + 1)]
    for row in rows:
        cells = [f"{100 * row[n]['accuracy']:.1f} ({row[n]['auc_mean']:.2f})" for n in VARIANTS]
        lines.append(
            f"| {row['epochs']} | {' | '.join(cells)} | {100 * row['downstream_accuracy']:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
