"""What a person confides for a question about unmarked photos: one folder a job, nothing elsewhere.

Photos, the names of files and of people, and what a model answered about them are in
`passive/<job id>/` of the data folder alone, readable by its owner alone. The database and the logs
know that there is such a job, and never whom it is about. Removing the folder removes everything.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from auditcore import paths

_QUESTION, _RESULT, _REASON = "question.json", "result.json", "reason.json"
_SENT = "sent"
_REMOVED = ".removed-"
"""Begins the name of a folder that is on its way out, so that nobody writes into it any more."""


class Confided:
    """The folder of one job. Writing raises FileNotFoundError once it is removed."""

    def __init__(self, job_id: str) -> None:
        """Name the folder; nothing is made. The id must be one of the queue's, not a visitor's."""
        self.job_id = job_id
        self._path = paths.passive_dir() / job_id

    @property
    def half_removed(self) -> bool:
        """Say whether its removal was begun and interrupted."""
        return self.job_id.startswith(_REMOVED)

    @property
    def exists(self) -> bool:
        """Say whether it is still there."""
        return self._path.is_dir()

    @property
    def lingers(self) -> bool:
        """Say whether its removal was begun and something of it is still there."""
        return self._on_its_way_out.is_dir()

    @property
    def _on_its_way_out(self) -> Path:
        return self._path if self.half_removed else self._path.with_name(_REMOVED + self.job_id)

    @property
    def question(self) -> dict[str, Any]:
        """Return what was asked, with every name in it.

        Raises:
            FileNotFoundError: it was removed.
        """
        return dict(json.loads(self.read(_QUESTION)))

    @question.setter
    def question(self, values: Mapping[str, Any]) -> None:
        self.write(_QUESTION, json.dumps(values).encode())

    @property
    def result(self) -> dict[str, Any] | None:
        """Return what was found, None before that."""
        return self._read_json(_RESULT)

    @result.setter
    def result(self, values: Mapping[str, Any]) -> None:
        self.write(_RESULT, json.dumps(values).encode())

    @property
    def reason(self) -> str | None:
        """Return the sentence that says why it could not be done, None if there is none."""
        told = self._read_json(_REASON)
        return None if told is None else str(told["sentence"])

    def tell(self, sentence: str) -> None:
        """Keep the sentence that says why it could not be done; it may hold names."""
        with suppress(FileNotFoundError):
            self.write(_REASON, json.dumps({"sentence": sentence}).encode())

    def untell(self) -> None:
        """Forget the sentence of an earlier try."""
        (self._path / _REASON).unlink(missing_ok=True)

    @property
    def sent(self) -> bool:
        """Say whether a model behind an address was already sent something, in whatever run."""
        return (self._path / _SENT).exists()

    @sent.setter
    def sent(self, begun: bool) -> None:
        if begun:
            self.write(_SENT, b"")
        else:
            (self._path / _SENT).unlink(missing_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        draft = self._path / f".{name}.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        draft.replace(self._path / name)

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises FileNotFoundError when there is none."""
        return (self._path / name).read_bytes()

    def touch(self) -> None:
        """Note that something has just happened: the day of grace begins anew."""
        with suppress(FileNotFoundError):
            os.utime(self._path)

    def seconds_since(self) -> float:
        """Return how long ago anything last happened here."""
        return time.time() - self._path.stat().st_mtime

    def remove(self) -> None:
        """Remove everything; whoever still writes finds no folder. Removing twice is no error.

        Raises:
            OSError: a file withstands, such as one that another account owns.
        """
        away = self._on_its_way_out
        if not self.half_removed:
            with suppress(FileNotFoundError):
                self._path.rename(away)
        with suppress(FileNotFoundError):
            shutil.rmtree(away)

    def _read_json(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self.read(name)))
        except FileNotFoundError:
            return None


def confide(job_id: str, question: Mapping[str, Any], files: Sequence[bytes]) -> Confided:
    """Keep a question and its photos (`photo(0)`, `photo(1)`, ...) in a new folder."""
    folder = Confided(job_id)
    (paths.passive_dir() / job_id).mkdir(mode=0o700)
    folder.question = question
    for number, data in enumerate(files):
        folder.write(photo(number), data)
    return folder


def photo(number: int) -> str:
    """Return the name under which a photo is kept: never its own."""
    return f"photo-{number:04}"


def small(number: int) -> str:
    """Return the name under which a small copy of a photo is kept, for the page."""
    return f"small-{number:04}"


def confided() -> Iterator[Confided]:
    """Yield every folder there is, one whose removal was interrupted among them."""
    for path in list(paths.passive_dir().iterdir()):
        if path.is_dir():
            yield Confided(path.name)
