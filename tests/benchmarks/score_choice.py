"""Which score, how many views, which crops: measured on models that really saw the photos.

    python tests/benchmarks/score_choice.py clip|classifier|encoder --work FOLDER
    python tests/benchmarks/score_choice.py summary

Each of the first three takes one small model whose training set holds one marked version of each
audited photo, asks it about all n versions of each over the most views, and writes its rows to
results/score_choice_*.json: fewer views are the first of the most, so that rows differ by nothing
else. `summary` writes results/score_choice.md.

- clip: open_clip's architecture and training, the model that marks_components.py trained on 1,400
  captioned pictures;
- classifier: a small ResNet on the pictures whose folder says what they show, 32 x 32, moved and
  mirrored in training;
- encoder: the same trunk on the same pictures, trained by SimCLR (arXiv 2002.05709), no labels.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import marks_components as components
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from score_models import (
    SEED,
    SIDE,
    Trunk,
    simclr_view,
    sorted_pictures,
    to_tensor,
    train_once,
    warp,
)
from torch import Tensor, nn

from auditcore.lab.clip import new_model, save_model
from auditcore.lab.data import fetch_corpus
from auditcore.lab.sources import CaptionedImage
from auditcore.marks import FAMILIES
from auditcore.marks.fitting import fit_budget
from auditcore.marks.grids import add_grid
from auditcore.models import open_model
from auditcore.photos import Pixels
from auditcore.randomness import derive
from auditcore.scores import SCORES
from auditcore.scores.views import Crop, cut_views, draw_views
from auditcore.sequential.collection import AnytimeCollection

RESULTS = Path(__file__).parent / "results"
VISIBILITY = 4.0
VERSIONS = 40
TOP = 0.05
PHOTOS, REPEATS = 50, 200
Ask = Callable[[list[Pixels]], NDArray[Any]]


class Marked:
    """Photos with n versions each, and which one is in the training set."""

    def __init__(self, pictures: Sequence[Pixels], versions: int) -> None:
        self.pictures, self.versions = pictures, versions
        family = FAMILIES["smooth"]
        options = {"grey": False, "visibility": VISIBILITY, "versions": versions, "seed": SEED}
        self._marks = [
            family.prepare(pixels, photo=photo, **options) for photo, pixels in enumerate(pictures)
        ]
        self.published = [
            derive(SEED, "published", photo).below(versions) for photo in range(len(pictures))
        ]

    def version(self, photo: int, version: int) -> Pixels:
        return self._marks[photo].render(self.pictures[photo], version)

    def in_training(self) -> list[Pixels]:
        return [self.version(photo, v) for photo, v in enumerate(self.published)]


def ask_all(ask: Ask, marked: Marked, size: int, crop: Crop, views: int) -> NDArray[Any]:
    """Return the answers about every version, shape (photos, versions, views, ...)."""
    answers = []
    for photo in range(len(marked.pictures)):
        drawn = draw_views(derive(SEED, "views", photo), views, crop)
        images = [
            image
            for version in range(marked.versions)
            for image in cut_views(marked.version(photo, version), drawn, size)
        ]
        answer = ask(images)
        answers.append(answer.reshape(marked.versions, views, *answer.shape[1:]))
    return np.stack(answers)


def power(scores: NDArray[np.float64], published: Sequence[int]) -> dict[str, float]:
    """Return how well the scores find the published versions.

    TDR.05: share of photos whose published version is in the top 5 % (ties broken at random: the
    expected share). beaten: mean share of the others that it beats, a tie counting half; 0.5 when
    the photo was not used. z: mean distance from the others' mean in their standard deviations.


    Args:
        scores: shape (photos, versions).
    """
    found, beaten, distances = [], [], []
    top = round(TOP * scores.shape[1])
    for row, index in zip(scores, published, strict=True):
        others = np.delete(row, index)
        better, equal = int((others > row[index]).sum()), int((others == row[index]).sum())
        found.append(float(np.clip((top - better) / (equal + 1), 0, 1)))
        beaten.append(1 - (better + equal / 2) / len(others))
        spread = others.std() if np.ptp(others) > 0 else np.inf
        distances.append(float((row[index] - others.mean()) / spread))
    return {
        "tdr05": round(float(np.mean(found)), 3),
        "beaten": round(float(np.mean(beaten)), 3),
        "beaten_error": round(float(np.std(beaten) / len(beaten) ** 0.5), 3),
        "z": round(float(np.mean(distances)), 3),
    }


def is_default(name: str, crop: Crop, views: int) -> bool:
    """Say whether Telltale uses this score with this crop and number of views."""
    chosen = [SCORES[one] for one in (name, f"{name}-whole") if one in SCORES]
    return any((score.crop, score.views) == (crop, views) for score in chosen)


def collection_power(scores: NDArray[np.float64], published: Sequence[int]) -> dict[str, float]:
    """Return how often `PHOTOS` photos together are found used, at TOP, over REPEATS draws of them.

    The anytime test of a collection, one more hidden version of every photo a round, in random
    order; equal scores are decided by random priorities.

    Args:
        scores: shape (photos, versions).
    """
    rng = np.random.default_rng(1)
    test = AnytimeCollection(PHOTOS, scores.shape[1], Fraction(TOP).limit_denominator())
    found, queries = 0, []
    for _ in range(REPEATS):
        chosen = rng.choice(len(scores), PHOTOS, replace=False)
        beats = np.stack([_beats(scores[photo], published[photo], rng) for photo in chosen])
        for t in range(1, beats.shape[1] + 1):
            states = [(t, int(k)) for k in beats[:, :t].sum(axis=1)]
            if test.rejects(states):
                found += 1
                queries.append(PHOTOS * (t + 1))
                break
    return {
        "photos": PHOTOS,
        "found": found / REPEATS,
        "queries": float(np.median(queries)) if queries else 0,
    }


def _beats(row: NDArray[np.float64], published: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return for each hidden version, in random order, whether it beats the published one."""
    pairs = [(score, rng.random()) for score in row]
    hidden = [pair for version, pair in enumerate(pairs) if version != published]
    order = rng.permutation(len(hidden))
    return np.array([hidden[i] > pairs[published] for i in order])


