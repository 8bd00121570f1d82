"""How many hidden versions a photo is going to cost, batches included."""

from collections import defaultdict
from fractions import Fraction
from functools import lru_cache

from auditcore.sequential import RankTest, make_test, next_batch_size

NEGLIGIBLE = 1e-9


def expected_hidden(test: RankTest, t: int = 0, k: int = 0, q: float | None = None) -> float:
    """Return the expected number of hidden versions still asked from (t, k) on, give-up heeded.

    Exact, by following the law of (k, end of the batch in flight) through t; the whole batch is
    paid for even when its first answers decide.

    Args:
        test: the test that decides.
        t: hidden versions applied so far.
        k: how many of them beat the published one.
        q: chance that a hidden version beats the published one; None: the model does not depend
            on the published version, so that the next one beats with chance (k + 1) / (t + 2).
    """
    return _expected_hidden(test.name, test.n, test.p, t, k, q)


@lru_cache(maxsize=4096)
def _expected_hidden(name: str, n: int, p: Fraction, t: int, k: int, q: float | None) -> float:
    test = make_test(name, n, p)
    layer = {(k, t): 1.0}
    cost = 0.0
    while layer and t < n - 1:
        following: defaultdict[tuple[int, int], float] = defaultdict(float)
        for (beats, end), chance in layer.items():
            if chance < NEGLIGIBLE or test.rejects(t, beats) or test.gives_up(t, beats):
                continue
            if t == end:
                size = next_batch_size(test, t, beats)
                end += size
                cost += chance * size
            beat = (beats + 1) / (t + 2) if q is None else q
            following[beats + 1, end] += chance * beat
            following[beats, end] += chance * (1 - beat)
        layer, t = dict(following), t + 1
    return cost
