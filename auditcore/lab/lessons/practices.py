"""What people do with audits, as simulations: innocent models, whole audits, no shortcut.

Every function runs `audits` audits of a model that never saw the photo and returns which of them
accused it, shape (audits,). Scores are normal unless said otherwise; photos have VERSIONS versions,
level P. Where the methodology leaves a practice's details open (noise, ties, drift), they are
stated here.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.lessons.audits import (
    Flags,
    Scores,
    against_first,
    any_of,
    collection_paths,
    crossings,
    stairs_of,
)
from auditcore.sequential import DEFAULT_TEST, HOSTED_TEST, AnytimeCollection, RankTest, make_test
from auditcore.sequential.conditional_rank import ConditionalRank

P = Fraction(1, 20)
VERSIONS = 200
"""Of a photo: the table of the methodology was computed with so many where it depends on them."""

ATTEMPTS, FUNCTIONS, CALLS, PHOTOS, MODELS = 10, 5, 5, 20, 10
ROUNDS = (1, 2, 4, 8, 16, 32, 64)
"""Hidden versions a photo after each round of a claim about a collection."""

YES = 0.37
"""How often a model of labels says yes."""

FALL = 27
"""Queries over which drifting scores fall by one standard deviation: a clean audit's."""

NEAR = 0.3
"""Standard deviation of what parts two checkpoints of one training, in SDs of what they share."""

Rng = np.random.Generator


@lru_cache
def test_at(level: Fraction) -> RankTest:
    """Return the default test at a level; its steps are found once for all."""
    return make_test(DEFAULT_TEST, VERSIONS, level)


def scores_of(rng: Rng, audits: int) -> Scores:
    """Return the scores of all versions, the published one first, shape (audits, VERSIONS)."""
    return rng.normal(size=(audits, VERSIONS))


def honest(rng: Rng, audits: int) -> Flags:
    """Look at the default statistic after every query."""
    return crossings(test_at(P), against_first(scores_of(rng, audits)))


def share_of_beats(rng: Rng, audits: int) -> Flags:
    """Stop as soon as (K + 1) / (t + 1) <= p, as if it were a p-value."""
    beats = against_first(scores_of(rng, audits))
    counts, asked = np.cumsum(beats, axis=1), np.arange(1, VERSIONS)
    return any_of((counts + 1) * P.denominator <= (asked + 1) * P.numerator)


def sorted_by_score(rng: Rng, audits: int) -> Flags:
    """Compare the lowest scores first."""
    return _lowest_first(rng, audits, 1.0)


def sorted_by_proxy(rng: Rng, audits: int) -> Flags:
    """Compare first what something related to the scores says is low (correlation .5)."""
    return _lowest_first(rng, audits, 0.5)


def _lowest_first(rng: Rng, audits: int, correlation: float) -> Flags:
    scores = scores_of(rng, audits)
    noise = rng.normal(size=(audits, VERSIONS - 1))
    proxy = correlation * scores[:, 1:] + (1 - correlation**2) ** 0.5 * noise
    chosen = np.take_along_axis(scores[:, 1:], np.argsort(proxy, axis=1), axis=1)
    return crossings(test_at(P), chosen > scores[:, :1])


def reshuffled(rng: Rng, audits: int) -> Flags:
    """Take a new random order and audit again, up to ten times, until it accuses."""
    return _reshuffled(rng, audits, [P] * ATTEMPTS)


def reshuffled_in_a_ledger(rng: Rng, audits: int) -> Flags:
    """Do the same, with attempt k held to p / 2^k."""
    return _reshuffled(rng, audits, _ledger())


def _reshuffled(rng: Rng, audits: int, levels: list[Fraction]) -> Flags:
    beats = against_first(scores_of(rng, audits))
    found = [crossings(test_at(level), rng.permuted(beats, axis=1)) for level in levels]
    return any_of(np.stack(found, axis=1))


