"""The law of chance, against every ordering of a few versions."""

from collections import Counter
from fractions import Fraction
from math import factorial

from auditcore.sequential.null import next_beats_probability, path_probability

from .definitions import orderings


def test_path_probabilities_are_the_shares_of_the_orderings() -> None:
    for t in range(6):
        seen = Counter(tuple(answers[:t]) for answers in orderings(6))
        for path, count in seen.items():
            assert path_probability(t, sum(path)) == Fraction(count, factorial(6))
        assert len(seen) == 2**t


def test_the_next_answer_follows_from_the_path() -> None:
    for t in range(30):
        for k in range(t + 1):
            beaten = path_probability(t + 1, k + 1) / path_probability(t, k)
            assert beaten == next_beats_probability(t, k)
