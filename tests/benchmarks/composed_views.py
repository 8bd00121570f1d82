"""What composed views see beside cut ones (results/composed_views.json, .md).

    python tests/benchmarks/composed_views.py [--photos 24] [--versions 100]

The sample kit and models on this machine. Every version is scored twice: from views composed on
the model's device, as audits of local models do, and from views cut out of the rendered version
by Pillow, as hosted models are shown. For each photo: Spearman's correlation of the two over the
versions, and where the published version stands by each: its rank, and its distance z from the
hidden ones in their standard deviations. The last column is the mean over photos of |z - z'|.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from auditcore import paths
from auditcore.kit import Kit, open_kit
from auditcore.models import Model, open_model
from auditcore.scores import Query, Scorer
from auditcore.scores.pictures import CutPictures
from auditcore.scores.views import cut_views

RESULTS = Path(__file__).parent / "results"
CASES = (
    ("demo:with", "caption-cosine"),
    ("demo:with", "view-similarity"),
    ("demo:without", "caption-cosine"),
    ("efficientnet-lite0", "negative-entropy"),
)
GREY_LEVELS = 4  # versions of each photo whose views are compared pixel by pixel


def scorers(kit: Kit, model: Model, score: str) -> dict[str, Scorer]:
    """Return the two ways of scoring."""
    composed = Scorer(kit, model, score)
    with patch("auditcore.scores.scorer.pictures_for", CutPictures):
        return {"composed": composed, "cut": Scorer(kit, model, score)}


def compared(kit: Kit, model: Model, score: str, photos: int, versions: int) -> dict[str, Any]:
    """Score the versions in both ways and return how far the two agree."""
    both = scorers(kit, model, score)
    rows = [agreement(kit, both, photo, versions) for photo in range(photos)]
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    moved = float(np.mean([abs(row["z cut"] - row["z composed"]) for row in rows]))
    least = min(row["correlation"] for row in rows)
    facts = {"model": model.identity.name, "engine": model.identity.details.get("engine")}
    return {**facts, "score": score, "photos": photos, "versions": versions, **means,
            "least correlation": least, "moved z": moved}  # fmt: skip


def agreement(kit: Kit, both: dict[str, Scorer], photo: int, versions: int) -> dict[str, float]:
    """Return one photo's figures."""
    order = (kit.published_version(photo), *kit.hidden_order(photo))[:versions]
    scores = {
        name: np.array([a.score for a in scorer.answer([Query(photo, v) for v in order])])
        for name, scorer in both.items()
    }
    found = {"correlation": float(spearmanr(scores["cut"], scores["composed"]).statistic)}
    for name, values in scores.items():
        found[f"z {name}"] = float((values[0] - values[1:].mean()) / values[1:].std())
        found[f"rank {name}"] = 1 + int((values[1:] > values[0]).sum())
    return found


def grey_levels(kit: Kit, model: Model, photos: int) -> dict[str, float]:
    """Return how far composed views are from cut ones, in grey levels, and how far marks move."""
    scorer = scorers(kit, model, "view-similarity")["composed"]
    away: list[NDArray[Any]] = []
    moved: list[NDArray[Any]] = []
    for photo in range(photos):
        queries = [Query(photo, version) for version in range(GREY_LEVELS)]
        views = scorer._draw(photo)[:4]
        composer = scorer._pictures._composer  # type: ignore[attr-defined]
        plain = np.stack(cut_views(kit.base(photo), views, model.input_size)).astype(float)
        for query in queries:
            found = composer.compose([query], 0, 4).cpu().numpy().transpose(0, 2, 3, 1)
            version = kit.version(photo, query.version)
            cut = np.stack(cut_views(version, views, model.input_size)).astype(float)
            away.append(np.abs(found - cut))
            moved.append(np.abs(cut - plain))
    flat = np.concatenate([part.ravel() for part in away])
    return {
        "mean": float(flat.mean()),
        "99 %": float(np.quantile(flat, 0.99)),
        "largest": float(flat.max()),
        "mean change by a mark": float(np.mean([part.mean() for part in moved])),
    }


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    levels = results["grey levels"]
    lines = [
        "# Composed views beside cut ones",
        "",
        "One run of tests/benchmarks/composed_views.py; the figures are in composed_views.json.",
        "",
        f"Grey levels between the two, at {results['size']} pixels: mean {levels['mean']:.2f}, "
        f"99 % under {levels['99 %']:.2f}, largest {levels['largest']:.1f}. In the mean a mark "
        f"moves a pixel by {levels['mean change by a mark']:.1f}.",
        "",
        "| model | score | photos x versions | correlation, mean (least) | z cut | z composed | "
        "rank cut | rank composed | mean abs. difference of z |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in results["cases"]:
        lines.append(
            f"| {row['model']} | {row['score']} | {row['photos']} x {row['versions']} | "
            f"{row['correlation']:.4f} ({row['least correlation']:.4f}) | {row['z cut']:.2f} | "
            f"{row['z composed']:.2f} | {row['rank cut']:.1f} | {row['rank composed']:.1f} | "
            f"{row['moved z']:.3f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--versions", type=int, default=100)
    chosen = parser.parse_args()
    kit = open_kit(paths.assets_dir() / "sample" / "kit.zip")
    results: dict[str, Any] = {"cases": []}
    for spec, score in CASES:
        model = open_model(spec)
        if "grey levels" not in results:
            results["size"] = model.input_size
            results["grey levels"] = grey_levels(kit, model, chosen.photos)
        results["cases"].append(compared(kit, model, score, chosen.photos, chosen.versions))
        print(results["cases"][-1], flush=True)
    (RESULTS / "composed_views.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "composed_views.md").write_text(table(results))


if __name__ == "__main__":
    main()
