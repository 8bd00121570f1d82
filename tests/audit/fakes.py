"""Stand-ins for tests: a sealed kit without pictures, and a model whose bias is planted."""

import datetime
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from auditcore.audit.machine import AuditMachine
from auditcore.audit.plan import (
    FirstAsked,
    Plan,
    level_of,
    max_hidden_for,
    parse_claim,
    share_of,
)
from auditcore.audit.track import Asked
from auditcore.models.base import Capability, Model, ModelIdentity
from auditcore.photos import Pixels
from auditcore.randomness import Stream, derive


@dataclass(frozen=True)
class FakeSealed:
    """What was committed, derived like a kit's."""

    versions: int
    seed: bytes = b"a test"

    def published_version(self, photo: int) -> int:
        return self.stream("published", photo).below(self.versions)

    def hidden_order(self, photo: int) -> tuple[int, ...]:
        published = self.published_version(photo)
        hidden = [version for version in range(self.versions) if version != published]
        return tuple(self.stream("order", photo).shuffled(hidden))

    def tie_priority(self, photo: int, version: int) -> int:
        digest = hashlib.sha256(self.seed + f"{photo}/{version}".encode()).digest()
        return int.from_bytes(digest[:8], "big")

    def stream(self, *label: str | int) -> Stream:
        return derive(self.seed, *label)


def make_plan(
    sealed: FakeSealed,
    *,
    photos: int = 1,
    claim: str = "collection",
    p: str = "0.05",
    test: str = "conditional-rank",
    collection_test: str = "anytime",
    attempt: int = 1,
) -> Plan:
    files = tuple(f"photo-{index}.jpg" for index in range(photos))
    parsed = parse_claim(claim, files)
    first = FirstAsked(Fraction(p), test, "fake")
    share = share_of(parsed, collection_test, photos, test, "fake", first)
    level = level_of(Fraction(p), attempt, share)
    return Plan(
        software="telltale test",
        started="2026-01-02T03:04:05Z",
        kit_id="k" * 64,
        kit_created="2026-01-01T00:00:00Z",
        test_seed=None,
        files=files,
        versions=sealed.versions,
        model={"fingerprint": "f" * 64, "released": None, "name": "a model", "details": {}},
        score={"name": "fake", "views": 1},
        claim=parsed,
        test=test,
        collection_test=collection_test,
        p=Fraction(p),
        attempt=attempt,
        first=first,
        level=level,
        max_hidden=max_hidden_for(parsed, collection_test, sealed.versions, photos, level),
        earlier=("e" * 64,) * (attempt - 1),
        models_tried=1,
    )


def noise(seed: bytes, photo: int, version: int) -> float:
    """A score between 0 and 1 that depends on nothing but the version."""
    digest = hashlib.sha256(b"noise %b %d %d" % (seed, photo, version)).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def planted(sealed: FakeSealed, shift: float, seed: bytes = b"model") -> Callable[[Asked], float]:
    """Score versions at random; published ones get `shift` more."""

    def score(asked: Asked) -> float:
        photo, version = asked
        bonus = shift if version == sealed.published_version(photo) else 0.0
        return noise(seed, photo, version) + bonus

    return score


def drive(machine: AuditMachine, score: Callable[[Asked], float]) -> list[Sequence[Asked]]:
    """Run a machine to its verdict and return the batches it asked for."""
    batches = []
    while batch := machine.next_batch():
        batches.append(batch)
        machine.absorb(batch, [score(asked) for asked in batch])
    return batches


@dataclass(frozen=True)
class FakePhoto:
    file: str
    caption: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class FakePublic:
    created: str = "2026-01-01T00:00:00Z"
    test_seed: str | None = None


@dataclass(frozen=True)
class FakeKit(FakeSealed):
    """A kit whose versions are plain colours that spell (photo, version): red, then green, blue."""

    count: int = 1
    public: FakePublic = FakePublic()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.seed + bytes([self.count])).hexdigest()

    @property
    def photos(self) -> tuple[FakePhoto, ...]:
        return tuple(FakePhoto(f"photo-{index}.jpg") for index in range(self.count))

    def version(self, photo: int, version: int) -> Pixels:
        colour = np.array([photo, version // 256, version % 256], dtype=np.uint8)
        return np.broadcast_to(colour, (16, 16, 3)).copy()


@dataclass
class FakeModel(Model):
    """A classifier that is surer of published versions by `shift`; `asked`: what it was asked.

    `drift_after`: from that many versions on it is another model. `hosted`, `noise`: somebody else
    runs it, and every answer is off by a random amount of that size.
    """

    kit: FakeKit
    shift: float = 0.0
    name: str = "a fake"
    released: datetime.date | None = None
    drift_after: int | None = None
    precision: str = "float32"
    hosted: bool = False
    noise: float = 0.0
    engine: str | None = None
    calls: int = 0
    asked: list[Asked] = field(default_factory=list)
    capabilities = frozenset({Capability.PROBABILITIES, Capability.LABELS})
    input_size = 8
    labels = ("this", "that")

    @property
    def identity(self) -> ModelIdentity:  # type: ignore[override]
        fingerprint = hashlib.sha256(f"{self.name} {self.shift}".encode()).hexdigest()
        details = {"precision": self.precision}
        details |= {"engine": self.engine} if self.engine else {}
        details |= {"address": "https://api.example.org/v1"} if self.hosted else {}
        return ModelIdentity("fake", "fake", self.name, fingerprint, self.released, details)

    def probabilities(self, images: Sequence[Pixels]) -> np.ndarray:  # type: ignore[type-arg]
        photo, high, low = (int(value) for value in images[0][0, 0])
        asked = (photo, 256 * high + low)
        drifted = self.drift_after is not None and len(self.asked) >= self.drift_after
        if (images[0] == images[0][0, 0]).all():  # not the probe image
            self.asked.append(asked)
        self.calls += 1
        sure = 0.5 + 0.4 * self._score(asked) + (0.05 if drifted else 0.0)
        sure += self.noise * (noise(b"calls", 0, self.calls) - 0.5)
        return np.tile(np.array([sure, 1 - sure]), (len(images), 1))

    def _score(self, asked: Asked) -> float:
        plain = planted(self.kit, self.shift, self.name.encode())(asked)
        return 1 / (1 + np.exp(-plain))  # keeps the order, stays below 1
