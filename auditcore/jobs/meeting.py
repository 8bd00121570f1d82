"""What a model gives, found by asking it once, and how it would be asked about a kit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from auditcore.audit import parse_claim
from auditcore.jobs.queue import Job
from auditcore.kit import Kit
from auditcore.models import Capability, Model, ModelIdentity
from auditcore.scores import default_score


@dataclass(frozen=True)
class Met:
    """A model as it was met: one test picture, sent or looked at here.

    Attributes:
        name: what to call it.
        hosted: whether somebody else runs it.
        gives: the questions it answers.
        labels: names of its classes, () if it names none.
        input_size: side of the square picture it looks at, in pixels.
        details: what there is to show of it: preprocessing, device, address, and the like.
        released: the day it was published (ISO date), None if unknown.
        seconds_per_image: how long one answer took.
        memory_bytes: what a local model took, None where that is not known.
        batch: pictures that it looks at at once, None for a hosted one.
    """

    name: str
    hosted: bool
    gives: tuple[Capability, ...]
    labels: tuple[str, ...]
    input_size: int
    details: Mapping[str, str]
    released: str | None
    seconds_per_image: float
    memory_bytes: int | None = None
    batch: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def meet(model: Model) -> Met:
    """Say what an opened model gives, and how fast it is; a local one is tried for a second.

    Raises:
        ModelError: it does not answer, or does not fit into memory.
    """
    identity = model.identity
    met = Met(
        name=identity.name,
        hosted=model.hosted,
        gives=tuple(sorted(model.capabilities)),
        labels=model.labels,
        input_size=model.input_size,
        details=identity.details,
        released=identity.released.isoformat() if identity.released else None,
        seconds_per_image=model.seconds_per_image or 0.0,
    )
    return met if model.hosted else _tried(met, model)


def _tried(met: Met, model: Model) -> Met:
    from auditcore.models.trial import trial  # needs torch, which pages do without

    found = trial(model)
    return replace(
        met,
        seconds_per_image=1 / found.images_per_second,
        memory_bytes=found.memory_bytes,
        batch=found.batch,
    )


def met(job: Job) -> Met:
    """Return what a finished connection test found."""
    found = dict(job.result["met"])
    gives = tuple(map(Capability, found["gives"]))
    return Met(**{**found, "gives": gives, "labels": tuple(found["labels"])})


class _Outline(Model):
    """What a model gives without the model: enough to choose a score by."""

    def __init__(self, name: str, gives: frozenset[Capability], labels: tuple[str, ...]) -> None:
        self.identity = ModelIdentity(name, "", name, "", None, {})
        self.capabilities = gives
        self.labels = labels
        self.input_size = 0


def score_for(
    kit: Kit, claim: str, name: str, gives: frozenset[Capability], labels: tuple[str, ...]
) -> str:
    """Return the name of the score that an audit of such a model takes.

    Args:
        kit: the kit. claim: what the audit is about.
        claim: see kit.
        name: of the model. gives: the questions it answers. labels: its classes.
        gives: see name.
        labels: see name.

    Raises:
        AuditError: the claim names no photo of the kit.
        ScoreError: nothing it gives can be scored, or only some labels are the model's.
    """
    named = parse_claim(claim, [photo.file for photo in kit.photos]).file
    photos = [index for index, photo in enumerate(kit.photos) if named in (None, photo.file)]
    return default_score(_Outline(name, gives, labels), kit, photos)
