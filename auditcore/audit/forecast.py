"""How many hidden versions a photo is going to cost."""

import math
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from auditcore.sequential import RankTest, next_batch_size

NEGLIGIBLE = 1e-9


def expected_hidden(test: RankTest, q: float | None = None) -> float:
    """Return the expected number of hidden versions of an audit of one photo, batches included.

    Exact, by following the law of (k, end of the batch in flight) through t; the whole batch is
    paid for even when its first answers decide, and the advice to give up is heeded.

    Args:
        test: the test that decides.
        q: chance that a hidden version beats the published one; None: the model does not depend
            on the published version, so that the next one beats with chance (k + 1) / (t + 2).
    """
    layer = {(0, 0): 1.0}
    cost, t = 0.0, 0
    while layer and t < test.n - 1:
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


def expected_within(test: RankTest, most: int, to_the_end: bool) -> float:
    """Return the expected number of hidden versions of one photo that is given up on advice.

    Under the null law, and of at most `most`: what a photo costs among many that were not used.

    Args:
        test: the test that advises.
        most: hidden versions at most.
        to_the_end: a photo on which the test rejects is asked about to the end, because the others
            keep it from being claimed.
    """
    running = np.zeros(most + 2)
    running[0] = 1.0
    cost = 0.0
    for t in range(min(most, test.n - 1)):
        k = np.arange(running.size)
        lost = np.array([test.gives_up(t, int(beats)) for beats in k[: t + 1]])
        running[: t + 1][lost] = 0.0
        if to_the_end:
            fired = np.array([test.rejects(t, int(beats)) for beats in k[: t + 1]])
            cost += float(running[: t + 1][fired].sum()) * (most - t)
            running[: t + 1][fired] = 0.0
        cost += float(running.sum())
        up = running * (k + 1) / (t + 2)
        running -= up
        running[1:] += up[:-1]
    return cost


class Outlook:
    """What each photo will still cost, from where it stands; one table for all photos.

    The forecast is that of the null law (the next one beats with chance (k + 1) / (t + 2)), which
    is also that of somebody who knows nothing but the answers so far. Batches are left out.
    """

    def __init__(self, test: RankTest) -> None:
        self._ahead = _table(test)

    def hidden(self, t: int, k: int) -> float:
        """Return the expected number of hidden versions still asked from (t, k) on."""
        return float(self._ahead[t, k]) if k < self._ahead.shape[1] else 0.0


class Ahead:
    """What all photos of an audit will still cost, kept up to date photo by photo.

    Attributes:
        total: expected number of hidden versions still asked, over all photos.
    """

    def __init__(self, test: RankTest, states: Mapping[int, tuple[int, int]]) -> None:
        """Begin where the photos stand: (t, k) by photo."""
        self._outlook = Outlook(test)
        self._each = {photo: self._outlook.hidden(t, k) for photo, (t, k) in states.items()}
        self.total = math.fsum(self._each.values())

    def moved(self, photo: int, t: int, k: int) -> None:
        """Note where a photo stands now."""
        self._note(photo, self._outlook.hidden(t, k))

    def ended(self, photo: int) -> None:
        """Note that nothing more is asked of a photo."""
        self._note(photo, 0.0)

    def _note(self, photo: int, ahead: float) -> None:
        self.total += ahead - self._each[photo]
        self._each[photo] = ahead


def _table(test: RankTest) -> NDArray[np.float64]:
    """Return the expected cost at each t = 0 .. n-1 (rows) and k (columns), backwards from the end.

    Beyond the last k with a step the test can no longer reject, and nothing more is asked.
    """
    steps = np.array(test.staircase)
    until = np.array([test.give_up_until(k) for k in range(steps.size)])
    k = np.arange(steps.size)
    ahead = np.zeros((test.n, steps.size + 1))
    for t in range(test.n - 2, -1, -1):
        beat = (k + 1) / (t + 2)
        on = 1 + beat * ahead[t + 1, 1:] + (1 - beat) * ahead[t + 1, :-1]
        ahead[t, :-1] = np.where((t < steps) & (t > until) & (k <= t), on, 0.0)
    return ahead
