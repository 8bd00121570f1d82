"""What does a model's owner gain by hiding its memory, and what does it cost?

    nice python tests/benchmarks/lab_countermeasures.py run tables --work DIR [--kinds clip ...]

One model of each kind as lab_power.py trains it (300 published photos of kits at visibility 4 and
3 and 30 plain pictures; the encoder half as many), and the same training with one thing changed:
augmentation, early stopping, DP-SGD (12 epochs, delta .001, clip 1); or the same model behind a
door that rounds what it says, tells the label alone, or blurs or compresses what it is shown.
Asked by the product's score about 40 versions of each of 80 photos (visibility 4): the published
one and 39 hidden ones in the kit's own order.

- single: the published version is one of the two highest of 40, p = .05.
- ten: the anytime test of ten photos together at p = .01, for 400 draws of ten of the 80.
- utility: on pictures that nobody trained on, behind the same door.

A model that hides everything leaves .05 in the first column, .50 of the others beaten, and at
most .01 of the tens. One model a row: the intervals are over its photos, not over trainings.

Rows are kept in DIR as they come; the same command goes on where it was.
"""

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import torch
from lab_countermeasures_table import figures, table
from lab_power_ask import question, quicker, reference_of
from lab_power_models import FACTS, Trained, examples, kind_of, train_once
from lab_power_pictures import HELD_OUT, KITS, Picture, classes, kit_of, pictures, training_set
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from whole_audits import RESULTS, lines

from auditcore.lab.training import Kind, Privacy, fit, recipe_for
from auditcore.models import Model
from auditcore.photos import Pixels
from auditcore.scores import default_score
from auditcore.scores.base import Score
from auditcore.scores.choices import SCORES
from auditcore.scores.views import View, cut_views, draw_views

PHOTOS, VERSIONS, TEN = 80, 40, 10
GROUP, SEED = 0, 1
PICTURES_A_CALL = 320
ROWS = "countermeasures.jsonl"
STOP, JUDGE = slice(0, 100), slice(100, None)  # of the held-out pictures
PRIVATE_EPOCHS = 12
WHOLE = View(0.0, 0.0, 1.0, 1.0)
Door = Callable[[Pixels], Pixels]
Says = Callable[[NDArray[Any]], NDArray[Any]]


def blurred(image: Pixels) -> Pixels:
    """Blur a picture as the model is given it, by a Gaussian of one pixel."""
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(1)))


