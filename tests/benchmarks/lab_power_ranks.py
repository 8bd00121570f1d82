"""Asks the models of lab_power.py about every version of every photo of the compared families."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lab_power_ask import quicker
from lab_power_marks import FAMILIES, SMOOTH, SPREAD, VERSIONS, Planted, planted, training_set
from lab_power_models import kind_of, train_once
from lab_power_pictures import SEED, Picture, classes
from lab_power_scores import CALIBRATED, OTHER_CAPTIONS, scores_of
from whole_audits import lines

from auditcore.models import Model
from auditcore.randomness import derive
from auditcore.scores.scorer import rounded

ROWS, LOOKS = "ranks.jsonl", "looks.json"
MODELS = (0, 1)
WITH_TWIN = (SMOOTH, SPREAD)


class Asked:
    """One model, with what its answers are compared with."""

    def __init__(self, kind: str, model: Model, photos: Sequence[Planted], known: list[Picture]):
        self._kind, self._model = kind, model
        self._told: list[Any] = [None] * len(photos)
        if kind == "clip":
            others = model.text_features([one.caption for one in known[-OTHER_CAPTIONS:]])
            own = model.text_features([one.picture.caption for one in photos])
            self._told = [np.concatenate([text[None], others]) for text in own]
        if kind == "classifier":
            names = classes(known)
            self._told = [names.index(one.picture.label) for one in photos]

    def scores(self, photo: Planted) -> dict[str, list[float]]:
        """Return every score of every version of a photo."""
        versions = [photo.version(version) for version in range(VERSIONS)]
        draws = partial(_views, photo.index)
        found = scores_of(self._kind, self._model, versions, self._told[photo.index], draws)
        return {name: [rounded(value) for value in row] for name, row in found.items()}


def _views(index: int, look: str) -> Any:
    return derive(SEED, "views", look, index)


def run(kind: str, trial: int, pictures: list[Picture], work: Path) -> None:
    """Train the pair of models of one round, and ask about the photos that are missing."""
    photos = planted(pictures, work)
    done = {
        row["index"] for row in lines(work / ROWS) if (row["kind"], row["trial"]) == (kind, trial)
    }
    trained = [
        train_once(
            kind_of(kind),
            f"marks-{trial}-{model}",
            partial(training_set, kind, model, trial, photos, pictures),
            pictures,
            work,
        )
        for model in MODELS
    ]
    asked = [Asked(kind, quicker(one.open()), photos, pictures) for one in trained]
    for photo in photos:
        if photo.index not in done:
            _write(work, kind, trial, photo, asked)


def _write(work: Path, kind: str, trial: int, photo: Planted, asked: Sequence[Asked]) -> None:
    row = {
        "kind": kind,
        "trial": trial,
        "index": photo.index,
        "family": photo.family,
        "published": photo.published(trial),
        "scores": asked[photo.model].scores(photo),
    }
    if photo.family in WITH_TWIN and CALIBRATED[kind]:
        twin = asked[1 - photo.model].scores(photo)
        row["twin"] = {name: twin[name] for name in CALIBRATED[kind]}
    with (work / ROWS).open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(kind, trial, photo.index, flush=True)


def write_looks(pictures: list[Picture], work: Path) -> None:
    """Write down once the mean CIEDE2000 that each family's marks reached."""
    if (work / LOOKS).exists():
        return
    found: dict[str, list[float]] = {family: [] for family in FAMILIES}
    for photo in planted(pictures, work):
        found[photo.family].append(photo.look())
    told = {family: round(float(np.mean(values)), 2) for family, values in found.items()}
    (work / LOOKS).write_text(json.dumps(told))
