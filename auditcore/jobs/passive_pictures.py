"""The job of EncoderMI: do my pictures look to this encoder like pictures it was trained on?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from auditcore.errors import PassiveError, PhotoError
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive_folder import photo
from auditcore.jobs.passive_samples import open_attack
from auditcore.jobs.passive_work import Private, privately
from auditcore.jobs.worker import Desk
from auditcore.models import Model
from auditcore.passive.encodermi.comparing import compare
from auditcore.passive.encodermi.features import check_encoder, similarities_of
from auditcore.passive.encodermi.shape import Similarities
from auditcore.photos import read_pixels


def run(desk: Desk, models: OpenModels) -> None:
    """Ask about every picture and compare; what a killed run has answered is not asked again."""
    with privately(desk) as private:
        question = private.folder.question
        model = private.open(Choice.from_json(question["choice"]), models)
        check_encoder(model)
        model.heed(private.stopping)
        private.folder.result = _answer(private, model, question)


def _answer(private: Private, model: Model, question: Mapping[str, Any]) -> dict[str, Any]:
    names = [*question["mine"], *question["reference"]]
    rows, refused = _ask(private, model, names)
    border = len(question["mine"])
    mine = [number for number in rows if number < border]
    reference = [number for number in rows if number >= border]
    for numbers, whose in ((mine, "your pictures"), (reference, "the pictures to compare with")):
        if not numbers:
            raise PassiveError(f"None of {whose} can be read. Add JPEG, PNG or WebP pictures.")
    private.step(len(names), len(names), "Comparing them.")
    attack = None if question["attack"] is None else open_attack(question["attack"])
    found = compare(_stacked(rows, mine), _stacked(rows, reference), attack)
    return {
        "model": model.identity.name,
        "attack": question["attack"],
        "comparison": found.to_json(),
        "mine": [names[number] for number in mine],
        "refused": refused,
    }


def _ask(
    private: Private, model: Model, names: Sequence[str]
) -> tuple[dict[int, Similarities], list[dict[str, str]]]:
    """Return the rows by the pictures' numbers, and which pictures cannot be read, and why."""
    rows: dict[int, Similarities] = {}
    refused = []
    for number, name in enumerate(names):
        private.step(number, len(names), f"Looking at picture {number + 1} of {len(names)}.")
        try:
            rows[number] = _row(private, model, number, name)
        except PhotoError as error:
            refused.append({"name": name, "why": str(error)})
    return rows, refused


def _row(private: Private, model: Model, number: int, name: str) -> Similarities:
    kept = f"row-{number:04}"
    try:
        return np.frombuffer(private.folder.read(kept), dtype=np.float32)
    except FileNotFoundError:
        row = similarities_of(model, read_pixels(private.folder.read(photo(number)), name))
    private.folder.write(kept, row.tobytes())
    return row


def _stacked(rows: Mapping[int, Similarities], numbers: Sequence[int]) -> Similarities:
    return np.stack([rows[number] for number in numbers])