def _ledger() -> list[Fraction]:
    """The levels of the attempts, as long as VERSIONS versions can reach them."""
    levels = [P / 2**attempt for attempt in range(1, ATTEMPTS + 1)]
    return [level for level in levels if level * VERSIONS >= 1]


def repeated(rng: Rng, audits: int) -> Flags:
    """Audit a noisy model ten times (noise as large as what parts the versions)."""
    return _repeated(rng, audits, [P] * ATTEMPTS)


def repeated_in_a_ledger(rng: Rng, audits: int) -> Flags:
    """Do the same, with attempt k held to p / 2^k."""
    return _repeated(rng, audits, _ledger())


def _repeated(rng: Rng, audits: int, levels: list[Fraction]) -> Flags:
    truth = scores_of(rng, audits)
    found = [crossings(test_at(level), against_first(_noisy(rng, truth))) for level in levels]
    return any_of(np.stack(found, axis=1))


def _noisy(rng: Rng, truth: Scores) -> Scores:
    return truth + rng.normal(size=truth.shape)


def best_of_calls(rng: Rng, audits: int) -> Flags:
    """Keep the best of five answers for the published version, one for each hidden one."""
    truth = scores_of(rng, audits)
    best = np.max([_noisy(rng, truth[:, :1]) for _ in range(CALLS)], axis=0)
    return crossings(test_at(P), _noisy(rng, truth[:, 1:]) > best)


def mean_of_calls(rng: Rng, audits: int) -> Flags:
    """Average five answers for the published version, take one for each hidden one."""
    truth = scores_of(rng, audits)
    mean = np.mean([_noisy(rng, truth[:, :1]) for _ in range(CALLS)], axis=0)
    return crossings(test_at(P), _noisy(rng, truth[:, 1:]) > mean)


def same_calls(rng: Rng, audits: int) -> Flags:
    """Ask a noisy model once about every version, published or hidden."""
    return crossings(test_at(P), against_first(_noisy(rng, scores_of(rng, audits))))


def _answers(rng: Rng, audits: int) -> NDArray[np.int64]:
    """A model that says yes (1) or no (0) to each version."""
    return rng.binomial(1, YES, size=(audits, VERSIONS))


def ties_for_published(rng: Rng, audits: int) -> Flags:
    """Give every tie to the published version."""
    answers = _answers(rng, audits)
    return crossings(test_at(P), answers[:, 1:] > answers[:, :1])


def ties_against_published(rng: Rng, audits: int) -> Flags:
    """Give every tie to the hidden version."""
    answers = _answers(rng, audits)
    return crossings(test_at(P), answers[:, 1:] >= answers[:, :1])


def ties_by_priority(rng: Rng, audits: int) -> Flags:
    """Break ties by random priorities that were committed beforehand."""
    return crossings(
        test_at(P), against_first(_answers(rng, audits) + rng.random((audits, VERSIONS)))
    )


def drifting(rng: Rng, audits: int) -> Flags:
    """Ask about the published version first, while scores fall by one SD over FALL queries."""
    fall = np.minimum(np.arange(VERSIONS) / FALL, 1)
    return crossings(test_at(P), against_first(scores_of(rng, audits) - fall))


def one_shuffled_batch(rng: Rng, audits: int) -> Flags:
    """Ask about everything in one random order under the same drift, and test that batch once."""
    test = make_test(HOSTED_TEST, VERSIONS, P)
    first = test.staircase[-1] + 1
    places = rng.permuted(np.tile(np.arange(first), (audits, 1)), axis=1)
    scores = rng.normal(size=(audits, first)) - np.minimum(places / FALL, 1)
    return crossings(test, against_first(scores))


def best_function(rng: Rng, audits: int) -> Flags:
    """Try five ways of scoring (correlation .5) and keep the one that accuses."""
    common = scores_of(rng, audits)
    found = [_scored(rng, common) for _ in range(FUNCTIONS)]
    return any_of(np.stack(found, axis=1))