class Table:
    """The rows of one part, kept on disk crop by crop: a stopped run goes on from there."""

    def __init__(self, part: str, marked: Marked) -> None:
        self._path = RESULTS / f"score_choice_{part}.json"
        self._marked = marked
        self._facts: dict[str, Any] = {
            "part": part,
            "photos": len(marked.pictures),
            "versions": marked.versions,
            "visibility": VISIBILITY,
            "rows": [],
        }
        if self._path.exists():
            self._facts = json.loads(self._path.read_text())

    def has(self, crop: Crop) -> bool:
        done = [(row["least_area"], row["flip"]) for row in self._facts["rows"]]
        return (crop.least_area, crop.flip) in done

    def add(self, crop: Crop, classes: int, asked: dict[str, tuple[Any, Any, list[int]]]) -> None:
        """Add the rows of one crop; `asked`: score -> (answers, references, numbers of views)."""
        for name, (answers, references, counts) in asked.items():
            value = SCORES[name].value
            for count in counts:
                scores = np.array(
                    [
                        [value(version[:count], reference, classes) for version in photo]
                        for photo, reference in zip(answers, references, strict=True)
                    ]
                )
                facts = {"score": name, "least_area": crop.least_area, "flip": crop.flip}
                row = {**facts, "views": count, **power(scores, self._marked.published)}
                if is_default(name, crop, count):
                    row["together"] = collection_power(scores, self._marked.published)
                self._facts["rows"].append(row)
                print(row, flush=True)
        self._path.write_text(json.dumps(self._facts, indent=1) + "\n")


# --- clip ---------------------------------------------------------------------------------------


class Components(Marked):
    """Pictures marked as `marks_components.py` marked them; version 0 is in its training set."""

    def __init__(self, items: Sequence[CaptionedImage], count: int, versions: int) -> None:
        self.pictures = [components.square(item.pixels()) for item in items[:count]]
        self.versions, self.published = versions, [0] * count
        cost = components.costs(self.pictures[:12])
        self._weights = {c: min(cost.values()) / cost[c] for c in components.COMPONENTS}
        self._budgets = [
            fit_budget(
                picture,
                np.stack([self._mixture("probe", i, k).transpose(2, 0, 1) for k in range(6)]),
                VISIBILITY,
            )
            for i, picture in enumerate(self.pictures)
        ]

    def version(self, photo: int, version: int) -> Pixels:
        name = ("own", photo) if version == 0 else ("hidden", photo, version)
        return add_grid(self.pictures[photo], self._budgets[photo].grid(self._mixture(*name)))

    def _mixture(self, *name: str | int) -> NDArray[np.int32]:
        draws = {c: (*name, *c) for c in components.COMPONENTS}
        return components.mixture(self._weights, draws)


def run_clip(work: Path) -> None:
    """Ask the small CLIP that marks_components.py trained (1,400 pairs) about 100 photographs.

    `python tests/benchmarks/marks_components.py --work FOLDER` makes FOLDER/components.pt.
    """
    network = new_model(1)
    network.load_state_dict(torch.load(work / "components.pt", weights_only=True))
    folder = work / "score-choice-clip"
    save_model(network, folder)
    items = fetch_corpus(work)
    marked = Components(items, 100, VERSIONS)
    model = open_model(f"openclip:{folder}")
    captions = [model.text_features([item.caption])[0] for item in items[:100]]
    table = Table("clip", marked)
    for crop, views in (
        (Crop(1.0), 1),
        (Crop(0.9), 16),
        (Crop(0.8), 8),
        (Crop(0.5), 8),
        (Crop(0.5, True), 32),
    ):
        if table.has(crop):
            continue
        counts = [n for n in (1, 2, 4, 8, 16, 32) if n <= views]
        answers = ask_all(model.image_features, marked, model.input_size, crop, views)
        asked = {"caption-cosine": (answers, captions, counts)}
        if views > 1:
            asked["view-similarity"] = (answers, [None] * len(captions), counts[2:])
        table.add(crop, 0, asked)


