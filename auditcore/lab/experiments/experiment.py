"""One experiment as its folder tells it at any moment: a page may read it while it is made.

setup.json              what was chosen
photos/, photos.json    a person's own photos, as they were brought
kit.zip, publish/       the kit, sealed before training began, and what both twins may see
pictures.json           each photo of the kit: where its original is, caption, class
with/, without/         the twins: losses and membership scores by epoch, network, model, audit
forgetting/<method>/    the same for what is left of "with" after a method of forgetting
audits.sqlite           the audits' own ledger: those of the Lab never mix with others
record.json             when it was finished, what it took
"""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from auditcore import paths
from auditcore.audit import Plan, Store, Trace, Verdict, trace_of
from auditcore.audit.machine import Move
from auditcore.kit import KIT_FILE, PUBLISH_FOLDER
from auditcore.lab.experiments.journal import read_json, read_rows, write_json
from auditcore.lab.experiments.setup import OWN, OWN_MAX, Setup
from auditcore.lab.pack import CLASSES
from auditcore.lab.registries import LabError
from auditcore.lab.unlearning.methods import METHODS
from auditcore.photos.captions import MAX_CAPTION

WITH, WITHOUT = "with", "without"
TWINS = (WITH, WITHOUT)
ORIGINALS = "photos"
FORGETTING = "forgetting"
_REMOVED = ".removed-"
"""Begins the name of a folder on its way out: nobody writes into it any more."""


class Audited(NamedTuple):
    """An audit as far as it is: its plan, the points so far, and its verdict once there is one."""

    plan: Plan
    trace: Trace
    verdict: Verdict | None


@dataclass(frozen=True)
class OwnPhoto:
    """A photo that a person brings: its name, its file, and what it shows."""

    name: str
    data: bytes
    caption: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Picture:
    """One photo of the kit. `original` and `published`: files, None where they are not shipped."""

    file: str
    original: Path | None
    published: Path | None
    caption: str | None
    label: str | None


@dataclass(frozen=True)
class EpochRow:
    """One epoch of a training: mean losses, and the seconds it took."""

    epoch: int
    epochs: int
    loss: float
    held_out_loss: float | None
    seconds: float


@dataclass(frozen=True)
class Snapshot:
    """Membership scores after an epoch, higher = more like a member (an indication, no evidence).

    Attributes:
        photos: the person's photos (as published); members of "with", not of "without".
        members: up to 100 other pictures of the training set.
        non_members: as many held-out pictures.
    """

    epoch: int
    photos: tuple[float, ...]
    members: tuple[float, ...]
    non_members: tuple[float, ...]


@dataclass(frozen=True)
class Outcome:
    """A model that is ready.

    Attributes:
        utility: 0..1, on held-out pictures. utility_title: what that is, such as "accuracy".
        seconds: that making it took. epochs: trained (0 for a method of forgetting).
        epsilon: privacy budget that was used, None without DP-SGD.
    """

    utility: float
    utility_title: str
    seconds: float
    epochs: int
    epsilon: float | None


@dataclass(frozen=True)
class Forgotten:
    """What a method of forgetting left: utility before and after, its cost, and its audit."""

    method: str
    utility_before: float
    utility_after: float
    seconds: float
    audit: Audited | None


@dataclass(frozen=True)
class Record:
    """When an experiment was finished (UTC, ISO 8601), what it took, and on what."""

    finished: str
    seconds: float
    software: str
    machine: str


