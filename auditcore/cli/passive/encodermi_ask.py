"""Folders of pictures, asked about: what all actions of `passive encodermi` share."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from auditcore.cli.output import one_line, say
from auditcore.cli.passive.folder import files_in, photos_of
from auditcore.cli.reaching import access_of, running_of
from auditcore.errors import PassiveError
from auditcore.models import HOSTED, Model, open_model
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.features import check_encoder, similarities_of
from auditcore.passive.encodermi.shape import Similarities, pictures_sent
from auditcore.passive.grade import GRADE, GRADE_MEANS

_SAY_EVERY = 50


@dataclass
class Asked:
    """Files of pictures and what the encoder said of those that could be read.

    Attributes:
        title: what to call them on screen.
        files: all of them.
        names: of those that were read, in the order of `rows`.
        rows: similarities, shape (45,) each.
        left_out: a sentence for each file that could not be read.
    """

    title: str
    files: Sequence[Path]
    names: list[str] = field(default_factory=list)
    rows: list[Similarities] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def similarities(self) -> Similarities:
        """Return what was asked, shape (N, 45)."""
        return np.stack(self.rows)

    def ask(self, model: Model) -> None:
        """Ask about every file; say what is left out.

        Raises:
            PassiveError: no file could be read.
        """
        seen: dict[bytes, str] = {}
        for number, path in enumerate(self.files, start=1):
            for pixels in photos_of([path], self._note, seen):
                self.rows.append(similarities_of(model, pixels))
                self.names.append(path.name)
            if number % _SAY_EVERY == 0 or number == len(self.files):
                say(f"{one_line(self.title)}: {number:,} of {len(self.files):,} files")
        if not self.rows:
            raise PassiveError(
                f"None of the files of {one_line(self.title)} can be read as a picture: see above. "
                "Put JPEG, PNG or WebP pictures there."
            )

    def _note(self, sentence: str) -> None:
        say(f"{one_line(sentence)} It is left out.")
        self.left_out.append(sentence)


def folder_of(path: Path) -> Asked:
    """Return a folder of pictures, not asked about yet.

    Raises:
        PassiveError: it is no folder with files in it.
    """
    return Asked(str(path), files_in(path))


def ask_about(arguments: argparse.Namespace, *asked: Asked) -> Model:
    """Open the model that the arguments name, ask it about pictures, and return it.

    Raises:
        PassiveError: no pictures, a model without features, or a host that was not agreed to.
        ModelError: the model cannot be opened or asked.
    """
    _check_host(arguments, sum(len(one.files) for one in asked))
    model = open_model(arguments.model, access_of(arguments), running_of(arguments))
    check_encoder(model)
    for one in asked:
        one.ask(model)
    return model


def facts(model: Model, card: Card | None) -> dict[str, Any]:
    """Return what every answer in JSON begins with."""
    return {
        "method": "encodermi",
        "grade": GRADE,
        "grade_means": GRADE_MEANS,
        "model": {
            "spec": model.identity.spec,
            "name": model.identity.name,
            "fingerprint": model.identity.fingerprint,
        },
        "attack": None if card is None else card.to_json(),
    }


def _check_host(arguments: argparse.Namespace, pictures: int) -> None:
    """Refuse to send pictures, unpublished ones among them, before their way was named."""
    if arguments.model.partition(":")[0].strip() not in HOSTED:
        return
    from auditcore.jobs.passive import most_sent
    from auditcore.models.hosted.spec import host_of, parse_spec

    host = host_of(parse_spec(arguments.model))
    sent = (
        f"{pictures_sent(pictures):,} views of {pictures:,} pictures would be sent to {host}, "
        "which can keep them: pictures that were sent may become training data."
    )
    if arguments.send_to != host:
        raise PassiveError(f"{sent} If {host} may get them, say it with --send-to {host}.")
    most = access_of(arguments).budget.most or most_sent(pictures_sent(pictures))
    arguments.most = str(most)
    say(f"{sent} {most:,} at the very most, where tries fail.")