def one_function(rng: Rng, audits: int) -> Flags:
    """Use the one way of scoring that was chosen before the first query."""
    return _scored(rng, scores_of(rng, audits))


def _scored(rng: Rng, common: Scores) -> Flags:
    return crossings(test_at(P), against_first(_noisy(rng, common)))


@dataclass(frozen=True)
class _Top(ConditionalRank):
    """The default test with another number of ranks that count as the top."""

    ranks: int = 1

    @property
    def top(self) -> int:
        return self.ranks


def best_top(rng: Rng, audits: int) -> Flags:
    """Choose afterwards how many ranks count as the top, between 1 and n p."""
    return stairs_of(_any_top(), against_first(scores_of(rng, audits)))


@lru_cache(maxsize=1)
def _any_top() -> NDArray[np.int64]:
    """Smallest t with k = 0, 1, ... beats at which the test of some top rejects."""
    tops = [_Top(VERSIONS, P, ranks).staircase for ranks in range(1, int(VERSIONS * P) + 1)]
    longest = max(map(len, tops))
    padded = np.full((len(tops), longest + 1), VERSIONS)
    for row, steps in zip(padded, tops, strict=True):
        row[: len(steps)] = steps
    return np.asarray(padded.min(axis=0))


def each_photo(rng: Rng, audits: int) -> Flags:
    """Test twenty photos at p each, and accuse if any of them rejects."""
    beats = against_first(scores_of(rng, audits * PHOTOS))
    return any_of(crossings(test_at(P), beats).reshape(audits, PHOTOS))


def one_statement(rng: Rng, audits: int) -> Flags:
    """Make one statement at p about the twenty photos together, looking after every answer."""
    test = AnytimeCollection(PHOTOS, VERSIONS, P)
    scores = rng.normal(size=(audits, PHOTOS, ROUNDS[-1] + 1))
    paths = collection_paths(scores[..., 1:] > scores[..., :1], ROUNDS)
    return any_of(paths >= test.log_threshold)


def each_model(rng: Rng, audits: int) -> Flags:
    """Test ten unrelated models at p each, and accuse any that rejects."""
    return _each_model(rng, audits, P)


def each_model_in_its_share(rng: Rng, audits: int) -> Flags:
    """Test each of the ten models at p / 10."""
    return _each_model(rng, audits, P / MODELS)


def _each_model(rng: Rng, audits: int, level: Fraction) -> Flags:
    beats = against_first(scores_of(rng, audits * MODELS))
    return any_of(crossings(test_at(level), beats).reshape(audits, MODELS))


def checkpoints_multiplied(rng: Rng, audits: int) -> Flags:
    """Multiply the evidence of two checkpoints of one training."""
    one, other = _checkpoints(rng, audits)
    return any_of(_evidence(one) + _evidence(other) >= test_at(P).log_threshold)


def one_checkpoint(rng: Rng, audits: int) -> Flags:
    """Audit one of the checkpoints."""
    return crossings(test_at(P), against_first(_checkpoints(rng, audits)[0]))


def _checkpoints(rng: Rng, audits: int) -> list[Scores]:
    common = scores_of(rng, audits)
    return [common + NEAR * rng.normal(size=common.shape) for _ in range(2)]


def _evidence(scores: Scores) -> NDArray[np.float64]:
    """Return the log of the default statistic after every query, shape (audits, VERSIONS - 1)."""
    table = _logs()
    counts = np.minimum(np.cumsum(against_first(scores), axis=1), table.shape[1] - 1)
    return np.asarray(table[np.arange(1, VERSIONS), counts])


@lru_cache(maxsize=1)
def _logs() -> NDArray[np.float64]:
    """Log statistic at (t, k), shape (VERSIONS, top + 1): with `top` beats all is lost."""
    test = ConditionalRank(VERSIONS, P)
    table = np.full((VERSIONS, test.top + 1), -np.inf)
    for k in range(test.top):
        for t in range(k, VERSIONS):
            table[t, k] = test.log_statistic(t, k)
    return table
