"""The ways to put versions to a model that `throughput.py` compares. Each says pictures a second.

Loop        what a user of open_clip writes: version, crops in Pillow, its preprocessing, one call
Loader      the same in a Dataset, batched by torch's DataLoader
Scorer      this project, from the kit to scores
Bare        the network alone, as the Scorer runs it, on pictures that lie there prepared: the limit
Eager       the network alone in PyTorch's float32 with all threads: a second limit
"""

import itertools
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import open_clip
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from auditcore.kit import Kit
from auditcore.models.devices import steady
from auditcore.models.lanes import lanes
from auditcore.models.local import TorchModel, Way
from auditcore.scores import SCORES, Query, Scorer
from auditcore.scores.views import View, draw_views

SCORE, VIEWS, BATCH, PHOTO = "caption-cosine", 16, 64, 0
_WARM = 2  # calls that nobody times


class Timed(Protocol):
    """Something that answers pictures for a while."""

    def pace(self, seconds: float) -> float:
        """Work for about so long; return pictures a second."""
        ...


def views_of(kit: Kit) -> tuple[View, ...]:
    """Return the views of PHOTO, as the Scorer draws them."""
    return draw_views(kit.stream("views", SCORE, PHOTO), VIEWS, SCORES[SCORE].crop)


@dataclass
class Obvious:
    """open_clip's own model and transform."""

    network: Any
    transform: Any
    caption: torch.Tensor
    device: torch.device
    threads: int

    @classmethod
    def of(cls, folder: Path, caption: Any, device: str, threads: int) -> "Obvious":
        """Open a model's folder as open_clip's documentation does; `caption` are its features."""
        network, _, transform = open_clip.create_model_and_transforms(
            f"local-dir:{folder}", device=device
        )
        told = torch.nn.functional.normalize(torch.as_tensor(caption, device=device))
        return cls(network.eval(), transform, told, torch.device(device), threads)

    def pictures(self, kit: Kit, version: int) -> torch.Tensor:
        """Return a version's views as the network's input, shape (VIEWS, 3, S, S)."""
        picture = Image.fromarray(kit.version(PHOTO, version))
        width, height = picture.size
        boxes = [
            (view.left * width, view.top * height, view.right * width, view.bottom * height)
            for view in views_of(kit)
        ]
        crops = (picture.crop(tuple(round(edge) for edge in box)) for box in boxes)
        return torch.stack([self.transform(crop) for crop in crops])

    def score(self, batch: torch.Tensor) -> list[float]:
        """Return the cosine of each picture to the caption."""
        with torch.no_grad():
            features = self.network.encode_image(batch.to(self.device))
        cosines = torch.nn.functional.normalize(features) @ self.caption.T
        return [float(x) for x in cosines.flatten().cpu()]


class Loop:
    """One version after the other."""

    def __init__(self, obvious: Obvious, kit: Kit) -> None:
        self._obvious, self._kit = obvious, kit
        self._versions = itertools.cycle(range(kit.versions))

    def pace(self, seconds: float) -> float:
        """Score version after version."""
        torch.set_num_threads(self._obvious.threads)
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            self._obvious.score(self._obvious.pictures(self._kit, next(self._versions)))
            done += VIEWS
        return done / (time.perf_counter() - start)


class _Versions(Dataset[torch.Tensor]):
    def __init__(self, obvious: Obvious, kit: Kit) -> None:
        self._obvious, self._kit = obvious, kit

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, index: int) -> torch.Tensor:
        return self._obvious.pictures(self._kit, index % self._kit.versions)


class Loader:
    """Batches of BATCH pictures; the workers go on from one measurement to the next."""

    def __init__(self, obvious: Obvious, kit: Kit, workers: int) -> None:
        self._obvious, self.workers = obvious, workers
        torch.set_num_threads(obvious.threads)
        self._loader = DataLoader(
            _Versions(obvious, kit),
            batch_size=BATCH // VIEWS,
            num_workers=workers,
            pin_memory=obvious.device.type == "cuda",
            collate_fn=torch.cat,
        )

    def pace(self, seconds: float) -> float:
        """Score batch after batch, from the first on; what the workers made ahead is not timed."""
        torch.set_num_threads(self._obvious.threads)
        batches = iter(self._loader)
        for _ in range(1 + 2 * self.workers):  # workers start, and make some before they are asked
            next(batches)
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            done += len(self._obvious.score(next(batches)))
        return done / (time.perf_counter() - start)


class Ours:
    """The project's Scorer, queries in and answers out."""

    def __init__(self, kit: Kit, model: TorchModel) -> None:
        self._scorer = Scorer(kit, model, SCORE, VIEWS, photos=[PHOTO])
        self._versions = itertools.cycle(range(kit.versions))
        self._expected = self._answer(4)  # the first question pays for what is kept of a photo

    def pace(self, seconds: float) -> float:
        """Score as many versions as should take so long, in one go."""
        count = max(1, round(seconds * self._expected / VIEWS))
        self._expected = self._answer(count)
        return self._expected

    def _answer(self, count: int) -> float:
        queries = [Query(PHOTO, next(self._versions)) for _ in range(count)]
        start = time.perf_counter()
        answered = len(self._scorer.answer(queries))
        return answered * VIEWS / (time.perf_counter() - start)


class Bare:
    """The network as a model runs it, in its lanes, on prepared pictures."""

    def __init__(self, model: TorchModel, size: int) -> None:
        self._model = model.in_way(Way(model.way.runtime, model.way.precision, size))
        self.size = size
        side = model.preprocessing.size
        self._call = self._model.bare_call(torch.rand(size, 3, side, side) - 0.5)
        deque(self._answers(_WARM), maxlen=0)

    def pace(self, seconds: float) -> float:
        """Ask again and again, all lanes at work."""
        start, done = time.perf_counter(), 0
        with steady():
            for _ in self._answers(None, start + seconds):
                done += self.size
            self._finish()
        return done / (time.perf_counter() - start)

    def _answers(self, count: int | None, until: float = float("inf")) -> Iterator[torch.Tensor]:
        turns: Iterator[int] = itertools.count() if count is None else iter(range(count))
        turns = itertools.takewhile(lambda _: time.perf_counter() < until, turns)
        if self._model.device.type != "cpu":
            yield from (self._ask() for _ in turns)
            return
        waiting: deque[Future[torch.Tensor]] = deque()
        for _ in turns:
            waiting.append(lanes().submit(self._ask))
            if len(waiting) > 2 * self._model.calls.lanes:
                yield waiting.popleft().result()
        for last in waiting:
            yield last.result()

    def _ask(self) -> torch.Tensor:
        with torch.inference_mode():
            return self._call()

    def _finish(self) -> None:
        if self._model.device.type == "cuda":
            torch.cuda.synchronize(self._model.device)


class Eager:
    """The network in PyTorch's float32 with all threads, on prepared pictures."""

    def __init__(self, obvious: Obvious, side: int, size: int) -> None:
        self._obvious, self.size = obvious, size
        self._batch = torch.rand(size, 3, side, side, device=obvious.device) - 0.5

    def pace(self, seconds: float) -> float:
        """Ask again and again."""
        torch.set_num_threads(self._obvious.threads)
        start, done = time.perf_counter(), 0
        with torch.inference_mode():
            while time.perf_counter() - start < seconds:
                self._obvious.network.encode_image(self._batch)
                done += self.size
        if self._obvious.device.type == "cuda":
            torch.cuda.synchronize(self._obvious.device)
        return done / (time.perf_counter() - start)
