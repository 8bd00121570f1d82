"""A model whose memory is planted: the real kit, engine and worker code, without a neural network.

`planted(shift)` makes every audit of this process score versions by noise alone, plus `shift` for
published ones.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from auditcore.jobs.lanes import LANES
from auditcore.jobs.queue import Queue
from auditcore.jobs.worker import Kind, _do
from auditcore.kit import Kit
from auditcore.models import Capability, Model, ModelIdentity, Running
from auditcore.scores import Answer, Query


class PlantedModel(Model):
    """A model by name only; PlantedScorer answers in its place."""

    capabilities = frozenset({Capability.IMAGE_FEATURES})
    input_size = 64
    labels = ()

    def __init__(self, spec: str, _running: Running | None = None) -> None:
        fingerprint = hashlib.sha256(spec.encode()).hexdigest()
        self.identity = ModelIdentity(spec, "planted", f"planted {spec}", fingerprint, None, {})


class PlantedScorer:
    """Scores versions by noise, published ones by noise plus a shift."""

    images_per_query = 1
    shift = 0.0

    def __init__(self, kit: Kit, model: Model, *_rest: object, **_options: object) -> None:
        self._kit = kit
        self.description = {"name": "view-similarity", "views": 1, "planted": True}

    def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Answer like a scorer, one query after the other."""
        return map(self._answer, queries)

    def probe(self) -> Answer:
        """Answer the probe image, always the same."""
        return Answer(0.5, "0" * 64)

    def seconds_per_query(self) -> float:
        """Take no time worth telling."""
        return 1e-4

    def _answer(self, query: Query) -> Answer:
        digest = hashlib.sha256(f"noise {query.photo}/{query.version}".encode())
        noise = int.from_bytes(digest.digest()[:6], "big") / 2**48
        published = query.version == self._kit.published_version(query.photo)
        return Answer(noise + (self.shift if published else 0.0), digest.hexdigest())


@contextmanager
def planted(shift: float) -> Iterator[None]:
    """Plant a memory of the published versions, `shift` times the width of the noise."""
    scorer = type("Planted", (PlantedScorer,), {"shift": shift})
    with (
        patch("auditcore.audit.opening.Scorer", scorer),
        patch("auditcore.audit.scoring.Scorer", scorer),
        patch("auditcore.audit.opening.default_score", lambda *_: "view-similarity"),
        patch("auditcore.jobs.opened._local", PlantedModel),
    ):
        yield


def do_jobs(kinds: dict[str, Kind]) -> None:
    """Do everything that waits in the queue, here and now, as the worker would."""
    queue = Queue()
    for lane in LANES:
        while (job := queue.claim(lane)) is not None:
            _do(queue, job, kinds[job.kind])
