"""One batch: Besag-Clifford with few beats, for models whose versions are all asked about at once.

A hosted model may change, or react to what it is asked, between two questions. If the published
version and the first hidden ones are asked about in one random order, each of them is equally
likely to stand at any place, whatever the model does from place to place: the ranks stay uniform.
What that costs is stopping early, so the batch is kept short: 5/p versions lose little of the power
of all n (tests/benchmarks/results/one_batch.md).
"""

from dataclasses import dataclass

from auditcore.sequential.besag_clifford import BesagClifford


@dataclass(frozen=True)
class OneBatch(BesagClifford):
    """Rejects when fewer than 5 of the first ceil(5/p) - 1 hidden versions beat the published one.

    The false-detection rate is exactly h / ceil(h/p). Source: Besag and Clifford 1991 for the test;
    the argument above is this project's.
    """

    name = "one-batch"
    usual_beats = 5
