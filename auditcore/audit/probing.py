"""Has the model changed while it was asked? The same picture is shown to it again and again.

A model whose answers drift would favour whichever version it was asked about first, so a change
ends the audit. A hosted model may also be noisy: every answer is a little different although the
model is the same. So it is asked several times at the start, and if those answers differ, several
times at every later look; a change is a difference that such noise does not explain.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SURE = 5.0
"""How many standard errors are more than noise (Student's t, 14 degrees: chance 2 in 10,000)."""


@dataclass(frozen=True)
class Probing:
    """When the same picture is asked again, how often each time, and what may differ (absolute)."""

    every: int = 256
    repeats: int = 1
    tolerance: float = 1e-4


LOCAL = Probing()
HOSTED = Probing(every=64, repeats=8)


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

    @property
    def spread(self) -> float:
        """The sum of squared distances from the mean."""
        return math.fsum((score - self.mean) ** 2 for score in self.scores)

    def steady(self, probing: Probing) -> bool:
        """Say whether the answers of this look agree with each other."""
        return max(self.scores) - min(self.scores) <= probing.tolerance

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


def repeats_due(probing: Probing, first: Probe | None) -> int:
    """Return how often the picture is asked at the next look, given the first one."""
    return probing.repeats if first is None or not first.steady(probing) else 1


def allowance(probing: Probing, first: Probe, second: Probe) -> float:
    """Return by how much the means of two looks may differ if the model is the same."""
    if first.steady(probing):
        return probing.tolerance
    counts = len(first.scores), len(second.scores)
    degrees = sum(counts) - 2
    variance = (first.spread + second.spread) / degrees
    return probing.tolerance + SURE * math.sqrt(variance * sum(1 / count for count in counts))


def drifted(probing: Probing, first: Probe, second: Probe) -> bool:
    """Say whether the model answers differently at the second look than at the first."""
    return abs(second.mean - first.mean) > allowance(probing, first, second)


def still_holds(probing: Probing, now: Probe, then: float) -> bool:
    """Say whether the model answers now as it did when the mean of a look was `then`."""
    return abs(now.mean - then) <= allowance(probing, now, now)
