"""The tests written down a second time, straight from their definitions, slowly, in fractions.

Nothing here uses the package: what the two have in common is the methodology alone.
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, permutations

Rejects = Callable[[int, int], bool]


def conditional_rank(n: int, p: Fraction) -> Rejects:
    r = max(1, round(n * p / 2))
    return lambda t, k: Fraction(n, r) * top_chance(n, r, t, k) >= 1 / p


def top_chance(n: int, r: int, t: int, k: int) -> Fraction:
    ways = sum(
        math.comb(r, j) * math.comb(n - r, t + 1 - j) for j in range(k + 1, t + 2) if j <= t + 1
    )
    return Fraction(ways, math.comb(n, t + 1))


def betting(n: int, p: Fraction) -> Rejects:
    c = Fraction(9, 10) * p

    def rejects(t: int, k: int) -> bool:
        tail = sum(math.comb(t + 1, j) * c**j * (1 - c) ** (t + 1 - j) for j in range(k + 1, t + 2))
        return tail / c >= 1 / p

    return rejects


def besag_clifford(n: int, p: Fraction, beats: int = 10) -> Rejects:
    h = min(beats, int(n * p))
    last = math.ceil(h / p) - 1
    return lambda t, k: k + max(0, last - t) < h  # fewer than h whatever the rest brings


def full_rank(n: int, p: Fraction) -> Rejects:
    return lambda t, k: k + (n - 1 - t) + 1 <= int(n * p)


def pprm(n: int, p: Fraction) -> Rejects:
    return pprm_with(n, p, int(n * p / 2))


def pprm_with(n: int, p: Fraction, r: int) -> Rejects:
    hidden, alpha = n - 1, p - Fraction(r, n)

    def rejects(t: int, k: int) -> bool:
        kept = [j for j in range(hidden + 1) if ratio_below(hidden, t, k, j, 1 / alpha)]
        return min(kept) >= n - r

    return rejects


def ratio_below(hidden: int, t: int, k: int, j: int, bound: Fraction) -> bool:
    likelihood = math.comb(j, t - k) * math.comb(hidden - j, k)
    if likelihood == 0:
        return False
    return Fraction(math.comb(hidden, t), (t + 1) * likelihood) < bound


def pprm_best_split(n: int, p: Fraction) -> Rejects:
    splits = range(1, math.ceil(n * p))
    if not splits:
        return lambda t, k: False
    tests = [pprm_with(n, p, r) for r in splits]
    firsts = [next((t for t in range(n) if test(t, 0)), n) for test in tests]
    return tests[firsts.index(min(firsts))]


DEFINITIONS: dict[str, Callable[[int, Fraction], Rejects]] = {
    "conditional-rank": conditional_rank,
    "pprm": pprm,
    "pprm-best-split": pprm_best_split,
    "betting": betting,
    "besag-clifford": besag_clifford,
    "full-rank": full_rank,
    "one-batch": lambda n, p: besag_clifford(n, p, 5),
}


def orderings(n: int) -> Iterator[list[bool]]:
    """Every equally likely ranking of n versions, as the answers of the n - 1 hidden ones."""
    for ranks in permutations(range(n)):
        yield [rank < ranks[0] for rank in ranks[1:]]


def answer_patterns(t: int) -> Iterator[tuple[list[bool], Fraction]]:
    """Every sequence of t answers with its probability under H0, 1 / ((t+1) C(t,k))."""
    for k in range(t + 1):
        chance = Fraction(1, (t + 1) * math.comb(t, k))
        for places in combinations(range(t), k):
            yield [i in places for i in range(t)], chance
