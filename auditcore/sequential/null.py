"""What chance alone does: the model under which every guarantee here is computed.

One of n versions is published, drawn uniformly before anything is scored. Hidden versions are
scored in a committed order; ties are broken by committed random priorities. If the model's answers
do not depend on which version was published (H0), then after t hidden versions, of which k beat
the published one, and for every t <= n - 1:

    P0(this very path) = 1 / ((t + 1) C(t, k))        P0(the next one beats) = (k + 1) / (t + 2)

So H0 is a single law, (t, k) is sufficient, and every e-process is a likelihood ratio against it.
"""

import math
from fractions import Fraction


def path_probability(t: int, k: int) -> Fraction:
    """Return P0 of one given sequence of t answers with k beats."""
    return Fraction(1, (t + 1) * math.comb(t, k))


def next_beats_probability(t: int, k: int) -> Fraction:
    """Return P0 that the next hidden version beats the published one, given (t, k)."""
    return Fraction(k + 1, t + 2)