class Experiment:
    """What there is of an experiment so far. Light: nothing here needs torch.

    Attributes:
        folder: its folder; the name of the folder is its id.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made."""
        self.folder = folder
        self.id = folder.name

    @property
    def exists(self) -> bool:
        """Say whether it is there (and not deleted)."""
        return (self.folder / "setup.json").is_file()

    @cached_property
    def setup(self) -> Setup:
        """Return what was chosen.

        Raises:
            LabError: there is no such experiment, or another version made it.
        """
        values = read_json(self.folder / "setup.json")
        if values is None:
            raise LabError("This experiment is not here any more. Start a new one.")
        return Setup.from_json(values)

    @property
    def finished(self) -> bool:
        """Say whether both twins are trained and audited."""
        return self.record is not None

    @property
    def record(self) -> Record | None:
        """Return when it was finished and what it took; None before."""
        values = read_json(self.folder / "record.json")
        return None if values is None else Record(**values)

    @property
    def seconds(self) -> float | None:
        """Return what training and both audits took, None before the end."""
        return None if self.record is None else self.record.seconds

    @property
    def files(self) -> tuple[str, ...]:
        """Return the names of the photos in the kit's order; () before it is sealed."""
        return tuple(picture.file for picture in self.pictures)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Return the photos of the kit in its order; () before it is sealed."""
        rows = read_json(self.folder / "pictures.json") or []
        return tuple(self._picture(row) for row in rows)

    @property
    def refused(self) -> tuple[str, ...]:
        """Return a sentence for each photo that was brought and could not be used."""
        return tuple(read_json(self.folder / "refused.json") or ())

    def losses(self, name: str) -> tuple[EpochRow, ...]:
        """Return the epochs so far of one of TWINS."""
        rows = read_rows(self.part(name) / "losses.jsonl")
        return tuple(EpochRow(**row) for row in rows)

    def memory(self, name: str) -> tuple[Snapshot, ...]:
        """Return the membership scores so far of one of TWINS, about 8 epochs of the run."""
        rows = read_rows(self.part(name) / "memory.jsonl")
        return tuple(
            Snapshot(
                row["epoch"],
                *(tuple(row[group]) for group in ("photos", "members", "non_members")),
            )
            for row in rows
        )

    def outcome(self, name: str) -> Outcome | None:
        """Return what came of one of TWINS or of a method of forgetting; None before."""
        values = read_json(self.part(name) / "outcome.json")
        return None if values is None else Outcome(**values)

    def utility(self, name: str) -> float | None:
        """Return how useful the model is, 0..1; see `outcome`."""
        outcome = self.outcome(name)
        return None if outcome is None else outcome.utility

    def audit(self, name: str) -> Audited | None:
        """Return the audit of one of TWINS or of a method, as far as it is; None before it."""
        part = self.part(name)
        told = read_json(part / "audit.json")
        if told is not None:
            plan, moves = Plan.from_json(told["plan"]), map(Move.from_json, told["moves"])
            return Audited(plan, trace_of(plan, moves), Verdict.from_json(told["verdict"]))
        begun = read_json(part / "audit-id.json")
        return None if begun is None else self._running_audit(begun["audit"])

    @property
    def forgetting(self) -> Mapping[str, Forgotten]:
        """Return what was made to forget, by method, in the order of METHODS."""
        done = [self._forgotten(name) for name in self._methods()]
        return {found.method: found for found in done if found is not None}

    def part(self, name: str) -> Path:
        """Return the folder of one of TWINS, or of a method of forgetting."""
        return self.folder / name if name in TWINS else self.folder / FORGETTING / name

    def delete(self) -> None:
        """Remove everything; whoever still works on it notices. Removing twice is no error."""
        with suppress(FileNotFoundError):
            self.folder.rename(self.folder.with_name(_REMOVED + self.id))
        for left in self.folder.parent.glob(_REMOVED + "*"):
            shutil.rmtree(left, ignore_errors=True)

    @cached_property
    def store(self) -> Store:
        """Return the ledger of this experiment's audits."""
        return Store(self.folder / "audits.sqlite")

    @property
    def kit_file(self) -> Path:
        """Return where its kit is, once sealed."""
        return self.folder / KIT_FILE

    def _picture(self, row: Mapping[str, Any]) -> Picture:
        own = self.folder / ORIGINALS / row["original"]
        shipped = paths.assets_dir() / "sample" / ORIGINALS / row["original"]
        original = own if self.setup.photos == OWN else shipped
        published = self.folder / PUBLISH_FOLDER / row["file"]
        return Picture(
            row["file"],
            original if original.is_file() else None,
            published if published.is_file() else None,
            row["caption"],
            row["label"],
        )

    def _running_audit(self, audit_id: str) -> Audited:
        record = self.store.audit(audit_id)
        return Audited(
            record.plan, trace_of(record.plan, self.store.moves(audit_id)), record.verdict
        )

    def _methods(self) -> list[str]:
        folder = self.folder / FORGETTING
        return [method for method in METHODS if (folder / method).is_dir()]

    def _forgotten(self, method: str) -> Forgotten | None:
        before, after = self.outcome(WITH), self.outcome(method)
        if before is None or after is None:
            return None
        return Forgotten(method, before.utility, after.utility, after.seconds, self.audit(method))


def create(folder: Path, setup: Setup, photos: Sequence[OwnPhoto] = ()) -> Experiment:
    """Write down what was chosen, and keep a person's own photos.

    Args:
        folder: of the new experiment, see `paths.lab_dir`; must not be there yet.
        setup: the choices.
        photos: 1 to OWN_MAX for a setup with OWN photos, else none.

    Raises:
        LabError: the photos lack what this kind of model learns from, or the disk is full.
    """
    check_photos(setup, photos)
    rows = [{"name": p.name, "caption": p.caption, "label": p.label} for p in photos]
    try:
        (folder / ORIGINALS).mkdir(mode=0o700, parents=True)
        folder.chmod(0o700)
        for number, photo in enumerate(photos):
            (folder / ORIGINALS / f"{number:04}").write_bytes(photo.data)
        write_json(folder / "photos.json", rows)
        write_json(folder / "setup.json", setup.to_json())
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise LabError("The photos do not fit on this machine's disk. Make room there.") from error
    return Experiment(folder)


def check_photos(setup: Setup, photos: Sequence[OwnPhoto]) -> None:
    """Refuse photos that this kind of model cannot learn from as it should.

    Raises:
        LabError: too few, too many, one without the caption (clip) or class (classifier), or with
            a caption that is too long.
    """
    if setup.photos != OWN:
        return
    if not 1 <= len(photos) <= OWN_MAX:
        raise LabError(f"An experiment takes 1 to {OWN_MAX} photos of yours.")
    for photo in photos:
        if len(photo.caption or "") > MAX_CAPTION:
            raise LabError(
                f"The caption of “{photo.name}” is too long. "
                f"Shorten it to {MAX_CAPTION:,} characters."
            )
        if setup.kind == "clip" and not (photo.caption or "").strip():
            raise LabError(
                f"“{photo.name}” has no caption. This kind of model learns pictures together with "
                "their captions: write one for each photo."
            )
        if setup.kind == "classifier":
            _check_label(photo)


def _check_label(photo: OwnPhoto) -> None:
    if photo.label not in CLASSES:
        raise LabError(
            f"Say what “{photo.name}” shows. A classifier learns to tell these apart: "
            f"{', '.join(CLASSES)}."
        )


def experiment_folder(experiment_id: str) -> Path:
    """Return where an experiment is kept; the id must be one of the queue's, not a visitor's."""
    return paths.lab_dir() / experiment_id


def shipped_experiment() -> Experiment:
    """Return the finished experiment that is shipped: real figures before anybody trained.

    Read-only, without weights: an experiment made earlier, and to be called so on screen.

    Raises:
        LabError: this copy of Telltale lacks it.
    """
    shipped = Experiment(paths.assets_dir() / "lab" / "example")
    if not shipped.exists:
        raise LabError("The example is not in this copy of Telltale. Get the whole of it.")
    return shipped
