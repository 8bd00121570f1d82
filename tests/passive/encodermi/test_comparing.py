import itertools
import json
import math

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from auditcore.errors import PassiveError
from auditcore.passive.encodermi.attacks import Attacks
from auditcore.passive.encodermi.comparing import UNUSUAL, Comparison, Reading, compare
from auditcore.passive.encodermi.sets import SetAttack
from auditcore.passive.encodermi.shape import PAIRS, VARIANTS, Similarities
from auditcore.passive.encodermi.vector import VectorAttack
from auditcore.passive.encodermi.words import comparison_words
from tests.passive.encodermi.encoders import drawn


def constant(*means: float) -> Similarities:
    """Return similarities whose means are exactly these."""
    return np.repeat(np.array(means, np.float32)[:, None], PAIRS, axis=1)


@pytest.fixture
def attacks() -> Attacks:
    """Networks of no meaning; T calls a member what is above one half."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return Attacks(VectorAttack().eval(), SetAttack().eval(), 0.5)


def test_the_count_above_the_top_is_exact_under_exchangeability() -> None:
    """Against every way in which 3 of mine can stand among 19 of the reference."""
    counts = []
    values = np.linspace(0, 0.9, 22)
    for places in itertools.combinations(range(22), 3):
        mine = [values[place] for place in places]
        others = [values[place] for place in range(22) if place not in places]
        counts.append(sum(value > max(others) for value in mine))
    found = compare(constant(0.1, 0.2, 0.3), constant(*np.linspace(0.4, 0.9, 19)))
    assert found.expected == pytest.approx(np.mean(counts))
    share = [sum(count <= most for count in counts) / len(counts) for most in range(4)]
    assert found.usual_most == next(most for most in range(4) if share[most] >= 0.95)


def test_members_stand_out_and_everything_is_counted() -> None:
    reference = constant(*np.linspace(0.30, 0.49, 20))
    found = compare(constant(0.2, 0.485, 0.495, 0.6, 0.7, 0.8), reference)
    assert found.reading is Reading.STANDS_OUT
    assert found.cut == pytest.approx(0.49) and (found.above.count, found.above.of) == (4, 6)
    assert found.expected == pytest.approx(6 / 21)
    wins = (0 + 19 + 20 * 4) / 120
    assert found.auc.value == pytest.approx(wins)
    assert found.mine == pytest.approx((0.2, 0.485, 0.495, 0.6, 0.7, 0.8))


def test_a_few_members_among_many_stand_out() -> None:
    mine = np.concatenate([drawn(24, 0.9, 1), drawn(126, 0.4, 2)])
    found = compare(mine, drawn(200, 0.4, 3))
    assert found.reading is Reading.STANDS_OUT and found.above.count >= 24


def test_alike_collections_rarely_stand_out() -> None:
    rng = np.random.default_rng(1)
    tries, wrong = 600, 0
    for mine, reference in itertools.islice(itertools.cycle([(8, 20), (30, 40), (60, 200)]), tries):
        values = rng.permutation(mine + reference) / (mine + reference)
        found = compare(constant(*values[:mine]), constant(*values[mine:]))
        wrong += found.reading is Reading.STANDS_OUT
    assert binomtest(wrong, tries, UNUSUAL, alternative="greater").pvalue > 1e-3


def test_too_few_and_the_other_way_are_said() -> None:
    assert compare(drawn(4, 0.9, 1), drawn(50, 0.3, 2)).reading is Reading.TOO_FEW
    few = compare(drawn(50, 0.9, 1), drawn(18, 0.3, 2))
    assert few.reading is Reading.TOO_FEW and few.cut is None and few.above.count == 0
    assert compare(drawn(50, 0.3, 1), drawn(50, 0.9, 2)).reading is Reading.BELOW
    assert compare(drawn(50, 0.5, 1), drawn(50, 0.5, 2)).reading is Reading.NOTHING


def test_attacks_are_counted_on_both_and_a_misfit_is_told(attacks: Attacks) -> None:
    mine, reference = constant(*[0.6] * 9, 0.4), constant(*[0.41] * 18, 0.61, 0.7)
    found = compare(mine, reference, attacks)
    assert set(found.attacks) == set(VARIANTS)
    threshold = found.attacks["T"]
    assert (threshold.mine.count, threshold.reference.count) == (9, 2)
    assert threshold.pictures == (True,) * 9 + (False,) and threshold.fits
    assert found.reading == compare(mine, reference).reading, "attacks do not change the reading"
    misfit = compare(mine, constant(*[0.61] * 11, *[0.41] * 9), attacks)
    assert not misfit.attacks["T"].fits
    assert "does not fit this model" in comparison_words(misfit).attacks[-1]


def test_a_comparison_survives_json(attacks: Attacks) -> None:
    for found in (
        compare(drawn(30, 0.6, 1), drawn(40, 0.5, 2), attacks),
        compare(drawn(3, 0.6, 1), drawn(4, 0.5, 2)),
    ):
        written = json.dumps(found.to_json(), allow_nan=False)
        assert Comparison.from_json(json.loads(written)) == found
        assert all(math.isfinite(value) for value in found.mine)


def test_a_picture_in_both_collections_is_refused() -> None:
    mine, reference = drawn(30, 0.6, 1), drawn(40, 0.5, 2)
    with pytest.raises(PassiveError, match="1 of your pictures is in the reference"):
        compare(mine, np.concatenate([reference, mine[:1]]))