def compressed(image: Pixels) -> Pixels:
    """Compress a picture as the model is given it, JPEG at quality 30, and unpack it."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=30)
    return np.asarray(Image.open(file))


def rounded_to(digits: int) -> Says:
    """Return what rounds probabilities, the sum made 1 again."""

    def say(probabilities: NDArray[Any]) -> NDArray[Any]:
        kept = probabilities.round(digits)
        kept[kept.sum(axis=-1) == 0] = 1.0  # nothing is left of any class: all alike
        return kept / kept.sum(axis=-1, keepdims=True)

    return say


@dataclass(frozen=True)
class Measure:
    """One countermeasure.

    Attributes:
        title: for the table.
        recipe: what is changed of the usual recipe; None asks the model that lab_power.py trained.
        door: what is done to every picture that the model is shown.
        says: what is done to every answer.
        score: the score in place of the product's choice.
    """

    title: str
    recipe: dict[str, Any] | None = None
    door: Door | None = None
    says: Says | None = None
    score: str | None = None


NOTHING = Measure("nothing")
AUGMENTATION = {
    name: Measure(f"augmentation {name}", {"augmentation": name})
    for name in ("none", "usual", "strong")
}
DOORS = (
    Measure("input blurred (1 pixel)", door=blurred),
    Measure("input through JPEG 30", door=compressed),
)
MEASURES: dict[str, tuple[Measure, ...]] = {
    "classifier": (
        NOTHING,
        AUGMENTATION["none"],
        AUGMENTATION["strong"],
        Measure("early stopping (3 epochs)", {"patience": 3}),
        Measure("probabilities of 2 digits", says=rounded_to(2)),
        Measure("probabilities of 1 digit", says=rounded_to(1)),
        Measure("the label alone", score="label-histogram"),
        *DOORS,
        *(
            Measure(
                f"DP-SGD, epsilon {epsilon}",
                {"epochs": PRIVATE_EPOCHS, "privacy": Privacy(epsilon)},
            )
            for epsilon in (50.0, 8.0)
        ),
    ),
    "clip": (
        NOTHING,
        AUGMENTATION["none"],
        AUGMENTATION["strong"],
        Measure("early stopping (3 epochs)", {"patience": 3}),
        *DOORS,
    ),
    "encoder": (
        NOTHING,
        AUGMENTATION["usual"],
        Measure("early stopping (20 epochs)", {"patience": 20}),
        *DOORS,
    ),
}


def run(kinds: Sequence[str], work: Path) -> None:
    """Train and ask what is missing."""
    known = pictures(work)
    done = {(row["kind"], row["title"]) for row in lines(work / ROWS)}
    for name in kinds:
        for measure in MEASURES[name]:
            if (name, measure.title) not in done:
                row = {"kind": name, "title": measure.title, **judged(name, measure, known, work)}
                with (work / ROWS).open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print({key: value for key, value in row.items() if key != "scores"}, flush=True)


def judged(name: str, measure: Measure, known: list[Picture], work: Path) -> dict[str, Any]:
    """Return what one countermeasure did: scores (photos, versions), utility, training."""
    trained = model_of(name, measure, known, work)
    model = quicker(trained.open())
    began = time.process_time()
    scores = scores_of(name, model, measure, known, work)
    facts = {key: trained.facts.get(key) for key in ("epochs", "cpu_seconds", "epsilon")}
    return {
        **facts,
        "utility": round(utility(name, model, measure, known, work), 4),
        "asking_cpu_seconds": round(time.process_time() - began, 1),
        "scores": scores.tolist(),
    }


# --- training -----------------------------------------------------------------------------------


def model_of(name: str, measure: Measure, known: list[Picture], work: Path) -> Trained:
    """Return the model of a countermeasure, trained where it is not yet."""
    kind = kind_of(name)
    if measure.recipe is None:
        return train_once(
            kind, f"audits-{GROUP}", lambda: training_set(name, GROUP, known, work), known, work
        )
    title = measure.title.replace(" ", "-").replace(",", "")
    folder = work / "models" / f"{name}-against-{title}"
    if not (folder / FACTS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FACTS).write_text(json.dumps(_train(kind, measure.recipe, known, work, folder)))
    facts = json.loads((folder / FACTS).read_text())
    return Trained(facts["spec"], facts)


def _train(
    kind: Kind, changed: dict[str, Any], known: list[Picture], work: Path, folder: Path
) -> dict[str, Any]:
    names = classes(known)
    data = kind.data(examples(training_set(kind.name, GROUP, known, work)), names)
    stop = kind.data(examples(known[HELD_OUT][STOP]), names)
    network, recipe = kind.new(names, SEED), replace(recipe_for(kind, len(data)), **changed)
    began = time.process_time()
    held_out = stop if recipe.patience else None
    fitted = fit(kind, network, data, recipe, SEED, held_out=held_out, checkpoint=folder / "run.pt")
    seconds = round(time.process_time() - began, 1)
    (folder / "run.pt").unlink()
    told = {"epochs": fitted.epochs, "epsilon": fitted.epsilon, "cpu_seconds": seconds}
    return {"spec": kind.save(network, names, folder), "recipe": asdict(recipe), **told}


# --- asking -------------------------------------------------------------------------------------


def scores_of(
    name: str, model: Model, measure: Measure, known: list[Picture], work: Path
) -> NDArray[np.float64]:
    """Return the scores of the published (first) and hidden versions, shape (80, 40)."""
    photos = list(asked_about(name))
    kit = kit_of(KITS[0], known, work)
    score = SCORES[measure.score or default_score(model, kit)]
    rows = []
    for plan, photo in photos:
        kit = kit_of(KITS[plan], known, work)
        images = shown(name, score, plan, photo, known, work, model.input_size)
        answers = answered(model, score, images, measure)
        reference = reference_of(model, score, kit.photos[photo])
        rows.append([score.value(one, reference, len(model.labels)) for one in answers])
    return np.array(rows).round(9)


def asked_about(name: str) -> Iterator[tuple[int, int]]:
    """Yield the photos: the first of each kit of the model's, then the second, ..."""
    mine = [p.number for p in KITS if p.group(name) == GROUP and p.visibility == 4]
    order = ((plan, photo) for photo in range(TEN) for plan in mine)
    return (pair for pair, _ in zip(order, range(PHOTOS), strict=False))


def shown(
    name: str, score: Score, plan: int, photo: int, known: list[Picture], work: Path, size: int
) -> NDArray[np.uint8]:
    """Return the views of 40 versions as a model is given them, (40, V, size, size, 3), kept."""
    look = f"{size}-{score.views}-{score.crop.least_area}-{score.crop.flip}"
    kept = work / "shown" / f"{name}-{look}-{plan}-{photo}.npy"
    if not kept.exists():
        kit = kit_of(KITS[plan], known, work)
        # The labels' histogram looks through the same views as the modified entropy.
        draws = kit.stream("views", default_name(name), photo)
        views = draw_views(draws, score.views, score.crop)
        versions = [kit.published_version(photo), *kit.hidden_order(photo)[: VERSIONS - 1]]
        images = [cut_views(kit.version(photo, version), views, size) for version in versions]
        kept.parent.mkdir(exist_ok=True)
        np.save(kept, np.array(images))
    found: NDArray[np.uint8] = np.load(kept)
    return found