# --- classifier and encoder ---------------------------------------------------------------------


def in_chunks(function: Callable[[Tensor], Tensor]) -> Ask:
    def ask(images: list[Pixels]) -> NDArray[Any]:
        with torch.inference_mode():
            parts = [function(to_tensor(images[i : i + 500])) for i in range(0, len(images), 500)]
        return torch.cat(parts).numpy()

    return ask


def run_classifier(work: Path) -> None:
    """Train and ask a classifier of about 1,450 pictures, 150 of them audited."""
    pictures, labels, classes = sorted_pictures(work)
    marked = Marked(pictures[:150], VERSIONS)
    x, y = to_tensor(marked.in_training() + pictures[150:]), torch.tensor(labels)
    torch.manual_seed(1)
    network = nn.Sequential(Trunk(), nn.Linear(96, classes))
    train_once(
        work / "score-choice-classifier.pt",
        network,
        lambda i: F.cross_entropy(network(warp(x[i], (0.8, 1.0), 0.0)), y[i]),
        len(x),
        epochs=60,
        batch=72,
    )
    ask = in_chunks(lambda batch: network(batch).double().softmax(dim=1))
    known, nothing = labels[:150], [None] * 150
    table = Table("classifier", marked)
    for crop, views in (
        (Crop(1.0), 1),
        (Crop(0.8), 16),
        (Crop(0.8, True), 32),
        (Crop(0.5, True), 32),
    ):
        if table.has(crop):
            continue
        counts = [n for n in (1, 2, 4, 8, 16, 32) if n <= views]
        answers = ask_all(ask, marked, SIDE, crop, views)
        named = answers.argmax(axis=-1)
        asked = {
            "modified-entropy": (answers, known, counts),
            "negative-entropy": (answers, nothing, counts),
            "label-histogram": (named, known, counts),
            "label-histogram-unknown": (named, nothing, counts),
        }
        table.add(crop, classes, asked)


def run_encoder(work: Path) -> None:
    """Train and ask a SimCLR encoder of 600 pictures, 80 of them audited."""
    pictures, _, _ = sorted_pictures(work)
    marked = Marked(pictures[:80], VERSIONS)
    x = to_tensor(marked.in_training() + pictures[80:600])
    torch.manual_seed(1)
    trunk = Trunk()
    head = nn.Sequential(nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 64))
    network = nn.ModuleList([trunk, head])

    def loss(chosen: Tensor) -> Tensor:
        both = torch.cat([simclr_view(x[chosen]), simclr_view(x[chosen])])
        z = F.normalize(head(trunk(both)), dim=1)
        likeness = z @ z.T / 0.5 - 1e9 * torch.eye(len(z))
        partner = torch.arange(len(z)).roll(len(chosen))
        return F.cross_entropy(likeness, partner)

    path = work / "score-choice-encoder.pt"
    train_once(path, network, loss, len(x), epochs=200, batch=200)
    ask = in_chunks(trunk)
    table = Table("encoder", marked)
    for crop, views in ((Crop(0.2, True), 64), (Crop(0.5, True), 32), (Crop(0.8, True), 32)):
        if table.has(crop):
            continue
        counts = [n for n in (4, 8, 16, 32, 64) if n <= views]
        answers = ask_all(ask, marked, SIDE, crop, views)
        table.add(crop, 0, {"view-similarity": (answers, [None] * 80, counts)})


# --- results ------------------------------------------------------------------------------------


def together(row: dict[str, Any]) -> str:
    """Return the figures of the collection, for rows that Telltale uses by default."""
    if "together" not in row:
        return ""
    return f"{row['together']['found']:.2f} · {row['together']['queries']:,.0f}"


def summary() -> str:
    """Return all results as tables in Markdown."""
    lines = ["# Which score, how many views, which crops", "", __doc__.split("\n\n")[2], ""]
    for path in sorted(RESULTS.glob("score_choice_*.json")):
        result = json.loads(path.read_text())
        lines += [
            f"## {result['part']}: {result['photos']} photos, {result['versions']} versions each, "
            f"visibility {result['visibility']} (mean CIEDE2000)",
            "",
            "| score | least area | mirrored | views | TDR.05 | beaten | z | 50 photos · queries |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {r['score']} | {r['least_area']} | {'yes' if r['flip'] else 'no'} | {r['views']} | "
            f"{r['tdr05']:.2f} | {r['beaten']:.3f} ± {r['beaten_error']:.3f} | {r['z']:.2f} | "
            f"{together(r)} |"
            for r in result["rows"]
        ]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Run one part, or write the tables of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["clip", "classifier", "encoder", "summary"])
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args()
    if arguments.part == "summary":
        (RESULTS / "score_choice.md").write_text(summary())
        return
    parts = {"clip": run_clip, "classifier": run_classifier, "encoder": run_encoder}
    parts[arguments.part](arguments.work)


if __name__ == "__main__":
    main()
