"""The kit of an experiment: drawn at random before training begins, so that its audits are real."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditcore import paths
from auditcore.kit import (
    KIT_FILE,
    PUBLISH_FOLDER,
    SEALING_FOLDER,
    PhotoLine,
    PhotoSource,
    protect_into,
)
from auditcore.lab.experiments.experiment import ORIGINALS, Experiment
from auditcore.lab.experiments.journal import read_json, write_json
from auditcore.lab.experiments.setup import OWN
from auditcore.lab.pack import sample_labels
from auditcore.lab.registries import LabError
from auditcore.marks.base import Progress
from auditcore.photos import Captioned, read_captions, unique_names

_SEALED = "pictures.json"


def seal(experiment: Experiment, on_progress: Progress) -> None:
    """Mark the photos of an experiment and seal their kit, once.

    A seal that was cut off goes on; one whose kit was whole begins anew with another draw, because
    nothing was trained on the first.

    Args:
        experiment: whose photos.
        on_progress: called with (done, total); may raise Cancelled.

    Raises:
        LabError, PhotoError, KitError: the photos cannot be read or kept.
    """
    folder = experiment.folder
    if (folder / _SEALED).is_file():
        return
    if (folder / KIT_FILE).exists():  # of a seal that was cut off after its kit was whole
        shutil.rmtree(folder / SEALING_FOLDER, ignore_errors=True)
        shutil.rmtree(folder / PUBLISH_FOLDER, ignore_errors=True)
        (folder / KIT_FILE).unlink()
    sources, captions = _photos(experiment)
    visibility = experiment.setup.visibility
    sealed = protect_into(
        folder, sources, captions=captions, visibility=visibility, on_progress=on_progress
    )
    write_json(folder / "refused.json", [line.refused for line in sealed.lines if line.refused])
    originals = _originals(experiment, sealed.lines)
    rows = [
        {"file": p.file, "original": originals[p.file], "caption": p.caption, "label": p.label}
        for p in sealed.kit.photos
    ]
    write_json(folder / _SEALED, rows)


def _photos(experiment: Experiment) -> tuple[list[PhotoSource], Mapping[str, Captioned]]:
    if experiment.setup.photos == OWN:
        return _own(experiment)
    return _sample()


def _own(experiment: Experiment) -> tuple[list[PhotoSource], Mapping[str, Captioned]]:
    rows = _own_rows(experiment)
    folder = experiment.folder / ORIGINALS
    sources = [
        PhotoSource(row["name"], (folder / f"{number:04}").read_bytes)
        for number, row in enumerate(rows)
    ]
    files = unique_names([row["name"] for row in rows])  # two photos may share a name
    told = [Captioned(row["caption"], row["label"]) for row in rows]
    return sources, dict(zip(files, told, strict=True))


def _sample() -> tuple[list[PhotoSource], Mapping[str, Captioned]]:
    folder = paths.assets_dir() / "sample"
    files = sorted((folder / ORIGINALS).glob("*.jpg"))
    if not files:
        raise LabError(
            "The sample photos are not in this copy of Telltale. Get the whole of it, with its "
            "folder “assets”."
        )
    captions = read_captions((folder / "captions.csv").read_bytes(), [file.name for file in files])
    labels = sample_labels()
    labelled = {
        name: replace(captioned, label=labels.get(name)) for name, captioned in captions.items()
    }
    return [PhotoSource.from_path(file) for file in files], labelled


def _own_rows(experiment: Experiment) -> list[dict[str, Any]]:
    return list(read_json(experiment.folder / "photos.json") or ())


def _originals(experiment: Experiment, lines: Sequence[PhotoLine]) -> dict[str, str]:
    """Return for each published file the name under which its original is kept."""
    own = experiment.setup.photos == OWN
    kept = [f"{number:04}" if own else line.name for number, line in enumerate(lines)]
    return {line.file: name for line, name in zip(lines, kept, strict=True) if line.file}