def default_name(name: str) -> str:
    """Return the product's score for a kind of model."""
    return {
        "classifier": "modified-entropy",
        "clip": "caption-cosine",
        "encoder": "view-similarity",
    }[name]


def answered(
    model: Model, score: Score, images: NDArray[np.uint8], measure: Measure
) -> NDArray[Any]:
    """Return the answers to views (n, V, s, s, 3) through the door, shape (n, V, ...)."""
    flat = list(images.reshape(-1, *images.shape[2:]))
    if measure.door is not None:
        flat = [measure.door(image) for image in flat]
    ask = model.predicted_labels if score.name == "label-histogram" else question(model, score)
    parts = [ask(flat[i : i + PICTURES_A_CALL]) for i in range(0, len(flat), PICTURES_A_CALL)]
    answers = np.concatenate(parts).reshape(*images.shape[:2], *parts[0].shape[1:])
    return answers if measure.says is None else measure.says(answers)


def utility(name: str, model: Model, measure: Measure, known: list[Picture], work: Path) -> float:
    """Return the kind's utility on new pictures, through the door."""
    chosen = known[HELD_OUT][JUDGE]
    images = whole(chosen, model)
    if measure.door is not None:
        images = [measure.door(image) for image in images]
    if name == "clip":
        return retrieved(model, images, [picture.caption for picture in chosen])
    labels = [picture.label for picture in chosen]
    if name == "classifier":
        return named(model, measure, images, labels)
    return neighbours(model, images, labels, training_set(name, GROUP, known, work))


def whole(chosen: Sequence[Picture], model: Model) -> list[Pixels]:
    """Return whole pictures at the size that a model looks at."""
    return [WHOLE.cut(picture.pixels, model.input_size) for picture in chosen]


def unit(features: NDArray[Any]) -> NDArray[np.float64]:
    """Return rows of unit length."""
    rows = features.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def retrieved(model: Model, images: list[Pixels], captions: list[str]) -> float:
    """Return the share of pictures whose caption is the nearest of 50 (as `Clip.utility`)."""
    near = unit(model.image_features(images)) @ unit(model.text_features(captions)).T
    groups = [range(i, i + 50) for i in range(0, len(captions) - 49, 50)]
    right = [
        captions[group[int(near[i, group].argmax())]] == captions[i]
        for group in groups
        for i in group
    ]
    return float(np.mean(right))


def neighbours(
    model: Model, images: list[Pixels], labels: list[str], trained: list[Picture]
) -> float:
    """Return the share whose class the five nearest trained pictures tell (`Encoder.utility`)."""
    features = unit(model.image_features(images)), unit(model.image_features(whole(trained, model)))
    near = features[0] @ features[1].T
    right = 0
    for row, label in zip(near, labels, strict=True):
        votes: dict[str, float] = {}
        for place in np.argsort(-row)[:5]:
            votes[trained[place].label] = votes.get(trained[place].label, 0.0) + row[place]
        right += max(votes, key=lambda name: votes[name]) == label
    return right / len(labels)


def named(model: Model, measure: Measure, images: list[Pixels], labels: Sequence[str]) -> float:
    """Return the share of pictures whose class is named; of equal answers one is guessed."""
    said = model.probabilities(images)
    said = said if measure.says is None else measure.says(said)
    own = np.array([model.labels.index(label) for label in labels])
    best = said == said.max(axis=1, keepdims=True)
    return float((best[np.arange(len(own)), own] / best.sum(axis=1)).mean())


def tables(_kinds: Sequence[str], work: Path) -> None:
    """Write results/lab_countermeasures.json and .md from what there is."""
    found = [figures(dict(row)) for row in lines(work / ROWS)]
    facts = {
        "machine": "2 CPU cores, no GPU",
        "photos": PHOTOS,
        "versions": VERSIONS,
        "visibility": 4,
        "rows": found,
    }
    (RESULTS / "lab_countermeasures.json").write_text(json.dumps(facts, indent=1) + "\n")
    about = "\n\n".join(part for part in __doc__.split("\n\n")[2:5])
    (RESULTS / "lab_countermeasures.md").write_text(table(found, about))


COMMANDS = {"run": run, "tables": tables}


def main() -> None:
    """Run the commands that are named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", choices=COMMANDS, nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kinds", choices=MEASURES, nargs="+", default=tuple(MEASURES))
    given = parser.parse_args()
    torch.set_num_threads(1)
    for command in given.commands:
        COMMANDS[command](given.kinds, given.work)


if __name__ == "__main__":
    main()
