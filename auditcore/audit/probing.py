"""Has the model changed while it was asked? The same picture is shown to it again and again.

A verdict is about one model. A local model whose answers drift would also favour whichever version
it was asked about first. A hosted model may be noisy: every answer is a little different although
the model is the same. So it is asked several times at each look, and a change is a difference that
such noise does not explain.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SURE = 5.0
"""How many standard errors are more than noise (Student's t, 14 degrees: chance 2 in 10,000)."""


@dataclass(frozen=True)
class Probing:
    """When the same picture is asked again, how often each time, and what may differ.

    Attributes:
        every: queries between two looks.
        repeats: how often the picture is asked at each look.
        tolerance: what may differ, absolute.
        share: what may differ, as a share of the versions' own spread. The batches of hosted models
            keep the false-alarm rate through any change, so small ones are let pass.
    """

    every: int = 256
    repeats: int = 1
    tolerance: float = 1e-4
    share: float = 0.0


LOCAL = Probing()
HOSTED = Probing(every=64, repeats=8, share=0.5)


def probing_for(hosted: bool) -> Probing:
    """Return how a model is watched."""
    return HOSTED if hosted else LOCAL


@dataclass(frozen=True)
class Probe:
    """What the model said of the probe picture at one look.

    Attributes:
        scores: one a time that it was asked, at least one.
        digests: SHA-256 (hex) of each raw answer.
    """

    scores: tuple[float, ...]
    digests: tuple[str, ...]

    @property
    def mean(self) -> float:
        """The mean score."""
        return math.fsum(self.scores) / len(self.scores)

    def to_json(self) -> list[list[Any]]:
        """Return the answers as rows of score and digest."""
        return [[s, d] for s, d in zip(self.scores, self.digests, strict=True)]

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Probe":
        """Read what a probe record says.

        Raises:
            KeyError, TypeError, ValueError: it is not in that form.
        """
        rows = [(float(score), str(digest)) for score, digest in record["answers"]]
        if not rows or not all(math.isfinite(score) for score, _ in rows):
            raise ValueError("a probe holds at least one answer, and numbers alone")
        return cls(tuple(score for score, _ in rows), tuple(digest for _, digest in rows))


class Spread:
    """How far the versions of a photo lie apart in the answers so far: pooled standard deviation.

    Attributes:
        value: 0 before two versions of one photo were answered.
    """

    def __init__(self) -> None:
        self.value = 0.0
        self._photos: dict[int, tuple[int, float]] = {}
        self._squares = 0.0
        self._degrees = 0

    def add(self, answers: Iterable[tuple[tuple[int, int], float]]) -> None:
        """Take in answers, ((photo, version), score) each, one by one (Welford 1962)."""
        for (photo, _version), score in answers:
            count, mean = self._photos.get(photo, (0, 0.0))
            step = score - mean
            mean += step / (count + 1)
            self._squares += step * (score - mean)
            self._degrees += count > 0
            self._photos[photo] = (count + 1, mean)
        if self._degrees:
            self.value = math.sqrt(self._squares / self._degrees)


def allowance(probing: Probing, first: Probe, second: Probe, spread: float = 0.0) -> float:
    """Return by how much the means of two looks may differ if the model is the same.

    Args:
        probing: how it is watched.
        first: one look.
        second: another.
        spread: of the versions, see `Spread`; a change of `Probing.share` of it hardly moves ranks.
    """
    least = max(probing.tolerance, probing.share * spread)
    counts = len(first.scores), len(second.scores)
    degrees = sum(counts) - 2
    if not degrees:
        return least
    variance = (_squares(first.scores) + _squares(second.scores)) / degrees
    return least + SURE * math.sqrt(variance * sum(1 / count for count in counts))


def drifted(probing: Probing, first: Probe, second: Probe, spread: float = 0.0) -> bool:
    """Say whether the model answers differently at the second look than at the first."""
    return abs(second.mean - first.mean) > allowance(probing, first, second, spread)


def still_holds(probing: Probing, now: Probe, then: float) -> bool:
    """Say whether the model answers now as it did when the mean of a look was `then`."""
    return abs(now.mean - then) <= allowance(probing, now, now)


def _squares(values: Sequence[float]) -> float:
    """Return the sum of squared distances from the mean."""
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values)
