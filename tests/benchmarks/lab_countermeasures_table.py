"""The table of lab_countermeasures.py: how often photos are found, beside the utility."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from whole_audits import interval

from auditcore.sequential.collection import LOG_WEIGHTS, AnytimeCollection, log_factors

TOP, TEN, DRAWS, LEVEL = 2, 10, 400, Fraction(1, 100)
SEED = 1
UTILITIES = {
    "classifier": "share of new pictures whose class it names (18 classes)",
    "clip": "share of new pictures whose caption it picks out of fifty",
    "encoder": "share of new pictures whose class their five nearest pictures tell",
}
USUAL = {
    "classifier": "crops of .8 to 1, mirrored; 60 epochs",
    "clip": "crops of .9 to 1; 50 epochs",
    "encoder": "crops of .2 to 1, mirrored, colours unchanged; 300 epochs",
}
"""How the model is trained that nothing was done against."""


def beaten(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each hidden version beats the published one, shape (80, 39); ties by lot."""
    lots = np.random.default_rng(SEED).permuted(np.indices(scores.shape)[1], axis=1)
    own, lot = scores[:, :1], lots[:, :1]
    ties = (scores[:, 1:] == own) & (lots[:, 1:] > lot)
    found: NDArray[np.bool_] = (scores[:, 1:] > own) | ties
    return found


def of_ten(beats: NDArray[np.bool_]) -> float:
    """Return how often ten of the photos are found together at LEVEL (`AnytimeCollection`)."""
    rounds = beats.shape[1]
    test = AnytimeCollection(TEN, rounds + 1, LEVEL)
    known = np.array(
        [
            [log_factors(t, min(k, t)) for k in range(rounds + 1)]  # more than t never beat it
            for t in range(1, rounds + 1)
        ]
    )  # (rounds, rounds + 1, alternatives)
    counts, draws = beats.cumsum(axis=1), np.random.default_rng(SEED)
    found = 0
    for _ in range(DRAWS):
        chosen = counts[draws.choice(len(counts), TEN, replace=False)]  # (ten, rounds)
        factors = known[np.arange(rounds), chosen].sum(axis=0)  # (rounds, alternatives)
        found += bool((logsumexp(factors + LOG_WEIGHTS, axis=1) >= test.log_threshold).any())
    return found / DRAWS


def figures(row: dict[str, Any]) -> dict[str, Any]:
    """Return one line of the table."""
    scores = np.array(row["scores"])
    beats = beaten(scores)
    single = int((beats.sum(axis=1) < TOP).sum())
    low, high = interval(single, len(scores))
    kept = {key: row[key] for key in ("kind", "title", "utility", "epochs", "epsilon")}
    return {
        **kept,
        "training_cpu_seconds": row["cpu_seconds"],
        "single": single / len(scores),
        "single_low": round(low, 3),
        "single_high": round(high, 3),
        "beaten": round(float(1 - beats.mean()), 3),
        "ten": of_ten(beats),
    }


def table(found: Sequence[dict[str, Any]], about: str) -> str:
    """Return the figures in Markdown, under what they are about."""
    lines = ["# Countermeasures against power and utility", "", about, ""]
    for kind, title in UTILITIES.items():
        rows = [_line(row) for row in found if row["kind"] == kind]
        lines += [
            f"## {kind}",
            "",
            f"Utility: {title}.",
            "",
            "| countermeasure | one photo, p = .05 | beaten | ten photos, p = .01 | utility |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    title = row["title"]
    if title == "nothing":
        title = f"nothing ({USUAL[row['kind']]})"
    if row["epsilon"] is not None:
        title += f" (reached {row['epsilon']:.1f}; {row['epochs']} epochs)"
    elif "early" in title:
        title += f": went back to epoch {row['epochs']}"
    return (
        f"| {title} | {row['single']:.2f} ({row['single_low']:.2f} to {row['single_high']:.2f}) | "
        f"{row['beaten']:.2f} | {row['ten']:.2f} | {row['utility']:.2f} |"
    )
